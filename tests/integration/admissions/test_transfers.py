"""Moving an application to another area: one transaction across two sites, and never a word lost."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions import downloads
from core.admissions.equality import link
from core.admissions.models import (
    Answer,
    AnswerRevision,
    Application,
    Assignment,
    Attachment,
    Conflict,
    EqualityResponse,
    InfoRequest,
    Submission,
)
from core.admissions.queries import applying, assessing, windows
from core.admissions.queries.equality import given
from core.admissions.service import (
    assessors,
    attachments,
    conflicts,
    deciding,
    drafts,
    equality,
    moderating,
    redacting,
    submitting,
    transfers,
)
from core.admissions.service.deciding import Wish
from core.admissions.service.transfers import Place
from core.admissions.service.windows import Plan, show_card
from core.data import audit
from core.data.audit import AuditEntry
from core.data.db import platform_scope
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict as Changed
from core.kernel.errors import Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.kernel.uploads import cleaned
from core.kernel.views import SYSTEM, Actor
from core.tenancy.models import ShelfItem
from core.work.models import Mail
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import (
    make_assessment,
    make_assessor,
    make_assignment,
    make_decision,
    make_proposal,
    make_submitted,
)
from tests.factories.people import client_of, make_person
from tests.integration.admissions.test_attachments import PDF, form_with_file
from tests.integration.admissions.test_lead_pages import conflicted
from tests.support.app_fixtures import FrozenClock
from tests.support.racing import at_once

CENTRAL = frozenset({"admissions.configure", "tenant.admissions.manage"})
COPIED = (Answer, AnswerRevision, Submission, InfoRequest, Attachment)


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession], frozen_clock: FrozenClock) -> ScopedSession:
    """A session on Scotland's rows, at a known time."""
    return session_for("scotland")


@pytest.fixture
def there(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    """A session on Wales's rows."""
    return session_for("wales")


@pytest.fixture
def form(session: ScopedSession) -> str:
    """A published form version that asks for a file."""
    return make_form(session, form_with_file())


@pytest.fixture
def ann(app: Flask) -> str:
    """An applicant."""
    return make_person(app, "ann@example.org", name="Ann Roy")


def written(session: ScopedSession, form: str, ann: str, app: Flask) -> str:
    """An application with a history: two texts of an answer, one that lost, a file, and a first version."""
    make_window(session, form)
    who = Actor(ann, "Ann Roy")
    made = drafts.start(session, actor=who, eligible={"based_here": True}, locale="cy", is_member=False)
    first = applying.mine(session, made, ann)
    drafts.save(session, first, ann, {"job": drafts.Wish("Nurse", 0), "story": drafts.Wish("Falls.", 0)})
    drafts.save(session, first, ann, {"story": drafts.Wish("The other tab.", 0)})
    store = app.extensions[downloads.FILES]
    attachments.give(session, applying.mine(session, made, ann), ann, "cv", cleaned(PDF, "cv.pdf"), store)
    mine = applying.mine(session, made, ann)
    submitting.submit(session, mine, who, checked=submitting.checked_sum(mine), post=lambda _, __: None)
    return made


def shown_window(session: ScopedSession, window_id: str) -> None:
    """Put a window's card on the noticeboard, as publishing it does."""
    with transaction(session):
        show_card(session, window_id, Plan.of(windows.one(session, window_id)))


def words(session: ScopedSession, application_id: str) -> dict[str, list[Any]]:
    """All that was ever written and submitted, without the ids that differ."""
    session.rollback()
    found = {}
    for model in COPIED:
        columns = [one for one in model.__table__.c if one.name not in {"id", "tenant_id", "application_id", "key"}]
        query = sa.select(*columns).where(model.application_id == application_id).order_by(model.id)
        found[model.__tablename__] = [tuple(row) for row in session.execute(query)]
    return found


def move(app: Flask, actor: Actor, made: str, window: str, **changes: Any) -> Place:
    """Move Scotland's application to Wales."""
    values: dict[str, Any] = {
        "version": 2, "target_tenant_id": 3, "window_id": window, "why": "Moved house", "store": app.extensions[downloads.FILES],
        "post": lambda _, __: None, **changes,
    }  # fmt: skip
    with app.app_context(), platform_scope("test") as session:
        return transfers.transfer(session, actor, Place(2, made), **values)


def test_never_a_word_is_lost(app: Flask, session: ScopedSession, there: ScopedSession, form: str, ann: str) -> None:
    made = written(session, form, ann, app)
    window = make_window(there, form)
    before = words(session, made)
    assert len(before["admissions_answer_revision"]) == 4
    moved = move(app, SYSTEM, made, window)
    assert words(session, made) == before
    assert words(there, moved.application_id) == before
    assert [bool(one) for one in before.values()] == [True, True, True, False, True]
    old, new = session.get(Application, made), there.get(Application, moved.application_id)
    assert old is not None
    assert new is not None
    assert (old.state, old.moved_tenant_id, old.moved_id) == ("transferred", 3, new.id)
    assert (new.state, new.moved_tenant_id, new.moved_id, new.account_id) == ("submitted", 2, made, ann)
    assert (new.submitted_at, new.seconds, new.locale, new.created_at) == (
        old.submitted_at,
        old.seconds,
        "cy",
        old.created_at,
    )
    assert new.reference != old.reference
    keys = [one.scalar(sa.select(Attachment.key)) for one in (session, there)]
    assert keys[0] != keys[1]
    assert [app.extensions[downloads.FILES].get(str(key)) for key in keys] == [PDF, PDF]
    assert applying.mine(there, new.id, ann).values["job"] == "Nurse"
    items = session.execute(sa.select(ShelfItem.origin_tenant_id, ShelfItem.ref)).all()
    assert [tuple(item) for item in items] == [(3, new.id)]


def said(app: Flask, application_id: str, question: str, category: str) -> None:
    """An equality answer under the link of an application."""
    row = {"question": question, "nation": "scotland", "category": category, "parent": category}
    with app.app_context(), platform_scope("test") as own, transaction(own):
        own.execute(sa.insert(EqualityResponse).values(**row, link=link(app.config["Q"].secret_key, application_id)))


def test_equality_answers_go_with_it_and_what_is_said_meanwhile_stands(
    app: Flask, session: ScopedSession, there: ScopedSession, form: str, ann: str
) -> None:
    """Also where the process dies after the move: the night carries them."""
    key, made = app.config["Q"].secret_key, written(session, form, ann, app)
    said(app, made, "age", "before")
    said(app, made, "sex", "before")
    moved = move(app, SYSTEM, made, make_window(there, form))
    said(app, moved.application_id, "sex", "since")
    session.rollback()
    assert equality.sweep(session, clock.now(), secret_key=key) == 2
    assert given(there, key, moved.application_id) == {"age": "before", "sex": "since"}
    assert given(session, key, made) == {}
    assert equality.sweep(session, clock.now(), secret_key=key) == 0


def test_both_trails_say_so_and_stay_whole(
    app: Flask, session: ScopedSession, there: ScopedSession, form: str, ann: str
) -> None:
    made = written(session, form, ann, app)
    moved = move(app, SYSTEM, made, make_window(there, form))
    for own, action, subject in ((session, "transfer", made), (there, "arrive", moved.application_id)):
        own.rollback()
        query = sa.select(AuditEntry.why).where(
            AuditEntry.action == f"application.{action}", AuditEntry.subject == subject
        )
        assert own.scalars(query).all() == ["Moved house"]
        assert audit.verify(own).ok


def test_conflicts_go_along_and_assignments_do_not(
    app: Flask, session: ScopedSession, there: ScopedSession, form: str, ann: str
) -> None:
    made = written(session, form, ann, app)
    reader = make_person(app, "reader@example.org")
    make_assignment(session, made, make_assessor(session, reader), "offered")
    central = make_person(app, "central@example.org")
    conflicted(session, made, central)
    window = make_window(there, form)
    with pytest.raises(NotFound):
        move(app, Actor(central, "", permissions=CENTRAL), made, window)
    moved = move(app, SYSTEM, made, window)
    session.rollback()
    assert session.scalar(sa.select(Assignment.state)) == "expired"
    assert there.scalars(sa.select(Assignment.id)).all() == []
    assert there.execute(sa.select(Conflict.application_id, Conflict.account_id)).all() == [
        (moved.application_id, central)
    ]


def test_the_other_panel_s_conflicts_are_known_at_once(
    app: Flask, session: ScopedSession, there: ScopedSession, form: str, ann: str
) -> None:
    made = written(session, form, ann, app)
    here, friend, stranger = (make_person(app, f"{name}@example.org") for name in ("here", "friend", "stranger"))
    for own, account, target in ((session, here, "Ann Roy"), (there, friend, "Ann Roy"), (there, stranger, "Bob")):
        assessors.add_interest(
            own, SYSTEM, make_assessor(own, account), kind="family", target=target, form_key=new_token()
        )
    window = make_window(there, form)
    moved = move(app, SYSTEM, made, window).application_id
    there.rollback()
    standing = sa.select(Conflict.account_id).where(Conflict.application_id == moved, Conflict.ended_at.is_(None))
    assert set(there.scalars(standing)) == {here, friend}
    with transaction(there):
        conflicts.derive_for_application_in(there, moved)
    assert set(there.scalars(standing)) == {here, friend}, (
        "what is known at the old site is not forgotten at the new one"
    )


def test_nobody_who_assessed_it_before_the_move_signs_moderates_or_assesses_it_again(
    app: Flask, session: ScopedSession, there: ScopedSession, form: str, ann: str
) -> None:
    made = written(session, form, ann, app)
    read_it, only_offered = (make_person(app, f"{name}@example.org") for name in ("reader", "offered"))
    make_assessment(session, make_assignment(session, made, make_assessor(session, read_it), "assessing"), 3)
    make_assignment(session, made, make_assessor(session, only_offered), "offered")
    window = make_window(there, form)
    moved = move(app, SYSTEM, made, window).application_id
    there.rollback()
    make_proposal(there, moved, "accept")
    before, other = (Actor(one, "", permissions=CENTRAL) for one in (read_it, only_offered))
    with pytest.raises(NotFound):
        deciding.sign(there, before, window, moved, Wish("accept"), new_token())
    with pytest.raises(Changed):
        deciding.sign_many(there, before, window, {moved: "accept"}, new_token())
    signed = deciding.sign(there, other, window, moved, Wish("accept"), new_token())
    with pytest.raises(NotFound):
        moderating.moderate(there, before, {signed: 1})
    [conflict] = there.execute(sa.select(Conflict.id, Conflict.kind).where(Conflict.account_id == read_it))
    assert conflict.kind == "assessed_before"
    with pytest.raises(Refused, match="assessed before"):
        conflicts.end(there, other, conflict.id, "We need them.")
    make_assessor(there, read_it)
    with transaction(there):
        conflicts.derive_for_application_in(there, moved)
    assert there.scalar(sa.select(Conflict.ended_at).where(Conflict.id == conflict.id)) is None


def test_what_is_hidden_of_an_application_stays_hidden(
    app: Flask, session: ScopedSession, there: ScopedSession, form: str, ann: str
) -> None:
    made = written(session, form, ann, app)
    [submission] = session.scalars(sa.select(Submission.id))
    redacting.translate(session, SYSTEM, made, submission, {"job": "Nyrs yn Perth", "story": "Cwympiadau."})
    redacting.redact(session, SYSTEM, made, question="job", words="Nurse", replacement="[a job]", key=new_token())
    redacting.redact(session, SYSTEM, made, question="job", words="Nyrs", replacement="[swydd]", key=new_token())
    before = assessing.shown(session, made, blind=False).newest
    moved = move(app, SYSTEM, made, make_window(there, form)).application_id
    there.rollback()
    after = assessing.shown(there, moved, blind=False).newest
    assert after.answers["job"] == "[a job]"
    assert (after.answers, after.translations) == (before.answers, before.translations)


def test_what_cannot_be_moved(app: Flask, session: ScopedSession, there: ScopedSession, form: str, ann: str) -> None:
    made = written(session, form, ann, app)
    lead = make_person(app, "lead@example.org")
    window, over = make_window(there, form), make_window(there, form, 20, 30, name="To come")
    cases: list[tuple[type[Exception], Actor, dict[str, Any]]] = [
        (Forbidden, Actor(lead, ""), {}),
        (Invalid, SYSTEM, {"why": " "}),
        (Invalid, SYSTEM, {"window_id": over}),
        (Invalid, SYSTEM, {"window_id": made}),
        (Invalid, SYSTEM, {"target_tenant_id": 2}),
        (Changed, SYSTEM, {"version": 1}),
    ]
    for error, actor, changes in cases:
        with pytest.raises(error):
            move(
                app,
                actor,
                made,
                **{"window": window, **changes} if "window_id" not in changes else {"window": "", **changes},
            )
    decision = make_decision(session, made, signed_by=lead)
    with pytest.raises(Refused):
        move(app, SYSTEM, made, window)
    with transaction(session):
        session.execute(
            sa.text("update admissions_decision set state = 'returned' where id = :id").bindparams(id=decision),
            execution_options={"unscoped_reason": "test"},
        )
    make_submitted(there, window, form, ann)
    with pytest.raises(Refused):
        move(app, SYSTEM, made, window)
    session.rollback()
    assert session.scalar(sa.select(Application.state)) == "submitted"
    assert session.scalars(sa.select(AuditEntry.id).where(AuditEntry.action == "application.transfer")).all() == []


def test_the_central_team_moves_it_on_a_page(
    app: Flask, session: ScopedSession, there: ScopedSession, form: str, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed: list[int] = []
    monkeypatch.setattr(equality, "mix", lambda own, mix=equality.mix: mixed.append(mix(own)))
    made = written(session, form, ann, app)
    said(app, made, "age", "a25_34")
    shown_window(there, make_window(there, form, -30, -10, name="Autumn"))
    shown_window(there, make_window(there, form, -60, -40, name="Done", released_at=clock.now()))
    shown_window(there, make_window(there, form, 20, 30, name="To come"))
    central = client_of(app, make_person(app, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    lead = client_of(app, make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")]))
    path = f"/scotland/manage/admissions/applications/{made}"
    assert lead.get(f"{path}/move").status_code == 403
    page = central.get(f"{path}/move").text
    assert "Wales: Autumn (Closed)" in page
    assert "To come" not in page
    done = page.split("Wales: Done")[0].rsplit('value="', 1)[1].split('"')[0]
    refused = central.submit(f"{path}/move", {"window": done, "why": "Kept words"})
    assert (refused.status_code, "Kept words" in refused.text) == (422, True)
    assert "Choose a window that is open or being assessed" in refused.text
    stale = central.submit(f"{path}/move", {"window": done, "why": "Kept words", "version": "1"})
    assert "Somebody changed this" in stale.text
    window = page.split("Wales: Autumn")[0].rsplit('value="', 1)[1].split('"')[0]
    wrong = central.submit(f"{path}/move", {"window": window, "why": ""})
    assert wrong.status_code == 422
    assert central.submit(f"{path}/move", {"window": "nonsense", "why": "Kept words"}).status_code == 422
    assert central.submit(f"{path}/move", {"window": window, "why": "Works in Cardiff"}).status_code == 303
    session.rollback()
    (letter,) = session.scalars(sa.select(Mail).where(Mail.account_id == ann)).all()
    assert letter.locale == "cy"
    assert "Works in Cardiff" in letter.text
    page = central.get(path).text
    assert "This application was moved to Wales." in page
    assert "Works in Cardiff" in page
    new = there.scalar(sa.select(Application.id))
    assert there.scalar(sa.select(EqualityResponse.link)) == link(app.config["Q"].secret_key, str(new))
    assert mixed == [1], "nothing ties the answers to the move, not even until the night"
    assert f"/wales/manage/admissions/applications/{new}" in page
    assert "This application came from Scotland." in central.get(f"/wales/manage/admissions/applications/{new}").text
    assert client_of(app, ann).get(f"/wales/apply/{new}/").status_code == 200


@pytest.mark.both
def test_moves_in_both_directions_do_not_wait_in_a_circle(
    app: Flask, session: ScopedSession, there: ScopedSession, form: str
) -> None:
    open_ones = {2: make_window(session, form), 3: make_window(there, form)}
    people = [make_person(app, f"p{number}@example.org") for number in range(6)]
    sites = {2: session, 3: there}
    made = [
        (tenant_id, make_submitted(sites[tenant_id], open_ones[tenant_id], form, person, reference=f"Q-{number}"))
        for number, person in enumerate(people)
        for tenant_id in (2 + number % 2,)
    ]
    session.rollback()
    there.rollback()

    def swap(_: ScopedSession, number: int) -> Place:
        tenant_id, application_id = made[number]
        other = 5 - tenant_id
        with app.app_context(), platform_scope("test") as own:
            return transfers.transfer(
                own, SYSTEM, Place(tenant_id, application_id), version=1, target_tenant_id=other, window_id=open_ones[other],
                why="why", store=app.extensions[downloads.FILES], post=lambda _, __: None,
            )  # fmt: skip

    found = at_once(app, 1, swap)
    assert all(isinstance(one, Place) for one in found), found
