"""Making every stored proposal again: what does not come out byte for byte means that a rule pack was edited silently."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.models import ReplayRun, RuleProposal
from core.admissions.rules import Catalogue, Incident, Record, replay
from core.data import audit
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.views import SYSTEM

CHUNK = 500
"""So many are read at once."""
UNREADABLE = "unreadable"
KEPT = 200
"""So many that differ are named in a run; of the rest the number alone is kept."""
TEXTS = tuple(name for name in Record.model_fields if name != "incident")


class Replays(NamedTuple):
    """How many proposals were made again, and how many of them came out otherwise."""

    checked: int
    different: int


def stored(row: Any) -> Record:
    """A stored proposal as the rules know it. `row` has the columns of RuleProposal."""
    incident = Incident.model_validate(row.incident) if row.incident is not None else None
    return Record(**{name: getattr(row, name) for name in TEXTS}, incident=incident)


def replay_all(session: ScopedSession, catalogue: Catalogue) -> Replays:
    """Make every proposal of the session's site again and keep what was found; nothing is kept where there are none."""
    checked = different = 0
    named: list[dict[str, Any]] = []
    for row in _all(session):
        checked += 1
        if differs := _differs(catalogue, row):
            different += 1
            if len(named) < KEPT:
                named.append({"proposal": row.id, "rule": row.rule, "at": row.at.isoformat(), "differs": differs})
    if checked:
        with transaction(session):
            run = {
                "id": new_id(), "tenant_id": session.scope.tenant_id, "at": clock.now(), "checked": checked,
                "different": named,
            }  # fmt: skip
            session.execute(sa.insert(ReplayRun), [run])
            audit.record(
                session, actor=SYSTEM, action="rules.replay", subject=f"replay:{run['id']}",
                after={"all_the_same": not different},
            )  # fmt: skip
    return Replays(checked, different)


def _differs(catalogue: Catalogue, row: Any) -> list[str]:
    try:
        return list(replay(catalogue, stored(row)).differs)
    except ValueError:
        return [UNREADABLE]


def _all(session: ScopedSession) -> Iterator[Any]:
    """Every proposal of the site, a chunk at a time."""
    columns = [
        RuleProposal.id,
        RuleProposal.at,
        RuleProposal.incident,
        *(getattr(RuleProposal, name) for name in TEXTS),
    ]
    after = ""
    while rows := session.execute(
        sa.select(*columns).where(RuleProposal.id > after).order_by(RuleProposal.id).limit(CHUNK)
    ).all():
        yield from rows
        after = rows[-1].id
