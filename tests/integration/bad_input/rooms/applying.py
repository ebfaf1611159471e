"""Windows and applications: a draft that can be submitted, one that was, offers, and who wants to be told."""

from datetime import timedelta

import sqlalchemy as sa

from core.admissions import downloads
from core.admissions.models import Attachment
from core.admissions.queries import applying
from core.admissions.queries import windows as windows_of
from core.admissions.service import drafts, equality, interest
from core.admissions.service.interest import Told
from core.admissions.service.windows import Plan, show_card
from core.data.files import Store, new_key
from core.data.session import transaction
from core.kernel import clock
from core.kernel.ids import new_id, new_token
from core.kernel.uploads import cleaned
from core.kernel.views import Actor
from tests.factories.admissions import make_application, make_window
from tests.factories.assessing import ANSWERS, make_submitted
from tests.factories.joining import make_offer
from tests.integration.bad_input.rooms.cast import Cast, Named, Room
from tests.integration.bad_input.rooms.people import EMAILS


def make_draft(cast: Cast, account_id: str) -> str:
    """An application that could be submitted, in an open window of the site."""
    session = cast.session
    make_window(session, cast.form_id)
    who = Actor(account_id, "")
    application = drafts.start(session, actor=who, eligible={"based_here": True}, locale="en", is_member=False)
    answers = {"job": drafts.Wish("Nurse", 0), "story": drafts.Wish("Falls.", 0)}
    drafts.save(session, applying.mine(session, application, account_id), account_id, answers)
    return application


def make_enclosed(cast: Cast, account_id: str) -> tuple[str, str]:
    """A submitted application in a window of its own, and a file of it."""
    session = cast.session
    store: Store = cast.app.extensions[downloads.FILES]
    upload = cleaned(b"%PDF-1.7\n%%EOF", "cv.pdf")
    window = make_window(session, cast.form_id, -400, -390, name="Last year")
    submitted = make_submitted(session, window, cast.form_id, account_id, {**ANSWERS, "cv": upload.answer()})
    key, attachment = new_key(cast.site.id), new_id()
    store.put(key, upload.content)
    row = {
        "id": attachment, "tenant_id": cast.site.id, "application_id": submitted, "question": "cv", "key": key,
        "at": clock.now(), "stored_at": clock.now(), "removed_at": None, **upload.answer(),
    }  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(Attachment), [row])
    return submitted, attachment


def make_applying(cast: Cast) -> Room:
    """A draft of the member's, a colleague's submission with a file, two windows that nobody applied in, and interest."""
    session, day = cast.session, clock.london(clock.now()).date()
    application = make_draft(cast, cast.person("member"))
    windows = make_window(session, cast.form_id, 20, 30, state="draft"), make_window(session, cast.form_id, 50, 60)
    submitted, attachment = make_enclosed(cast, cast.person("colleague"))
    named: Named = {
        "window_id": windows, "application_id": (application,), "key": ("about",), "attachment_id": (attachment,),
        **{
            f"{page}:application_id": (submitted,)
            for page in ("applications.show", "asking.ask", "moving.move", "enclosures.file")
        },
        **dict.fromkeys(("portal.confirm:token", "portal.stop:token", "portal.stop_at_once:token"), (_interest(cast),)),
    }  # fmt: skip
    good = {
        "windows.new": {"opens_at": "2031-05-06T10:00", "closes_at": "2031-06-06T12:00"},
        "windows.extend": {"email": EMAILS["held"], "closes_at": f"{day + timedelta(days=70)}T12:00"},
        "asking.ask": {"sections": "more", "due_at": f"{day + timedelta(days=20)}T12:00"},
    }
    return Room(named, good)


def make_open_elsewhere(cast: Cast) -> None:
    """A window of another site to which an application can be moved."""
    window = make_window(cast.session, cast.form_id, -30, -20, name="Autumn")
    with transaction(cast.session):
        show_card(cast.session, window, Plan.of(windows_of.one(cast.session, window)))


def make_joining(cast: Cast) -> Room:
    """An applicant with an offer and equality answers, and somebody else's offer that lapsed."""
    session, applicant, found = cast.session, cast.person("central"), []
    for account_id in (applicant, cast.person("held")):
        window = make_window(session, cast.form_id, -60, -30)
        found.append(
            make_application(session, window, cast.form_id, account_id, state="accepted", submitted_at=clock.now())
        )
    make_offer(session, found[0], applicant)
    lapsed = make_offer(session, found[1], cast.person("held"), state="lapsed", ended_at=clock.now())
    key = cast.app.config["Q"].secret_key
    equality.answer(
        session,
        secret_key=key,
        application_id=found[0],
        account_id=applicant,
        nation="scotland",
        answers={"age": "a25_34"},
    )
    pages = ("offer", "offer_decline", "equality", "equality_delete")
    return Room(
        {"offer_id": (lapsed,), **{f"applying.{page}:application_id": (found[0],) for page in pages}},
        {
            "applying.offer": {"promise": "y"},
            "compact.mine": {"promise": "y"},
            "windows.offer_renew": {"until": f"{clock.london(clock.now()).date() + timedelta(days=30)}"},
        },
    )


def _interest(cast: Cast) -> str:
    """Somebody who asked to be told when a window opens: the token of the link."""
    kept: list[Told] = []
    interest.ask(
        cast.session, secret_key=cast.app.config["Q"].secret_key, email=f"wants@{cast.site.slug}.example", locale="en",
        key=new_token(), post=lambda _, told: kept.append(told),
    )  # fmt: skip
    return kept[0].token
