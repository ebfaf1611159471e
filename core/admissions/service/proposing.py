"""Asking the rules that windows pin: a proposal whenever there are new sealed facts, kept for good.

The rules run outside any transaction: a pack may be slow, and nobody else should wait for it. What they say is then added
under the next number; where somebody else was quicker, theirs stands.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from core.admissions.models import RuleProposal
from core.admissions.queries import casework, rules
from core.admissions.queries.casework import Found
from core.admissions.queries.rules import Pinned
from core.admissions.rules import (
    Catalogue,
    Incident,
    Record,
    WindowFigures,
    basis,
    common,
    run,
    snapshot_of,
    window_figures,
)
from core.admissions.service.windows import may_manage
from core.data import audit, upserts
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.views import SYSTEM, Actor

BATCH = 100
"""So many proposals are kept in one transaction."""
Report = Callable[[str, Incident], None]
"""Hears of an incident: (`id@version`, what went wrong)."""


class Made(NamedTuple):
    """How many proposals were made, and how many of them only refer to a person because the rules failed."""

    proposals: int
    incidents: int


class _New(NamedTuple):
    found: Found
    basis: str
    record: Record


def propose_due(
    session: ScopedSession, catalogue: Catalogue, *, area: str, report: Report, actor: Actor = SYSTEM,
    window_id: str | None = None, again: bool = False,
) -> Made:  # fmt: skip
    """Make a proposal for each application whose sealed facts, or whose window's rules, are others than at its last one.

    Of one window or of all that are under way. `area` is the key of the session's site. With `again`, rules that failed are
    asked once more. Raises Forbidden.
    """
    may_manage(actor)
    made = failed = 0
    for one in [window_id] if window_id is not None else casework.windows_under_way(session):
        pinned = rules.pinned(session, one)
        if pinned is None:
            continue
        new = _asked(session, catalogue, pinned, area, again)
        for start in range(0, len(new), BATCH):
            batch = new[start : start + BATCH]
            kept = _kept(session, actor, pinned, batch)
            incidents = [
                item.record.incident
                for item in batch
                if item.record.incident and item.found.case.application_id in kept
            ]
            for incident in incidents:
                report(pinned.rule, incident)
            made, failed = made + len(kept), failed + len(incidents)
    return Made(made, failed)


def _asked(session: ScopedSession, catalogue: Catalogue, pinned: Pinned, area: str, again: bool) -> list[_New]:
    """What the pinned rules say now of every case of the window that is due."""
    found = casework.cases(session, pinned.window_id)
    pin = f"{pinned.id}:{pinned.version}"
    due = [(one, now) for one in found if _is_due(one, now := basis(pin, one.case), again)]
    if not due:
        return []
    figures, at = _figures(session, pinned, found), clock.now()
    return [
        _New(
            one, now,
            run(
                catalogue, pinned.rule, pinned.config, pinned.policy,
                snapshot_of(one.case, secret=pinned.secret, area=area, now=at, figures=figures),
            ),
        )
        for one, now in due
    ]  # fmt: skip


def _is_due(one: Found, now: str, again: bool) -> bool:
    """Whether a case needs a proposal: undecided, with something sealed or something said before, and other facts since."""
    if not one.undecided or not (one.case.marks or one.number):
        return False
    return one.basis != now or (again and one.failed)


def _figures(session: ScopedSession, pinned: Pinned, found: Iterable[Found]) -> WindowFigures:
    try:
        config = common(pinned.config)
    except ValidationError:
        return WindowFigures()  # the rules refuse this configuration too: the case goes to a person, without figures
    waits = casework.waits(session, pinned.window_id)
    return window_figures((one.case for one in found), config, pinned.policy, waits)


def _kept(session: ScopedSession, actor: Actor, pinned: Pinned, batch: Sequence[_New]) -> set[str]:
    """Keep a batch; the applications whose proposal is this one, not that of somebody quicker."""
    rows = [_row(session, item) for item in batch]
    with transaction(session):
        adding = upserts.insert(session, RuleProposal).on_conflict_do_nothing().returning(RuleProposal.application_id)
        kept = set(session.scalars(adding, rows))
        for row in rows:  # an entry each: a number over the window would count what its reader must not know of
            if row["application_id"] in kept:
                audit.record(
                    session, actor=actor, action="rules.propose", subject=row["application_id"],
                    after={"rule": pinned.rule, "number": row["number"], "failed": row["incident"] is not None},
                )  # fmt: skip
    return kept


def _row(session: ScopedSession, item: _New) -> dict[str, Any]:
    record = item.record
    texts = record.model_dump(exclude={"incident"})
    return {
        **texts, "id": new_id(), "tenant_id": session.scope.tenant_id, "application_id": item.found.case.application_id,
        "number": item.found.number + 1, "basis": item.basis, "outcome": record.proposed().outcome.value,
        "incident": record.incident.model_dump() if record.incident else None, "at": clock.now(),
    }  # fmt: skip
