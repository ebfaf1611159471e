"""What waits for somebody, the longest waiting first: for a partner's lead, and for the central team across partners.

Each kind is one SELECT with the same columns; a queue is their union, so that a page of it is one statement however much
waits. Nothing is stored for it: what waits follows from the states themselves.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.admissions.models import (
    Appeal,
    Application,
    Assignment,
    Decision,
    PanelItem,
    ReleaseBatch,
    RuleProposal,
    Window,
)
from core.admissions.queries.appeals import RECEIVED, had_part
from core.admissions.queries.deciding import assessed_by
from core.admissions.queries.scores import independent
from core.admissions.queries.sight import READER, clear_of
from core.admissions.states import (
    ASSESSING,
    DECLARED,
    HELD_BY_ASSESSOR,
    MODERATED,
    OFFERED,
    RELEASED,
    RETURNED,
    SIGNED,
    SUBMITTED,
    UNDER_WAY,
)
from core.data.session import ScopedSession

FINAL = ("accept", "decline")
_SOMEBODY = sa.func.nullif(READER, "", type_=sa.String())
"""`READER` for comparisons that hold of NULL, too: to nobody, what nobody signed is their own."""
_NOW: Any = sa.bindparam("now")


class Waiting(NamedTuple):
    """One thing that waits. `ref` is the row that it is about; `since` (UTC) is when it began to wait."""

    kind: str
    since: datetime
    tenant_id: int
    window_id: str
    application_id: str | None
    reference: str | None
    ref: str


def _about(kind: Any, since: Any, row: Any, *, of: Any = Application) -> Any:
    """A SELECT of the queue's columns about an application."""
    named = kind if isinstance(kind, sa.ColumnElement) else sa.literal(kind)
    return sa.select(
        named.label("kind"), since.label("since"), of.tenant_id, of.window_id, of.id.label("application_id"), of.reference,
        row.id.label("ref"),
    )  # fmt: skip


def _joined(kind: Any, since: Any, row: Any) -> Any:
    return _about(kind, since, row).join(
        Application, (Application.tenant_id == row.tenant_id) & (Application.id == row.application_id)
    )


def _declarations() -> Any:
    """Minor conflicts of interest that an assessor declared: the lead allows or recuses."""
    return _joined("declaration", Assignment.declared_at, Assignment).where(Assignment.state == DECLARED)


def _nobody_has() -> Any:
    """Submitted applications of closed windows that no assessor has."""
    held = (
        sa.select(Assignment.id)
        .where(
            Assignment.tenant_id == Application.tenant_id, Assignment.application_id == Application.id,
            Assignment.state.in_(HELD_BY_ASSESSOR),
        )
        .exists()
    )  # fmt: skip
    return (
        _about("assign", Application.submitted_at, Application)
        .join(Window, (Window.tenant_id == Application.tenant_id) & (Window.id == Application.window_id))
        .where(Application.state == SUBMITTED, Window.closes_at < _NOW, ~held)
    )


def _overdue() -> Any:
    """Assignments whose day is past."""
    return _joined("overdue", Assignment.due_at, Assignment).where(
        Assignment.state.in_((OFFERED, DECLARED, ASSESSING)), Assignment.due_at < _NOW
    )


def _newest_proposal(condition: Any) -> Any:
    """Of each application without a decision the newest proposal, as far as `condition` over it holds."""
    later = aliased(RuleProposal)
    superseded = (
        sa.select(later.id)
        .where(
            later.tenant_id == RuleProposal.tenant_id, later.application_id == RuleProposal.application_id,
            (later.at > RuleProposal.at) | ((later.at == RuleProposal.at) & (later.id > RuleProposal.id)),
        )
        .exists()
    )  # fmt: skip
    decided = (
        sa.select(Decision.id)
        .where(
            Decision.tenant_id == RuleProposal.tenant_id, Decision.application_id == RuleProposal.application_id,
            Decision.state != RETURNED,
        )
        .exists()
    )  # fmt: skip
    return sa.and_(Application.state == SUBMITTED, ~superseded, ~decided, condition)


def _proposals() -> Any:
    """Applications whose newest proposal can be signed, has to be discussed, or asks for more assessors while nobody is at it:
    each of these tells what others scored, so that it waits for nobody who is still to score."""
    discussed = (
        sa.select(PanelItem.id)
        .where(
            PanelItem.tenant_id == RuleProposal.tenant_id, PanelItem.application_id == RuleProposal.application_id,
            PanelItem.state == "done",
        )
        .exists()
    )  # fmt: skip
    at_it = (
        sa.select(Assignment.id)
        .where(
            Assignment.tenant_id == RuleProposal.tenant_id, Assignment.application_id == RuleProposal.application_id,
            Assignment.state.in_((OFFERED, DECLARED, ASSESSING)),
        )
        .exists()
    )  # fmt: skip
    sent_back = (  # such an application waits once, as what was sent back: see `_returned`
        sa.select(Decision.id)
        .where(
            Decision.tenant_id == RuleProposal.tenant_id, Decision.application_id == RuleProposal.application_id,
            Decision.state == RETURNED,
        )
        .exists()
    )  # fmt: skip
    ready, for_panel = RuleProposal.outcome.in_(FINAL) | discussed, RuleProposal.outcome == "panel"
    kind: Any = sa.case((ready, "sign"), (for_panel, "discuss"), else_="more")
    waits = (ready & ~sent_back) | (~ready & (for_panel | ~at_it))
    of: Any = RuleProposal.application_id
    return _joined(kind, RuleProposal.at, RuleProposal).where(_newest_proposal(waits), independent(READER, of))


def _returned() -> Any:
    """Decisions that the central team sent back, where nothing has been signed since: about an application that waits for one,
    or for an appeal that was upheld, whose applicant reads until then that it is being looked at."""
    later = aliased(Decision)
    again = (
        sa.select(later.id)
        .where(
            later.tenant_id == Decision.tenant_id, later.application_id == Decision.application_id, later.number > Decision.number
        )
        .exists()
    )  # fmt: skip
    upheld = (
        sa.select(Appeal.id)
        .where(
            Appeal.tenant_id == Decision.tenant_id, Appeal.decision_id == Decision.supersedes_id, Appeal.state == "upheld"
        )
        .exists()
    )  # fmt: skip
    return _joined("returned", Decision.signed_at, Decision).where(
        Decision.state == RETURNED, ~again, (Application.state == SUBMITTED) | upheld
    )


def _moderated() -> Any:
    """Decisions that no batch holds yet."""
    return _joined("hold", Decision.moderated_at, Decision).where(Decision.state == MODERATED)


def _batches() -> Any:
    """Batches that hold something that the reader may know of, and whose embargo is over."""
    holds = (
        sa.select(Decision.id)
        .where(
            Decision.tenant_id == ReleaseBatch.tenant_id, Decision.batch_id == ReleaseBatch.id, Decision.state.in_(UNDER_WAY),
            clear_of(READER, Decision.application_id),
        )
        .exists()
    )  # fmt: skip
    since = sa.func.coalesce(ReleaseBatch.embargo_until, ReleaseBatch.created_at)
    nothing: Any = sa.cast(sa.null(), sa.String(26))
    return sa.select(
        sa.literal("release").label("kind"), since.label("since"), ReleaseBatch.tenant_id, ReleaseBatch.window_id,
        nothing.label("application_id"), sa.cast(sa.null(), sa.String(12)).label("reference"), ReleaseBatch.id.label("ref"),
    ).where(ReleaseBatch.state == "open", holds, since <= _NOW)  # fmt: skip


def _appeals() -> Any:
    """Appeals that nobody has answered; not those that this reader may not answer, who had a part in the decision, and not those
    about a decision that was corrected meanwhile, which nobody can answer."""
    about = (Decision.tenant_id == Appeal.tenant_id) & (Decision.id == Appeal.decision_id)
    query = _joined("appeal", Appeal.at, Appeal).join(Decision, about)
    return query.where(Appeal.state == RECEIVED, Decision.state == RELEASED, ~had_part(_SOMEBODY))


def _to_moderate() -> Any:
    """Signed decisions: somebody of the central team moderates them, who neither signed them nor assessed the application."""
    query = _joined("moderate", Decision.signed_at, Decision).where(Decision.state == SIGNED)
    return query.where(Decision.signed_by.is_distinct_from(_SOMEBODY), ~assessed_by(READER))


def _incidents() -> Any:
    """Applications whose newest proposal a rule could not make."""
    return _joined("incident", RuleProposal.at, RuleProposal).where(
        _newest_proposal(RuleProposal.incident.is_not(None))
    )


Read = tuple[Sequence[Waiting], int]


class _Queue:
    """The statements over one queue, made once: its parts are long, and each leaves out what its reader may not know of."""

    def __init__(self, *parts: Any) -> None:
        queue = sa.union_all(*parts).subquery("queue")
        every = sa.select(*(queue.c[name] for name in Waiting._fields), sa.func.count().over().label("total"))
        every = every.order_by(queue.c.since, queue.c.ref).offset(sa.bindparam("skipped", type_=sa.Integer()))
        of_kind = every.where(queue.c.kind == sa.bindparam("wanted"))
        most = sa.bindparam("most", type_=sa.Integer())
        self._whole, self._pages = (every, of_kind), (every.limit(most), of_kind.limit(most))
        self._counts = sa.select(queue.c.kind, sa.func.count().label("waiting")).group_by(queue.c.kind)

    def page(
        self, session: ScopedSession, reader: Mapping[str, Any], kind: str, limit: int | None, offset: int
    ) -> Read:
        """What waits, of one kind where it is named, and how much there is in all."""
        statement = (self._whole if limit is None else self._pages)[bool(kind)]
        asked = {**reader, "skipped": offset} | ({"wanted": kind} if kind else {})
        rows = session.execute(statement, asked if limit is None else {**asked, "most": limit}).all()
        return [Waiting(*row[:-1]) for row in rows], rows[0].total if rows else 0

    def counts(self, session: ScopedSession, reader: Mapping[str, Any]) -> dict[str, int]:
        """How much of each kind waits."""
        return {row.kind: row.waiting for row in session.execute(self._counts, reader)}


_LEAD = _Queue(
    *(
        part.where(clear_of(READER))
        for part in (
            _declarations(),
            _nobody_has(),
            _overdue(),
            _proposals(),
            _returned(),
            _moderated(),
            _appeals(),
        )
    ),
    _batches(),
)
_CENTRAL = _Queue(*(part.where(clear_of(READER)) for part in (_to_moderate(), _appeals(), _incidents())))


def of_lead(
    session: ScopedSession, account_id: str | None, now: datetime, *, kind: str = "", limit: int | None = 50, offset: int = 0
) -> Read:  # fmt: skip
    """What waits for whoever runs Joining Q at the session's tenant: (a page of it, how much there is in all)."""
    return _LEAD.page(session, {"reader": account_id or "", "now": now}, kind, limit, offset)


def counts_of_lead(session: ScopedSession, account_id: str | None, now: datetime) -> dict[str, int]:
    """How much of each kind waits for the lead, in the order of `LEAD_KINDS`; a kind of which nothing waits is left out."""
    found = _LEAD.counts(session, {"reader": account_id or "", "now": now})
    return {kind: found[kind] for kind in LEAD_KINDS if kind in found}


def of_central_team(
    session: ScopedSession, account_id: str | None, *, kind: str = "", limit: int | None = 50, offset: int = 0
) -> Read:
    """What waits for the central team at every partner; for a session in platform scope."""
    return _CENTRAL.page(session, {"reader": account_id or ""}, kind, limit, offset)


LEAD_KINDS = ("declaration", "assign", "overdue", "sign", "discuss", "more", "returned", "hold", "release", "appeal")
CENTRAL_KINDS = ("moderate", "appeal", "incident")
