"""Accounts, roles, events and the console: a member, a lead, the central team, and those they do something to."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask

from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.people.models import CALENDAR_SCOPES, Account, Closure, RoleGrant, SignIn
from core.people.service import accounts, calendar_keys, sign_ins
from core.people.views.base import tools
from core.sdk import TenantRef, Visitor
from core.tenancy.models import PluginState
from core.tenancy.service import Change, configure
from core.work import mail
from core.work.delivery import JOB
from core.work.models import Mail, OutboxItem, WorkFailure
from plugins.local_events.queries import registrations
from plugins.local_events.service import inviting, places, questions
from tests.factories.people import PASSWORD, make_person
from tests.integration.bad_input.rooms.cast import Cast, Named, Room
from tests.plugins.local_events.helpers import ORGANISER, drafted, published, visitor

EMAILS = {"held": "held@example.org", "demo": "colleague@demo.example", "new": "fresh@example.org"}


def make_people(app: Flask) -> dict[str, str]:
    """The accounts that every room knows, by name."""
    scotland = {
        "member": [Role.EVENTS_ORGANISER, Role.ASSESSOR], "lead": [Role.PARTNER_LEAD], "assessor": [Role.ASSESSOR],
        "held": [Role.EVENTS_ORGANISER],
    }  # fmt: skip
    homes = {"member": "scotland", "closed": "scotland"}
    found = {
        name: make_person(
            app, f"{name}@example.org", name=f"{name.title()} Person", home=homes.get(name, ""),
            grants=[(role, "scotland") for role in roles],
        )
        for name, roles in {**scotland, "closed": [], "erased": [], "other": [], "signer": []}.items()
    }  # fmt: skip
    found["central"] = make_person(app, "central@example.org", name="Cen Tral", grants=[(Role.CENTRAL_TEAM, "uk")])
    found["colleague"] = make_person(app, EMAILS["demo"], name="Col League", home="scotland")
    found["there"] = make_person(app, "there@example.org", grants=[(Role.EVENTS_ORGANISER, "wales")])
    found["new"] = make_person(app, "new@example.org", confirmed=False)
    return found


def make_events(cast: Cast) -> Room:
    """Events in every state in which a page offers a button, a settings change to undo, devices to sign out, and addresses of
    the member's calendars to end."""
    session, member = cast.session, cast.people["member"]
    for owner in (member, cast.people["there"]):
        sign_ins.begin(session, account_id=owner, device="Another", remember=False)
    by = Visitor(member, "Mel Member", "member@example.org", is_member=True, home_tenant_id=cast.site.id)
    tenant = cast.site.ref()
    for scope in CALENDAR_SCOPES:
        calendar_keys.make(session, by.actor(), scope, new_token())
    with clock.frozen(clock.now() - timedelta(days=20)):
        over = published(session, tenant, by=by)
    coming, taken = published(session, tenant, by=by), published(session, tenant, by=by)
    places.register(session, tenant, taken, visitor(ORGANISER))
    places.register(session, tenant, taken, by)
    draft = drafted(session, tenant, by=by)
    asking, one = _registrations(session, tenant, by)
    events = coming, draft, over, taken, _offered(session, tenant, by)
    named: Named = {
        **{f"local_events_manage.{name}:event_id": (asking,) for name in OF_ONE}, **one,
        "event_id": events, "plugin": ("local_events",), "revision": (str(_changed_settings(cast)),), "slug": ("scotland",),
        "code": ("en",), "digest": ("0",), "name": ("base.css",),
    }  # fmt: skip
    return Room(
        named,
        {
            "local_events.new": {
                "starts_at": "2031-05-06T10:00",
                "ends_at": "2031-05-06T12:00",
                "registration_opens_at": "2031-05-01T10:00",
                "registration_closes_at": "2031-05-05T10:00",
                "withdraw_until": "2031-05-04T10:00",
            },
            "local_events.edit": dict.fromkeys(
                ("registration_opens_at", "registration_closes_at", "withdraw_until"), ""
            ),
            "local_events_manage.invitations": {"addresses": "guest@example.org"},
            "local_events_manage.add": {"email": "other@example.org"},
            "local_events_manage.question_list": {"text": "Which?", "kind": "short"},
            "local_events.hand_on": {"email": "other@example.org"},
            "console.plugin": {"set-default_capacity": "21"},
            "manage.plugin": {"set-default_capacity": "21"},
        },
    )


OF_ONE = (
    "registration",
    "approve",
    "refuse",
    "force",
    "remove",
    "uninvite",
    "ask_no_more",
    "invitations",
    "question_list",
)
"""Pages and buttons about one thing of one event."""


def _registrations(session: ScopedSession, tenant: TenantRef, by: Visitor) -> tuple[str, Named]:
    """An event that wants approval, and somebody who asked, an invitation and a question at it, by parameter."""
    organiser = visitor(ORGANISER)
    event_id = published(session, tenant, by=by, wants_approval=True)
    inviting.invite(session, tenant, event_id, ["invited@example.org"], organiser)
    question = questions.add(session, tenant, event_id, questions.Ask("short", "Hopes?"), organiser, new_token())
    asked = places.register(session, tenant, event_id, visitor())
    (invited,) = registrations.invitations(session, event_id)
    return event_id, {"registration_id": (asked.id,), "invitation_id": (invited.id,), "question_id": (question,)}


def _offered(session: ScopedSession, tenant: TenantRef, by: Visitor) -> str:
    """An event at which `by` is offered a place."""
    event_id, first = published(session, tenant, by=by, capacity=1), visitor()
    for person in (first, by):
        places.register(session, tenant, event_id, person)
    places.withdraw(session, tenant, event_id, first)
    return event_id


def _changed_settings(cast: Cast) -> int:
    """A change of the plugin's settings that can be undone: its revision."""
    registry = cast.app.extensions["q.registry"]
    settings = registry.plugins["local_events"].settings(default_capacity=12).model_dump(mode="json")
    now = cast.session.scalar(
        sa.select(PluginState.revision).where(
            PluginState.at_tenant_id == cast.site.id, PluginState.plugin == "local_events"
        )
    )
    change = Change("local_events", True, settings, now or 0, "test")
    return configure(cast.session, registry, cast.site.ref(), change, SYSTEM)


def make_failure(session: ScopedSession, at: int) -> str:
    """A job that failed at a site; its id."""
    job = WorkFailure(
        id=new_id(), name=JOB, args={}, at_tenant_id=at, state="failed", error="went wrong", place="mail.py",
        attempts=6, request_id="", created_at=clock.now(), failed_at=clock.now(),
    )  # fmt: skip
    with transaction(session):
        session.add(job)
    return job.id


def make_failed_mail(session: ScopedSession) -> str:
    """A message that could not be sent; its id."""
    with transaction(session):
        mail_id = mail.send(session, to="gone@example.org", subject="Lost", text="T", html="T")
        session.execute(sa.update(Mail).where(Mail.id == mail_id).values(state="failed", last_error="550"))
        session.execute(sa.delete(OutboxItem).where(OutboxItem.args["mail_id"].as_string() == mail_id))
    return mail_id


def close_one(session: ScopedSession, people: dict[str, str]) -> None:
    """An account that was closed, and one that is erased but for what a plugin held that is gone. The session is the UK site's."""
    accounts.close(session, SYSTEM, account_id=people["closed"], reason="test")
    accounts.close(session, SYSTEM, account_id=people["erased"], reason="test", erase=True)
    with transaction(session):
        done = {"begun_at": clock.now(), "erased_at": clock.now(), "not_asked": ["old_diary"]}
        session.execute(sa.update(Closure).where(Closure.account_id == people["erased"]).values(**done))


def make_links(app: Flask, session: ScopedSession, people: dict[str, str]) -> tuple[Room, Named]:
    """What links in messages carry, and ids of devices and grants; those of somebody at another site. The session is the
    platform's."""
    with transaction(session):
        session.execute(
            sa.update(Account).where(Account.id == people["new"]).values(confirmed_at=None, password_hash=None)
        )
    stamps = {row.id: row.stamp for row in session.execute(sa.select(Account.id, Account.stamp))}
    grants = {row.account_id: row.id for row in session.execute(sa.select(RoleGrant.account_id, RoleGrant.id))}
    devices = sa.select(SignIn.id).where(SignIn.account_id == sa.bindparam("account_id"))
    held, new, there = people["held"], people["new"], people["there"]
    links: Any = tools()
    named: Named = {
        "account.confirm:token": (links.sign("confirm", new, stamps[new]),),
        "account.reset_with:token": (links.sign("reset", held, stamps[held]),),
        "account.email_with:token": (links.sign("email", held, stamps[held], "moved@example.org"),),
        "account_id": (held,), "console.person_reopen:account_id": (people["closed"],), "grant_id": (grants[held],),
        "sign_in_id": tuple(session.scalars(devices, {"account_id": people["member"]})),
    }  # fmt: skip
    theirs = tuple(session.scalars(devices, {"account_id": there}))
    return Room(named, GOOD), {"sign_in_id": theirs, "grant_id": (grants[there],)}


GOOD = {
    "account.sign_in": {"email": EMAILS["held"], "password": PASSWORD, "next": "/scotland/"},
    "account.password": {"current": PASSWORD},
    "account.email": {"password": PASSWORD},
    "account.data": {"password": PASSWORD},
    "account.close": {"password": PASSWORD, "sure": "y"},
    "account.register": {"email": EMAILS["new"]},
    "account.move": {"home": "wales"},
    "demo.sign_in": {"email": EMAILS["demo"]},
    "console.role_new": {"email": EMAILS["held"], "role": "expense_approver", "at": "wales"},
    "manage.role_new": {"email": EMAILS["held"], "role": "expense_approver"},
}
