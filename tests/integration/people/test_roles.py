"""Roles: who may give which, that they are dated, and that what was agreed is never rewritten."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data.audit import AuditEntry
from core.data.scope import ScopeError
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import new_id
from core.kernel.permissions import ROLE_PERMISSIONS, UK_WIDE_ONLY, Role
from core.kernel.views import SYSTEM, Actor
from core.people import queries
from core.people.models import Account, RoleGrant
from core.people.service import accounts, roles, sign_ins
from core.tenancy.directory import TenantSnapshot
from tests.factories.people import client_of, make_person
from tests.support.app_fixtures import FrozenClock

Sessions = Callable[[str], ScopedSession]
Tenants = Callable[[str], TenantSnapshot]
LOCAL = [role for role in Role if role not in UK_WIDE_ONLY | {Role.MEMBER}]


def _actor(account_id: str) -> Actor:
    """Somebody whose session claims nothing: what counts is what the database says."""
    return Actor(account_id, "")


@pytest.fixture
def grant(session_for: Sessions, tenant: Tenants) -> Callable[..., str]:
    """Give a role at a site from today on."""

    def give(actor: Actor, account_id: str, role: Role, at: str, **more: date | str | None) -> str:
        values: dict[str, object] = {"starts_on": clock.today(), "ends_on": None, "reason": "test", **more}
        return roles.grant(session_for(at), actor, account_id=account_id, role=role, at=tenant(at).ref(), **values)  # type: ignore[arg-type]  # values by name

    return give


def test_the_central_team_gives_any_role_anywhere(
    app: Flask, grant: Callable[..., str], session: ScopedSession
) -> None:
    central = _actor(make_person(app, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    someone = make_person(app, "sam@example.org")
    for role in LOCAL:
        grant(central, someone, role, "wales")
    for role in UK_WIDE_ONLY:
        grant(central, someone, role, "uk")
        with pytest.raises(Invalid):
            grant(central, someone, role, "wales")
    with pytest.raises(Invalid):
        grant(central, someone, Role.MEMBER, "wales")
    assert queries.roles_of(session, someone, 3) == {*LOCAL, *UK_WIDE_ONLY}
    assert queries.roles_of(session, someone, 2) == UK_WIDE_ONLY


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MEMBER])
@pytest.mark.parametrize("at", ["wales", "scotland", "uk"])
def test_a_partner_lead_gives_three_roles_at_the_own_site(
    app: Flask, grant: Callable[..., str], role: Role, at: str
) -> None:
    lead = _actor(make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "wales")]))
    someone = make_person(app, "sam@example.org")
    if at == "wales" and role in roles.LEADS_MAY_GRANT:
        assert grant(lead, someone, role, at)
    else:
        with pytest.raises(Forbidden if role not in UK_WIDE_ONLY or at == "uk" else Invalid):
            grant(lead, someone, role, at)


@pytest.mark.parametrize(
    "held", [role for role in Role if role not in {Role.PARTNER_LEAD, Role.CENTRAL_TEAM, Role.MEMBER}]
)
def test_nobody_else_gives_roles(app: Flask, grant: Callable[..., str], held: Role) -> None:
    at = "uk" if held in UK_WIDE_ONLY else "wales"
    giver = _actor(make_person(app, "giver@example.org", home="wales", grants=[(held, at)]))
    with pytest.raises(Forbidden):
        grant(giver, make_person(app, "sam@example.org"), Role.EVENTS_ORGANISER, "wales")


def test_what_a_session_claims_does_not_count(app: Flask, grant: Callable[..., str]) -> None:
    """An actor made before the role ended still carries its permissions; the database does not."""
    stale = Actor(make_person(app, "old@example.org"), "", frozenset({Role.CENTRAL_TEAM}), frozenset({"roles.grant"}))
    with pytest.raises(Forbidden):
        grant(stale, make_person(app, "sam@example.org"), Role.ASSESSOR, "wales")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MEMBER])
def test_nobody_gives_a_role_to_themselves(app: Flask, grant: Callable[..., str], role: Role) -> None:
    at = "uk" if role in UK_WIDE_ONLY else "wales"
    for holds in ((Role.CENTRAL_TEAM, "uk"), (Role.PARTNER_LEAD, "wales")):
        person = make_person(app, f"{holds[0]}-{role}@example.org", grants=[holds])
        with pytest.raises((Forbidden, Invalid)):
            grant(_actor(person), person, role, at)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"ends_on": date(2026, 11, 22)}, "ends_on"),
        ({"starts_on": date(2026, 10, 1), "ends_on": date(2026, 11, 1)}, "ends_on"),
        ({"reason": "  "}, "reason"),
    ],
)
def test_dates_and_reason(
    app: Flask, grant: Callable[..., str], frozen_clock: FrozenClock, values: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        grant(SYSTEM, make_person(app, "sam@example.org"), Role.ASSESSOR, "wales", **values)
    assert list(refused.value.field_errors) == [field]


def test_a_role_counts_from_its_first_to_its_last_day(
    app: Flask, grant: Callable[..., str], session: ScopedSession, frozen_clock: FrozenClock
) -> None:
    someone = make_person(app, "sam@example.org", grants=[])
    today = clock.today()
    grant(
        SYSTEM,
        someone,
        Role.PARTNER_LEAD,
        "wales",
        starts_on=today + timedelta(days=1),
        ends_on=today + timedelta(days=2),
    )
    seen = []
    for _ in range(4):
        session.rollback()
        token = sign_ins.begin(session, account_id=someone, device="", remember=True)
        person = queries.signed_in(session, sign_ins.token_hash(token))
        assert person is not None
        assert person.roles_at(3) == queries.roles_of(session, someone, 3)
        seen.append(Role.PARTNER_LEAD in person.roles_at(3))
        frozen_clock.advance(days=1)
    assert seen == [False, True, True, False]


DAYS = st.integers(-5, 5)


@given(starts=DAYS, length=st.none() | st.integers(0, 6), ended=st.booleans(), at=st.sampled_from([1, 2, 3]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_property_a_grant_counts_on_its_days_and_nowhere_else(
    app: Flask, session: ScopedSession, starts: int, length: int | None, ended: bool, at: int
) -> None:
    today = clock.today()
    account_id = make_person(app, f"{new_id()}@example.org")
    first = today + timedelta(days=starts)
    last = first + timedelta(days=length) if length is not None else None
    with transaction(session):
        session.add(
            RoleGrant(
                account_id=account_id,
                role="assessor",
                at_tenant_id=at,
                starts_on=first,
                ends_on=last,
                reason="test",
                granted_at=clock.now(),
                ended_at=clock.now() if ended else None,
            )
        )
    counts = not ended and first <= today and (last is None or today <= last)
    for tenant_id in (1, 2, 3):
        here = counts and at in {1, tenant_id}
        assert (Role.ASSESSOR in queries.roles_of(session, account_id, tenant_id)) == here
    token = sign_ins.begin(session, account_id=account_id, device="", remember=False)
    person = queries.signed_in(session, sign_ins.token_hash(token))
    assert person is not None
    assert person.grants == (((Role.ASSESSOR, at),) if counts else ())
    listed = {row.account_id for row in queries.role_holders(session)}
    assert (account_id in listed) == (not ended and (last is None or last >= today))


def test_held_already(app: Flask, grant: Callable[..., str], frozen_clock: FrozenClock) -> None:
    someone = make_person(app, "sam@example.org")
    grant(SYSTEM, someone, Role.ASSESSOR, "wales", ends_on=clock.today())
    with pytest.raises(Conflict):
        grant(SYSTEM, someone, Role.ASSESSOR, "wales")
    assert grant(SYSTEM, someone, Role.ASSESSOR, "scotland"), "another site is another role"
    frozen_clock.advance(days=1)
    assert grant(SYSTEM, someone, Role.ASSESSOR, "wales"), "the last day has passed"


def test_ending_takes_effect_at_once_and_rewrites_nothing(
    app: Flask, grant: Callable[..., str], session_for: Sessions, tenant: Tenants, frozen_clock: FrozenClock
) -> None:
    someone = make_person(app, "sam@example.org")
    client = client_of(app, someone)
    grant_id = grant(SYSTEM, someone, Role.PARTNER_LEAD, "wales", ends_on=date(2027, 3, 31))
    assert client.get("/wales/manage/").status_code == 200
    wales = session_for("wales")
    roles.end(wales, SYSTEM, grant_id=grant_id, at=tenant("wales").ref(), reason="moved on")
    assert client.get("/wales/manage/").status_code == 403
    [row] = queries.role_holders(wales, ended=True)
    assert (row.starts_on, row.ends_on, row.ended_at) == (clock.today(), date(2027, 3, 31), clock.now())
    assert not queries.role_holders(wales, 3)
    with pytest.raises(Conflict):
        roles.end(wales, SYSTEM, grant_id=grant_id, at=tenant("wales").ref(), reason="again")
    assert grant(SYSTEM, someone, Role.PARTNER_LEAD, "wales")


def test_who_may_end_what(app: Flask, grant: Callable[..., str], session_for: Sessions, tenant: Tenants) -> None:
    lead = _actor(make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "wales")]))
    someone = make_person(app, "sam@example.org")
    wales, scotland = tenant("wales").ref(), tenant("scotland").ref()
    local = grant(SYSTEM, someone, Role.ASSESSOR, "wales")
    high = grant(SYSTEM, someone, Role.PARTNER_LEAD, "wales")
    far = grant(SYSTEM, someone, Role.ASSESSOR, "scotland")
    with pytest.raises(NotFound):
        roles.end(session_for("wales"), lead, grant_id=far, at=wales, reason="not mine")
    with pytest.raises(Forbidden):
        roles.end(session_for("scotland"), lead, grant_id=far, at=scotland, reason="not mine")
    with pytest.raises(Forbidden):
        roles.end(session_for("wales"), lead, grant_id=high, at=wales, reason="too high")
    with pytest.raises(Invalid):
        roles.end(session_for("wales"), lead, grant_id=local, at=wales, reason="")
    roles.end(session_for("wales"), lead, grant_id=local, at=wales, reason="done")
    roles.end(session_for("wales"), _actor(someone), grant_id=high, at=wales, reason="I lay it down")


def test_the_last_of_the_central_team_stays(
    app: Flask, grant: Callable[..., str], session_for: Sessions, tenant: Tenants
) -> None:
    first, second = (make_person(app, f"{name}@example.org") for name in ("first", "second"))
    uk = tenant("uk").ref()
    one = grant(SYSTEM, first, Role.CENTRAL_TEAM, "uk")
    for actor in (SYSTEM, _actor(first)):
        with pytest.raises(Refused):
            roles.end(session_for("uk"), actor, grant_id=one, at=uk, reason="farewell")
    grant(SYSTEM, second, Role.CENTRAL_TEAM, "uk", starts_on=clock.today() + timedelta(days=9))
    with pytest.raises(Refused):
        roles.end(session_for("uk"), _actor(first), grant_id=one, at=uk, reason="the other begins later")
    third = make_person(app, "third@example.org", grants=[(Role.CENTRAL_TEAM, "uk")])
    roles.end(session_for("uk"), _actor(third), grant_id=one, at=uk, reason="farewell")


def test_who_has_a_closed_account_does_not_count_as_one_of_the_central_team(
    app: Flask, grant: Callable[..., str], session_for: Sessions, tenant: Tenants
) -> None:
    first, second = (make_person(app, f"{name}@example.org") for name in ("first", "second"))
    uk, session = tenant("uk").ref(), session_for("uk")
    one, _ = (grant(SYSTEM, person, Role.CENTRAL_TEAM, "uk") for person in (first, second))
    accounts.close(session, SYSTEM, account_id=second, reason="left")
    with pytest.raises(Refused):
        roles.end(session, _actor(first), grant_id=one, at=uk, reason="farewell")
    with pytest.raises(Refused):
        accounts.close(session, SYSTEM, account_id=first, reason="farewell")
    accounts.reopen(session, SYSTEM, account_id=second, reason="came back")
    roles.end(session, _actor(first), grant_id=one, at=uk, reason="farewell")


def test_who_has_left_the_central_team_closes_no_account(
    app: Flask, session: ScopedSession, grant: Callable[..., str], session_for: Sessions, tenant: Tenants
) -> None:
    """An actor made before the role ended, or before the own account was closed, still carries its permissions."""
    make_person(app, "stays@example.org", grants=[(Role.CENTRAL_TEAM, "uk")])
    first, someone = (make_person(app, f"{name}@example.org") for name in ("first", "sam"))
    stale = Actor(first, "", frozenset({Role.CENTRAL_TEAM}), ROLE_PERMISSIONS[Role.CENTRAL_TEAM])
    held = grant(SYSTEM, first, Role.CENTRAL_TEAM, "uk")
    roles.end(session_for("uk"), SYSTEM, grant_id=held, at=tenant("uk").ref(), reason="farewell")
    with pytest.raises(Forbidden):
        accounts.close(session, stale, account_id=someone, reason="misuse")
    grant(SYSTEM, first, Role.CENTRAL_TEAM, "uk")
    accounts.close(session, SYSTEM, account_id=first, reason="left")
    with pytest.raises(Forbidden):
        accounts.close(session, stale, account_id=someone, reason="misuse")
    assert session.scalar(sa.select(Account.disabled_at).where(Account.id == someone)) is None


def test_every_grant_is_in_the_chain_of_its_tenant(
    app: Flask, grant: Callable[..., str], session_for: Sessions, tenant: Tenants
) -> None:
    someone = make_person(app, "sam@example.org")
    grant_id = grant(SYSTEM, someone, Role.ASSESSOR, "wales", reason="panel of March")
    wales = session_for("wales")
    roles.end(wales, SYSTEM, grant_id=grant_id, at=tenant("wales").ref(), reason="panel is over")
    found = wales.scalars(
        sa.select(AuditEntry).where(AuditEntry.action.startswith("role.")).order_by(AuditEntry.seq)
    ).all()
    assert [(e.action, e.subject, e.why) for e in found] == [
        ("role.grant", someone, "panel of March"), ("role.end", someone, "panel is over"),
    ]  # fmt: skip
    assert found[0].after == {"role": "assessor", "from": clock.today().isoformat(), "to": None}
    assert not session_for("scotland").scalars(sa.select(AuditEntry).where(AuditEntry.action.startswith("role."))).all()
    with pytest.raises(ScopeError):
        roles.end(session_for("scotland"), SYSTEM, grant_id=grant_id, at=tenant("wales").ref(), reason="elsewhere")


def test_no_role_for_nobody_or_a_closed_account(app: Flask, grant: Callable[..., str]) -> None:
    with pytest.raises(NotFound):
        grant(SYSTEM, new_id(), Role.ASSESSOR, "wales")


def test_a_refused_grant_leaves_nothing(app: Flask, grant: Callable[..., str], session: ScopedSession) -> None:
    someone = make_person(app, "sam@example.org")
    grant(SYSTEM, someone, Role.ASSESSOR, "wales")
    for _ in range(2):
        with pytest.raises(DomainError):
            grant(SYSTEM, someone, Role.ASSESSOR, "wales")
    assert session.scalar(sa.select(sa.func.count()).select_from(RoleGrant)) == 1
