"""Reading the national policy's versions, drafts, and what a site adds to them."""

from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import NotFound, ScopedSession, clock, is_id
from plugins.expense_approvals.models import PolicyVersion, SiteRules
from plugins.expense_approvals.policy.history import Known, Version
from plugins.expense_approvals.policy.local import Local, SiteVersion
from plugins.expense_approvals.policy.reading import Own
from plugins.expense_approvals.policy.rules import Policy

_READ: dict[str, Policy] = {}
"""Published policies by their hash: such a row never changes, so a process reads its rules once."""
MOST_READ = 256


class Published(NamedTuple):
    """One published version, without its rules."""

    number: int
    effective_from: date
    published_at: datetime
    published_by: str | None
    note: str
    sha256: str


class Draft(NamedTuple):
    """A version that nobody has published yet."""

    id: str
    based_on: int
    version: int
    created_at: datetime
    policy: Policy


_PUBLISHED = (
    sa.select(*(getattr(PolicyVersion, name) for name in Published._fields))
    .where(PolicyVersion.state == "published")
    .order_by(PolicyVersion.number.desc())
)


def published(session: ScopedSession) -> list[Published]:
    """Every published version, the newest first."""
    return [Published._make(row) for row in session.execute(_PUBLISHED)]


def versions(session: ScopedSession) -> tuple[Version, ...]:
    """Every published version with its rules, the oldest first: one statement, and one more for those that this process has
    not read yet."""
    return _read(session, published(session))


def _read(session: ScopedSession, heads: list[Published]) -> tuple[Version, ...]:
    missing = [one.number for one in heads if one.sha256 not in _READ]
    if missing:
        if len(_READ) + len(missing) > MOST_READ:
            _READ.clear()
            missing = [one.number for one in heads]
        rows = session.execute(
            sa.select(PolicyVersion.sha256, PolicyVersion.content).where(PolicyVersion.number.in_(missing))
        )
        _READ.update({row.sha256: Policy.model_validate(row.content) for row in rows})
    return tuple(
        Version(one.number, one.effective_from, one.published_at, _READ[one.sha256]) for one in reversed(heads)
    )


def known(session: ScopedSession, at: datetime | None = None) -> Known:
    """The national policies as they were known at an instant, by default now."""
    return Known(versions(session), at or clock.now())


def local(session: ScopedSession, at: datetime | None = None) -> Local:
    """The policies of the session's site: the national ones, each with what the site adds on a day."""
    return Local(known(session, at), site_versions(session))


class Showing(NamedTuple):
    """One published version with its rules."""

    head: Published
    policy: Policy


def one(session: ScopedSession, number: int) -> Showing:
    """One published version. Raises NotFound."""
    heads = published(session)
    head = next((found for found in heads if found.number == number), None)
    if head is None:
        raise NotFound
    return Showing(head, next(found.policy for found in _read(session, heads) if found.number == number))


_DRAFTS = sa.select(
    PolicyVersion.id,
    PolicyVersion.based_on,
    PolicyVersion.version,
    PolicyVersion.created_at,
    PolicyVersion.content,
).where(PolicyVersion.state == "draft")
_DRAFT = _DRAFTS.where(PolicyVersion.id == sa.bindparam("wanted"))


def drafts(session: ScopedSession) -> list[Draft]:
    """Every draft, the newest first."""
    return [_draft(row) for row in session.execute(_DRAFTS.order_by(PolicyVersion.created_at.desc()))]


def published_from(session: ScopedSession, draft_id: str) -> int | None:
    """The number of the version that a draft has become; None while it is a draft, and where there was none."""
    number = sa.select(PolicyVersion.number).where(PolicyVersion.id == draft_id, PolicyVersion.state == "published")
    return session.scalar(number) if is_id(draft_id) else None


def draft(session: ScopedSession, draft_id: str) -> Draft:
    """One draft. Raises NotFound, also once it is published."""
    row = session.execute(_DRAFT, {"wanted": draft_id}).one_or_none() if is_id(draft_id) else None
    if row is None:
        raise NotFound
    return _draft(row)


def _draft(row: Any) -> Draft:
    return Draft(row.id, row.based_on or 1, row.version, row.created_at, Policy.model_validate(row.content))


class Added(NamedTuple):
    """What a site added at one time, without its rules."""

    number: int
    effective_from: date
    published_at: datetime
    note: str


def added(session: ScopedSession) -> list[Added]:
    """The history of the site's own rules, the newest first."""
    rows = session.execute(
        sa.select(*(getattr(SiteRules, name) for name in Added._fields)).order_by(SiteRules.number.desc())
    )
    return [Added._make(row) for row in rows]


_SITE_VERSIONS = sa.select(
    SiteRules.number, SiteRules.effective_from, SiteRules.published_at, SiteRules.content
).order_by(SiteRules.number)


def site_versions(session: ScopedSession) -> tuple[SiteVersion, ...]:
    """The site's own rules at every time, the oldest first."""
    return tuple(
        SiteVersion(row.number, row.effective_from, row.published_at, Own.model_validate(row.content).rules)
        for row in session.execute(_SITE_VERSIONS)
    )
