"""Closing an account: what happens at once, until when it can be undone, and that nothing is left afterwards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.audit import AuditEntry, verify
from core.data.base import Base, Shared, UtcDateTime
from core.data.session import ScopedSession, transaction
from core.hooks.registry import Broken
from core.kernel.errors import Refused
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.people import housekeeping, queries
from core.people.models import Account, Closure, RoleGrant, SignIn
from core.people.personal.service import OutOfService
from core.people.service import accounts
from core.tenancy.directory import TenantSnapshot
from core.work import delivery, mail
from core.work.models import Mail, OutboxItem
from core.work.registry import JOBS, SCHEDULES
from plugins.local_events.models import Registration
from tests.factories.joining import make_compact
from tests.factories.people import PASSWORD, client_of, make_person
from tests.plugins.expense_approvals.helpers import switched_on
from tests.plugins.local_events.helpers import published
from tests.support.app_fixtures import FrozenClock
from tests.support.client import FormClient

Sessions = Callable[[str], ScopedSession]
Tenants = Callable[[str], TenantSnapshot]
CANARY = "canary"


def _close(client: FormClient) -> None:
    answer = client.submit("/account/close", {"password": PASSWORD, "sure": "y"})
    assert answer.status_code == 303, answer.text


def _erase(app: Flask, session: ScopedSession, account_id: str) -> None:
    session.rollback()
    with app.app_context():
        JOBS[housekeeping.ERASE].handler(session, account_id=account_id)


def test_what_happens_at_once(
    app: Flask, session: ScopedSession, make_client: Callable[[], FormClient], mails: Callable[[], list[Mail]],
    tenant: Tenants,
) -> None:  # fmt: skip
    account_id = make_person(app, "sam@example.org", home="wales", grants=[(Role.ASSESSOR, "wales")])
    client, elsewhere = client_of(app, account_id), client_of(app, account_id)
    wales = tenant("wales").id
    assert queries.members_by_tenant(session) == {wales: 1}
    page = client.get("/account/close")
    assert "30 days" in page.text
    assert "The audit trail" in page.text
    _close(client)
    assert elsewhere.get("/account/").status_code == 303
    fresh = make_client()
    refused = fresh.submit("/account/sign-in", {"email": "sam@example.org", "password": PASSWORD})
    assert "This account is closed" in refused.text
    session.rollback()
    assert queries.members_by_tenant(session) == {}
    assert list(queries.members(session, wales)) == []
    assert list(queries.role_holders(session, wales)) == []
    closure = session.scalars(sa.select(Closure)).one()
    assert closure.erase_after - closure.asked_at == timedelta(days=30)
    letter = mails()[-1]
    assert letter.subject == "You closed your account"
    assert "help@localhost" in letter.text


def _write(session: ScopedSession, account_id: str, to: str, subject: str) -> str:
    with transaction(session):
        return mail.send(
            session, to=to, subject=subject, text="x", html="x", account_id=account_id, delay=timedelta(hours=9)
        )


def test_a_letter_that_waits_for_the_morning_does_not_go_to_who_left_at_night(
    app: Flask, session: ScopedSession, mails: Callable[[], list[Mail]]
) -> None:
    """By the person's own hand or the central team's; what tells of the closing or of a changed address goes out."""
    own, other = make_person(app, "sam@example.org"), make_person(app, "other@example.org")
    waiting = {
        one: _write(session, one, f"{name}@example.org", "A visit") for one, name in ((own, "sam"), (other, "other"))
    }
    changed = _write(session, own, "earlier@example.org", "Your email address was changed")
    _close(client_of(app, own))
    left = {letter.id: letter.subject for letter in mails()}
    assert waiting[own] not in left
    assert {waiting[other], changed} < set(left)
    assert "You closed your account" in left.values()
    accounts.close(session, _system(), account_id=other, reason="left")
    assert waiting[other] not in {letter.id for letter in mails()}
    with app.app_context():
        for mail_id in waiting.values():  # the job that was to send it finds nothing to do
            JOBS[delivery.JOB].handler(session, mail_id=mail_id)


def test_what_is_wrong_is_listed_in_the_order_of_the_page(app: Flask) -> None:
    answer = client_of(app, make_person(app, "sam@example.org")).submit("/account/close", {"password": ""})
    assert answer.status_code == 422
    summary, form = answer.text.split("</h1>", 1)
    for part, of in ((summary, 'href="#{}"'), (form, 'id="{}"')):
        assert 0 < part.index(of.format("password")) < part.index(of.format("sure")), of


def test_without_the_tick_nothing_is_closed(app: Flask, session: ScopedSession) -> None:
    client = client_of(app, make_person(app, "sam@example.org"))
    assert client.submit("/account/close", {"password": PASSWORD}).status_code == 422
    assert session.scalar(sa.select(Closure.account_id)) is None


def test_the_central_team_cannot_slip_away(app: Flask, session: ScopedSession) -> None:
    account_id = make_person(app, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")])
    client = client_of(app, account_id)
    answer = client.submit("/account/close", {"password": PASSWORD, "sure": "y"})
    assert answer.status_code == 422
    assert "Lay that role down first" in answer.text
    assert session.scalar(sa.select(RoleGrant.id).where(RoleGrant.ended_at.is_(None))) is not None
    assert session.scalar(sa.select(SignIn.id).where(SignIn.ended_at.is_(None))) is not None


@pytest.fixture
def central(app: Flask) -> FormClient:
    return client_of(app, make_person(app, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))


def test_the_central_team_opens_it_again(
    app: Flask, central: FormClient, session: ScopedSession, make_client: Callable[[], FormClient]
) -> None:
    account_id = make_person(app, "sam@example.org", name="Sam Away", home="wales")
    _close(client_of(app, account_id))
    listed = central.get("/console/people/?closed=1")
    assert f"/console/people/{account_id}/" in listed.text
    person = central.get(f"/console/people/{account_id}/")
    assert "is erased after" in person.text
    assert central.submit(f"/console/people/{account_id}/reopen", {"reason": ""}).status_code == 422
    central.submit(f"/console/people/{account_id}/reopen", {"reason": "asked by telephone"})
    assert session.scalar(sa.select(Closure.account_id)) is None
    answer = make_client().submit("/account/sign-in", {"email": "sam@example.org", "password": PASSWORD})
    assert answer.status_code == 303


def test_the_central_team_closes_with_and_without_erasing(
    app: Flask, central: FormClient, session: ScopedSession, frozen_clock: FrozenClock
) -> None:
    kept, gone = make_person(app, "kept@example.org"), make_person(app, "gone@example.org")
    central.submit(f"/console/people/{kept}/close", {"reason": "misuse"})
    central.submit(f"/console/people/{gone}/close", {"reason": "asked for it", "erase": "y"})
    assert list(session.scalars(sa.select(Closure.account_id))) == [gone]
    session.rollback()
    frozen_clock.advance(days=31)
    for account_id in (kept, gone):
        _erase(app, session, account_id)
    assert list(session.scalars(sa.select(Account.email).where(Account.id == kept))) == ["kept@example.org"]
    assert list(session.scalars(sa.select(Account.name).where(Account.id == gone))) == [""]
    session.rollback()
    later = client_of(app, make_person(app, "later@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    assert later.get(f"/console/people/{gone}/").status_code == 404
    assert gone not in later.get("/console/people/").text


def test_nothing_is_erased_before_its_day_and_everything_after(
    app: Flask, session: ScopedSession, frozen_clock: FrozenClock
) -> None:
    account_id = make_person(app, "sam@example.org")
    _close(client_of(app, account_id))
    _erase(app, session, account_id)
    housekeeping.erase_closed(session, frozen_clock.now)
    assert session.scalar(sa.select(Account.email)) == "sam@example.org"
    assert session.scalar(sa.select(OutboxItem.id).where(OutboxItem.name == housekeeping.ERASE)) is None
    session.rollback()
    frozen_clock.advance(days=30)
    for _ in range(2):
        with app.app_context():
            housekeeping.erase_closed(session, frozen_clock.now)
    asked = list(session.scalars(sa.select(OutboxItem.args).where(OutboxItem.name == housekeeping.ERASE)))
    assert asked == [{"account_id": account_id}]
    _erase(app, session, account_id)
    assert session.scalar(sa.select(Account.email)) == f"erased:{account_id}"
    session.rollback()
    with pytest.raises(Refused, match="has been erased"):
        accounts.reopen(session, _system(), account_id=account_id, reason="too late")
    session.rollback()
    assert session.scalar(sa.select(Account.disabled_at)) is not None


def _system() -> Any:
    from core.kernel.views import SYSTEM

    return SYSTEM


def test_it_comes_round_every_day() -> None:
    assert SCHEDULES["core.erase_closed"].once
    assert housekeeping.ERASE in JOBS


def test_a_broken_plugin_stops_the_erasing_before_it_begins_and_a_later_try_does_it_all(
    app: Flask, session: ScopedSession, frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = make_person(app, "sam@example.org", name="Sam Whole")
    _close(client_of(app, account_id))
    frozen_clock.advance(days=31)
    registry = app.extensions["q.registry"]
    with _broken(monkeypatch, registry), pytest.raises(OutOfService):
        _erase(app, session, account_id)
    assert session.scalar(sa.select(Account.name)) == "Sam Whole"
    _erase(app, session, account_id)
    _erase(app, session, account_id)
    assert session.scalar(sa.select(Account.name)) == ""
    told = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "account.erased")).all()
    assert [(entry.subject, entry.after) for entry in told] == [(account_id, {"not_asked": []})]


def test_what_a_broken_plugin_kept_from_being_erased_can_be_opened_again(
    app: Flask, session: ScopedSession, frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = make_person(app, "sam@example.org", name="Sam Whole")
    _close(client_of(app, account_id))
    frozen_clock.advance(days=31)
    with _broken(monkeypatch, app.extensions["q.registry"]), pytest.raises(OutOfService):
        _erase(app, session, account_id)
    accounts.reopen(session, _system(), account_id=account_id, reason="a slip")
    _erase(app, session, account_id)
    row = session.execute(sa.select(Account.name, Account.disabled_at)).one()
    assert (row.name, row.disabled_at) == ("Sam Whole", None)


@contextmanager
def _broken(monkeypatch: pytest.MonkeyPatch, registry: Any) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.delitem(registry.plugins, "local_events")
        patch.setitem(registry.broken, "local_events", Broken("local_events", "does not load"))
        yield


CLOSED = {
    "cohort": "founding", "state": "sent", "role": "assessor", "plugin": "local_events", "locale": "en", "ended_how": "",
    "scope": "mine", "calendar_status": "confirmed", "calendar_method": "CANCEL", "sector": "hospital",
}  # fmt: skip


def _value(column: sa.Column[Any], given: dict[str, str]) -> Any:
    """Something that fits a column: what is given, or a marked word wherever people's words can stand."""
    if column.name in given:
        return given[column.name]
    if column.name in CLOSED or column.name.endswith("tenant_id"):
        return CLOSED.get(column.name, 3)
    if column.name in {"id", "ref"} or (isinstance(column.type, sa.String) and column.type.length == 26):
        return new_id()
    if isinstance(column.type, sa.String):
        return f"{CANARY}-{column.name}-{new_id()}"[: column.type.length or 500]
    kinds: list[tuple[type, Any]] = [
        (UtcDateTime, datetime(2017, 2, 1, tzinfo=UTC)), (sa.Date, date(2017, 2, 1)), (sa.Boolean, False),
        (sa.Integer, 1), (sa.JSON, {}),
    ]  # fmt: skip
    return next(value for kind, value in kinds if isinstance(column.type, kind))


EMPTY = {"ended_at", "ends_on", "left_on", "claimed_at", "disabled_at", "begun_at", "erased_at"}


def _fill(session: ScopedSession, account_id: str) -> set[str]:
    """A marked row in every shared table that knows a person; the tables' names."""
    filled, given = set(), {"account_id": account_id, "compact_version_id": make_compact(session)}
    for mapper in Base.registry.mappers:
        table: Any = mapper.local_table
        if not issubclass(mapper.class_, Shared) or "account_id" not in table.columns or table.name == "people_closure":
            continue
        row = {c.name: None if c.name in EMPTY else _value(c, given) for c in table.columns}
        session.execute(sa.insert(table), [row])
        filled.add(table.name)
    words = {"name": f"{CANARY} name", "email": f"{CANARY}@example.org", "email_norm": f"{CANARY}@example.org"}
    session.execute(sa.update(Account).where(Account.id == account_id).values(words))
    session.commit()
    return filled


def _found(session: ScopedSession) -> list[str]:
    """Every column of every table, of the core's and the plugins', that holds the marked word: read as the driver gives it,
    in one statement for each table."""
    found = []
    for table in Base.metadata.sorted_tables:
        rows = session.execute(sa.text(f'select * from "{table.name}"')).mappings().all()
        columns = {name for row in rows for name, value in row.items() if CANARY in str(value).lower()}
        found += [f"{table.name}.{name}" for name in sorted(columns)]
    return found


def test_no_text_column_of_any_table_knows_an_erased_person(
    app: Flask, platform_session: ScopedSession, session: ScopedSession, session_for: Sessions, tenant: Tenants,
    frozen_clock: FrozenClock,
) -> None:  # fmt: skip
    account_id = make_person(app, "sam@example.org")
    other = make_person(app, "other@example.org", name="Other Person", home="wales")
    switched_on(app, "scotland")  # only who was ever on is asked to erase
    filled = _fill(platform_session, account_id)
    assert {
        "people_profile",
        "people_affiliation",
        "people_role_grant",
        "people_sign_in",
        "tenancy_shelf_item",
    } < filled
    event_id = published(session_for("scotland"), tenant("scotland").ref(), capacity=2)
    session_for("scotland").rollback()
    clients = {one: client_of(app, one) for one in (account_id, other)}
    for client in clients.values():
        assert client.submit(f"/scotland/events/{event_id}", form="register").status_code == 303
    clients[account_id].submit("/account/home", {"home": "wales", "reason": f"{CANARY} moves for love"})
    before = _found(platform_session)
    assert {"local_events_registration.email", "people_account.name", "work_mail.text"} <= set(before)
    assert "people_affiliation.reason" in before
    assert not any(name.startswith("data_") for name in before)
    platform_session.rollback()
    _close(clients[account_id])
    frozen_clock.advance(days=31)
    _erase(app, session, account_id)
    assert _found(platform_session) == []
    assert platform_session.scalars(sa.select(Registration.account_id)).all() == [other]
    assert platform_session.scalar(sa.select(Account.name).where(Account.id == other)) == "Other Person"
    assert all(verify(platform_session, tenant(slug).id).ok for slug in ("uk", "scotland", "wales"))
    platform_session.rollback()
    assert client_of(app, other).get(f"/scotland/events/{event_id}").status_code == 200
