"""Reading what windows pin, and what rules proposed."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.instants import WindowState, WindowTimes
from core.admissions.models import PolicyVersion, RuleProposal, Window, WindowRules
from core.admissions.queries import policies
from core.admissions.rules import NationalPolicy
from core.data.session import ScopedSession
from core.kernel import clock
from core.people.models import Account


class Pinned(NamedTuple):
    """What one window pins for its assessment. `config` holds JSON values, `by` is a name, `secret` stays on the server."""

    id: str
    window_id: str
    rule: str
    config: Mapping[str, Any]
    policy_id: str
    policy_number: int
    policy: NationalPolicy
    blindness: str
    assess_days: int
    appeal_days: int
    secret: str
    version: int
    by: str
    at: datetime


_PINNED = (
    sa.select(
        WindowRules.id, WindowRules.window_id, WindowRules.rule, WindowRules.config, WindowRules.policy_id,
        PolicyVersion.number, PolicyVersion.content, WindowRules.blindness, WindowRules.assess_days, WindowRules.appeal_days,
        WindowRules.secret, WindowRules.version, sa.func.coalesce(Account.name, ""), WindowRules.pinned_at,
    )
    .join(PolicyVersion, PolicyVersion.id == WindowRules.policy_id)
    .outerjoin(Account, Account.id == WindowRules.pinned_by)
)  # fmt: skip
_OF_WINDOW = _PINNED.where(WindowRules.window_id == sa.bindparam("window"))
_NEWEST = (
    _PINNED.join(Window, Window.id == WindowRules.window_id)
    .where(Window.state == "published")
    .order_by(Window.opens_at.desc(), Window.id.desc())
    .limit(1)
)


def _read(row: Any) -> Pinned:
    values = dict(zip(Pinned._fields, row, strict=True))
    return Pinned(**{**values, "policy": policies.read(values["policy"])})


def pinned(session: ScopedSession, window_id: str) -> Pinned | None:
    """What a window of the session's site pins; None for a draft that nobody chose rules for."""
    row = session.execute(_OF_WINDOW, {"window": window_id}).one_or_none()
    return None if row is None else _read(row)


def newest_pinned(session: ScopedSession) -> Pinned | None:
    """What the site's latest window pins: the next one begins with it."""
    row = session.execute(_NEWEST).one_or_none()
    return None if row is None else _read(row)


class Use(NamedTuple):
    """A window and what it pins."""

    tenant_id: int
    window_id: str
    window: str
    opens_at: datetime
    state: WindowState
    pinned: Pinned


def in_use(session: ScopedSession, *, over: bool) -> list[Use]:
    """Every window of the session's scope that pins rules and is not cancelled, the latest first; those whose decisions are
    out too where `over`."""
    query = (
        _PINNED.add_columns(
            Window.tenant_id, Window.name, Window.state, Window.opens_at, Window.closes_at, Window.grace_seconds,
            Window.released_at,
        )
        .join(Window, sa.and_(Window.id == WindowRules.window_id, Window.tenant_id == WindowRules.tenant_id))
        .where(Window.state != "cancelled")
        .order_by(Window.opens_at.desc(), Window.id)
    )  # fmt: skip
    if not over:
        query = query.where(Window.released_at.is_(None))
    now, found = clock.now(), []
    for *pin, tenant_id, name, state, opens_at, closes_at, grace, released_at in session.execute(query):
        times = WindowTimes(state, opens_at, closes_at, timedelta(seconds=grace), released_at)
        one = _read(pin)
        found.append(Use(tenant_id, one.window_id, name, opens_at, times.state(now), one))
    return found


_UNDECIDED = (
    sa.select(sa.func.count(WindowRules.id))
    .join(Window, sa.and_(Window.id == WindowRules.window_id, Window.tenant_id == WindowRules.tenant_id))
    .where(
        WindowRules.rule.in_(sa.bindparam("refs", expanding=True)), Window.state != "cancelled", Window.released_at.is_(None)
    )
)  # fmt: skip


def undecided_by(session: ScopedSession, refs: Collection[str]) -> int:
    """How many windows of the session's scope pin one of these rule packs (`id@version`) and are neither decided nor
    cancelled: they keep it, whatever becomes of its plugin."""
    return session.scalar(_UNDECIDED, {"refs": list(refs)}) or 0


def without_rules(session: ScopedSession) -> list[str]:
    """The site's published windows that pin nothing: from before rules were there, or made past the services."""
    return list(
        session.scalars(
            sa.select(Window.id)
            .outerjoin(WindowRules, WindowRules.window_id == Window.id)
            .where(Window.state == "published", Window.released_at.is_(None), WindowRules.id.is_(None))
        )
    )


def last_numbers() -> sa.Subquery:
    """(application_id, number) of the newest proposal for each application."""
    return (
        sa.select(RuleProposal.application_id, sa.func.max(RuleProposal.number).label("number"))
        .group_by(RuleProposal.application_id)
        .subquery()
    )
