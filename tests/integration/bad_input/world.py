"""The world that every hostile request meets: people, events, grants, links, a failed job; and how to address them.

`PARAMETERS` says how to fill the parameters of addresses. A route with one that is not here fails the suite.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import sqlalchemy as sa
from flask import Flask
from flask_wtf.csrf import generate_csrf
from werkzeug.test import TestResponse

from core.admissions import downloads
from core.admissions.form import editing
from core.admissions.form.schema import Said
from core.admissions.models import Attachment
from core.admissions.panel_needs import Needs
from core.admissions.queries import applying
from core.admissions.queries import assessors as assessor_queries
from core.admissions.queries import conflicts as conflict_queries
from core.admissions.queries import windows as windows_of
from core.admissions.service import (
    assessors,
    compact,
    conflicts,
    drafts,
    equality,
    forms,
    interest,
    plans,
)
from core.admissions.service.interest import Told
from core.admissions.service.windows import Plan, show_card
from core.admissions.uploads import cleaned
from core.data.db import open_session
from core.data.files import Store, new_key
from core.data.scope import Scope
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM, Actor
from core.people.models import Account, RoleGrant, SignIn
from core.people.service import accounts, sign_ins
from core.people.views.base import tools
from core.sdk import TenantRef, Visitor
from core.tenancy.models import PluginState
from core.tenancy.service import Change, configure
from core.work.delivery import JOB
from core.work.models import WorkFailure
from plugins.local_events import registration
from tests.factories.admissions import make_application, make_form, make_window, small_form
from tests.factories.assessing import ANSWERS, make_assessor, make_assignment, make_submitted
from tests.factories.joining import make_offer
from tests.factories.people import client_of, make_person
from tests.integration.bad_input.assessing_world import make_assessments
from tests.integration.bad_input.watch import Watch
from tests.plugins.local_events.helpers import ORGANISER, drafted, published, visitor
from tests.support.client import FormClient

SITE = "/scotland"
PLACES = {"console": "", "admissions": "", "account": "", "me": "", "demo": ""}
"""Where the core's rooms are looked at; everything else at Scotland's site."""
CSRF = "csrf_token"


@dataclass
class Browser:
    """Somebody's browser: always the same cookie, so that nothing a request does to it lasts."""

    name: str
    cookie: str
    token: str
    held: frozenset[str] = frozenset()


@dataclass
class World:
    """What the tests know of the world; `named` gives values of an address's parameter, the useful ones first."""

    app: Flask
    watch: Watch
    browsers: list[Browser]
    named: dict[str, tuple[str, ...]]
    emails: dict[str, str]
    foreign: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._client = cast("FormClient", self.app.test_client(use_cookies=False))

    @property
    def engine(self) -> str:
        """`sqlite` or `postgresql`."""
        return str(self.app.config["Q"].database_url).partition(":")[0].partition("+")[0]

    def send(self, browser: Browser, method: str, path: str, **options: Any) -> TestResponse:
        """A request of that browser; redirects are not followed."""
        headers = {"Cookie": f"q={browser.cookie}", **options.pop("headers", {})}
        return self._client.open(path, method=method, headers=headers, **options)

    def put_back(self) -> None:
        """Undo whatever the last requests wrote."""
        if self.watch.restore():
            _refresh(self.app)


def prefix(endpoint: str) -> str:
    """Where a route is looked at."""
    return PLACES.get(endpoint.partition(".")[0], SITE)


def _refresh(app: Flask) -> None:
    with app.app_context(), open_session(Scope.platform("tests")) as session:
        app.extensions["q.directory"].refresh(session)


def browser(app: Flask, name: str, account_id: str = "") -> Browser:
    """A browser in which the account is signed in (nobody, when none is named), with a token that its forms accept."""
    client = client_of(app, account_id) if account_id else cast("FormClient", app.test_client())
    with app.test_request_context("/"):
        token = generate_csrf()
        from flask import session as cookie  # the request context's own

        raw = cookie[CSRF]
    with client.session_transaction() as held:
        held[CSRF] = raw
    found = client.get_cookie("q")
    assert found is not None
    return Browser(name, found.value, token)


def _events(session: ScopedSession, tenant: TenantRef, member: Visitor, by: Visitor) -> tuple[str, ...]:
    """Events in every state in which a page offers a button."""
    with clock.frozen(clock.now() - timedelta(days=20)):
        over = published(session, tenant, by=by)
    coming, taken = published(session, tenant, by=by), published(session, tenant, by=by)
    registration.register(session, tenant, taken, member)
    return coming, drafted(session, tenant, by=by), over, taken


def _changed_settings(app: Flask, session: ScopedSession, tenant: TenantRef) -> int:
    """A change of the plugin's settings that can be undone: its revision."""
    registry = app.extensions["q.registry"]
    settings = registry.plugins["local_events"].settings(default_capacity=12).model_dump(mode="json")
    now = session.scalar(
        sa.select(PluginState.revision).where(
            PluginState.at_tenant_id == tenant.id, PluginState.plugin == "local_events"
        )
    )
    return configure(session, registry, tenant, Change("local_events", True, settings, now or 0, "test"), SYSTEM)


def _application(session: ScopedSession, form_id: str, account_id: str) -> str:
    """An application that could be submitted, in an open window of the session's tenant."""
    make_window(session, form_id)
    who = Actor(account_id, "")
    application = drafts.start(session, actor=who, eligible={"based_here": True}, locale="en", is_member=False)
    answers = {"job": drafts.Wish("Nurse", 0), "story": drafts.Wish("Falls.", 0)}
    drafts.save(session, applying.mine(session, application, account_id), account_id, answers)
    return application


def _submitted(session: ScopedSession, form_id: str, account_id: str, store: Store) -> tuple[str, str]:
    """A submitted application in a window of its own, and a file of it."""
    upload = cleaned(b"%PDF-1.7\n%%EOF", "cv.pdf")
    window = make_window(session, form_id, -400, -390, name="Last year")
    submitted = make_submitted(session, window, form_id, account_id, {**ANSWERS, "cv": upload.answer()})
    key, attachment = new_key(session.scope.tenant_id or 0), new_id()
    store.put(key, upload.content)
    row = {
        "id": attachment, "tenant_id": session.scope.tenant_id, "application_id": submitted, "question": "cv", "key": key,
        "at": clock.now(), "removed_at": None, **upload.answer(),
    }  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(Attachment), [row])
    return submitted, attachment


def _windows(session: ScopedSession, form_id: str) -> tuple[str, ...]:
    """A draft, and a published window in which nobody has applied."""
    return make_window(session, form_id, 20, 30, state="draft"), make_window(session, form_id, 50, 60)


def _joining(
    app: Flask, session: ScopedSession, form_id: str, applicant: str, other: str
) -> dict[str, tuple[str, ...]]:
    """An applicant with an offer and equality answers, and somebody else's offer that lapsed; what addresses name of them."""
    found = []
    for account_id in (applicant, other):
        window = make_window(session, form_id, -60, -30)
        found.append(make_application(session, window, form_id, account_id, state="accepted", submitted_at=clock.now()))
    make_offer(session, found[0], applicant)
    lapsed = make_offer(session, found[1], other, state="lapsed", ended_at=clock.now())
    key = app.config["Q"].secret_key
    answers = {"age": "a25_34"}
    equality.answer(
        session, secret_key=key, application_id=found[0], account_id=applicant, nation="scotland", answers=answers
    )
    pages = ("offer", "offer_decline", "equality", "equality_delete")
    return {"offer_id": (lapsed,), **{f"applying.{page}:application_id": (found[0],) for page in pages}}


def _compact(session: ScopedSession) -> dict[str, tuple[str, ...]]:
    """The first compact and a draft of the next; what addresses name of them."""
    compact.ensure_first(session)
    number = compact.new_draft(session, SYSTEM)
    promise = Said(en="I will try.", cy="Byddaf yn ceisio.")
    compact.change_draft(
        session, SYSTEM, number=number, version=1, what="test", edit=lambda text: text.model_copy(update={"promise": promise})
    )  # fmt: skip
    pages = ("version", "changes", "frame", "expectation_new", "expectation", "move", "publish", "discard")
    return {
        **{f"admissions.compact_{page}:number": (str(number),) for page in pages}, "compact.show_version:number": ("1",),
        "admissions.compact_expectation:key": ("learn",), "admissions.compact_move:key": ("learn",),
    }  # fmt: skip


def _panel(session: ScopedSession, form_id: str, people: tuple[str, str, str, str]) -> dict[str, tuple[str, ...]]:
    """A window that is being assessed, with something of everything about a panel that has an address. `people` are the
    account of an assessor, of an applicant, of somebody who assesses that application, and of somebody in conflict with it."""
    assessor, applicant, other, tied = people
    window, earlier = make_window(session, form_id, -30, -2), make_window(session, form_id, -90, -60)
    application = make_submitted(session, window, form_id, applicant)
    place, _ = make_assessor(session, assessor), make_assessor(session, tied)
    assignment = make_assignment(session, application, make_assessor(session, other))
    assessors.add_interest(session, SYSTEM, place, kind="person", target="Nobody", form_key=new_token())
    conflicts.put_down(session, SYSTEM, application, tied, "other", "test")
    asked = plans.ask(session, SYSTEM, earlier, new_token())
    ready = plans.ask(session, SYSTEM, window, new_token())
    plans.work_out(session, ready, lambda _: Needs())
    return {
        "assessor_id": (place,), "interest_id": (assessor_queries.interests(session, place)[0].id,),
        "panels.take_back:assignment_id": (assignment,), "conflict_id": (conflict_queries.of(session, application)[0].id,),
        "run_id": (ready, asked), "conflicts.of:application_id": (application,),
        **{f"{name}:window_id": (window,) for name in ("panels.show", "panels.assign", "plans.ask")},
        "panels.assign:application_id": (application,),
    }  # fmt: skip


def _next_form(session: ScopedSession) -> int:
    """A newer version of the form that drafts could move to, and a draft of the one after it; the draft's number."""
    schema = editing.edit_section(small_form(), "about", Said(en="You", cy="Chi"), Said())
    make_form(session, number=1000)  # which nothing is on
    make_form(session, schema, number=1002, change="editorial")
    number = forms.new_draft(session, SYSTEM)
    forms.change_draft(
        session, SYSTEM, number=number, version=1, what="test", key="again",
        edit=lambda schema, _: editing.remove_question(schema, "again"),
    )  # fmt: skip
    return number


def _interest(app: Flask, session: ScopedSession) -> str:
    """Somebody who asked to be told when a window opens: the token of the link."""
    kept: list[Told] = []
    interest.ask(
        session, secret_key=app.config["Q"].secret_key, email="wants@example.org", locale="en", key=new_token(),
        post=lambda _, told: kept.append(told),
    )  # fmt: skip
    return kept[0].token


def _failure(session: ScopedSession, at: int) -> str:
    job = WorkFailure(
        id=new_id(), name=JOB, args={}, at_tenant_id=at, state="failed", error="went wrong", place="mail.py",
        attempts=6, request_id="", created_at=clock.now(), failed_at=clock.now(),
    )  # fmt: skip
    with transaction(session):
        session.add(job)
    return job.id


def make_world(app: Flask) -> tuple[list[Browser], dict[str, tuple[str, ...]], dict[str, str], dict[str, str]]:
    """Fill the database: (browsers, values of addresses' parameters, addresses of accounts, another site's ids)."""
    _refresh(app)
    directory = app.extensions["q.directory"]
    scotland, wales = directory.by_slug("scotland").ref(), directory.by_slug("wales").ref()
    member = make_person(
        app,
        "member@example.org",
        home="scotland",
        grants=[(Role.EVENTS_ORGANISER, "scotland"), (Role.ASSESSOR, "scotland")],
        name="Mel Member",
    )
    lead = make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")], name="Lee Lead")
    central = make_person(app, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")], name="Cen Tral")
    colleague = make_person(app, "colleague@demo.example", home="scotland", name="Col League")
    held = make_person(app, "held@example.org", grants=[(Role.EVENTS_ORGANISER, "scotland")])
    there = make_person(app, "there@example.org", grants=[(Role.EVENTS_ORGANISER, "wales")])
    closed = make_person(app, "closed@example.org", home="scotland")
    new = make_person(app, "new@example.org", confirmed=False)
    everybody = [browser(app, "nobody"), browser(app, "member", member), browser(app, "lead", lead),
                 browser(app, "central", central)]  # fmt: skip
    with app.app_context(), open_session(Scope.tenant(scotland.id)) as session:
        for owner in (member, there):
            sign_ins.begin(session, account_id=owner, device="Another", remember=False)
        own = Visitor(member, "Mel Member", "member@example.org", is_member=True, home_tenant_id=scotland.id)
        events = _events(session, scotland, own, visitor(ORGANISER))
        revision = _changed_settings(app, session, scotland)
        form_id = make_form(session)
        application = _application(session, form_id, member)
        windows = _windows(session, form_id)
        submitted, attachment = _submitted(session, form_id, colleague, app.extensions[downloads.FILES])
        of_panel = _panel(session, form_id, (member, held, colleague, closed))
        wanted = _interest(app, session)
        joining = _joining(app, session, form_id, central, held)
        assessor, assessing = make_assessments(app, session, form_id)
    everybody.append(browser(app, "assessor", assessor))
    with app.app_context(), open_session(Scope.tenant(wales.id)) as session:
        window_elsewhere = make_window(session, form_id, 50, 60)
        to_move_to = make_window(session, form_id, -30, -20, name="Autumn")
        with transaction(session):
            show_card(session, to_move_to, Plan.of(windows_of.one(session, to_move_to)))
        elsewhere = published(session, wales)
        application_elsewhere = _application(session, form_id, there)
        _, file_elsewhere = _submitted(session, form_id, there, app.extensions[downloads.FILES])
        failure = _failure(session, wales.id)
    with app.app_context(), open_session(Scope.tenant(1)) as session:
        number = _next_form(session)
        joining |= _compact(session)
        accounts.close(session, SYSTEM, account_id=closed, reason="test")
    with app.app_context(), open_session(Scope.platform("tests")) as session:
        with transaction(session):
            session.execute(sa.update(Account).where(Account.id == new).values(confirmed_at=None, password_hash=None))
        stamps = {row.id: row.stamp for row in session.execute(sa.select(Account.id, Account.stamp))}
        grants = {row.account_id: row.id for row in session.execute(sa.select(RoleGrant.account_id, RoleGrant.id))}
        devices = tuple(session.scalars(sa.select(SignIn.id).where(SignIn.account_id == member)))
        foreign_device = session.scalar(sa.select(SignIn.id).where(SignIn.account_id == there)) or ""
    with app.app_context():
        links = tools()
        tokens = {
            "account.confirm": links.sign("confirm", new, stamps[new]),
            "account.reset_with": links.sign("reset", held, stamps[held]),
            "account.email_with": links.sign("email", held, stamps[held], "moved@example.org"),
            "portal.confirm": wanted,
            "portal.stop": wanted,
            "portal.stop_at_once": wanted,
        }
    named = {
        "event_id": events, "sign_in_id": devices, "grant_id": (grants[held],), "failure_id": (failure,),
        "window_id": windows, "application_id": (application,), "key": ("about",), "slug": ("scotland",), "plugin": ("local_events",), "revision": (str(revision),), "code": ("en",),
        "account_id": (held,), "console.person_reopen:account_id": (closed,), "digest": ("0",), "name": ("base.css",), **{f"{key}:token": (value,) for key, value in tokens.items()},
    }  # fmt: skip
    named |= of_panel | {
        "number": (str(number),), "part": ("question",), "way": ("down",), "admissions.form_retire:number": ("1000",),
        "admissions.question_edit:key": ("story",), "admissions.eligibility_edit:key": ("based_here",),
        "admissions.question_back:key": ("again",), "admissions.part_remove:key": ("job",), "admissions.part_move:key": ("job",),
    }  # fmt: skip
    named |= {
        f"{page}:application_id": (submitted,)
        for page in ("applications.show", "asking.ask", "moving.move", "enclosures.file")
    }
    named["attachment_id"] = (attachment,)
    named |= joining
    named |= assessing
    emails = {"held": "held@example.org", "demo": "colleague@demo.example", "new": "fresh@example.org"}
    foreign = {"event_id": elsewhere, "sign_in_id": foreign_device, "grant_id": grants[there], "failure_id": events[0],
               "application_id": application_elsewhere, "attachment_id": file_elsewhere, "window_id": window_elsewhere}  # fmt: skip
    return everybody, named, emails, foreign
