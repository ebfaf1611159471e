"""Reading shadow runs: what was tried on past cases, and who agreed to the difference."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.models import Application, PolicyVersion, RuleProposal, ShadowRun
from core.admissions.queries import policies
from core.admissions.queries.rules import last_numbers
from core.admissions.queries.sight import clear_of
from core.admissions.rules import NationalPolicy, ShadowReport
from core.admissions.rules.canonical import written
from core.data.base import another
from core.data.session import ScopedSession
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.people.models import Account

NEWEST = 50
"""So many runs of a site are listed."""


class Run(NamedTuple):
    """One shadow run without its report. `by` and `agreed_by` are names."""

    id: str
    rule: str
    config: Mapping[str, Any]
    policy_id: str
    policy_number: int
    state: str
    progress: int
    sha256: str
    by: str
    at: datetime
    agreed_by: str
    agreed_at: datetime | None


_asker, _agreer = another(Account), another(Account)
_RUNS = (
    sa.select(
        ShadowRun.id, ShadowRun.rule, ShadowRun.config, ShadowRun.policy_id, PolicyVersion.number, ShadowRun.state,
        ShadowRun.progress, ShadowRun.sha256, sa.func.coalesce(_asker.name, ""), ShadowRun.at,
        sa.func.coalesce(_agreer.name, ""), ShadowRun.agreed_at,
    )
    .join(PolicyVersion, PolicyVersion.id == ShadowRun.policy_id)
    .outerjoin(_asker, _asker.id == ShadowRun.by)
    .outerjoin(_agreer, _agreer.id == ShadowRun.agreed_by)
)  # fmt: skip


def listed(session: ScopedSession) -> list[Run]:
    """The site's newest runs."""
    query = _RUNS.order_by(ShadowRun.at.desc(), ShadowRun.id.desc()).limit(NEWEST)
    return [Run(*row) for row in session.execute(query)]


def one(session: ScopedSession, run_id: str) -> Run:
    """One run of the session's site. Raises NotFound."""
    row = session.execute(_RUNS.where(ShadowRun.id == run_id)).one_or_none() if is_id(run_id) else None
    if row is None:
        raise NotFound
    return Run(*row)


def policy_of(session: ScopedSession, run: Run) -> NationalPolicy:
    """The version of the national policy that a run is made under."""
    return policies.one(session, run.policy_number).policy


def untried(session: ScopedSession, rule: str, config: str, policy_id: str) -> bool:
    """Whether the site has past cases, none of them under this very `id@version`, and nobody has agreed to what it changes
    with this configuration (canonical JSON) under this policy."""
    seen = session.execute(
        sa.select(sa.func.count(), sa.func.sum(sa.case((RuleProposal.rule == rule, 1), else_=0))).select_from(
            RuleProposal
        )
    ).one()
    if not seen[0] or seen[1]:
        return False
    agreed = session.scalars(
        sa.select(ShadowRun.config).where(
            ShadowRun.rule == rule, ShadowRun.policy_id == policy_id, ShadowRun.agreed_at.is_not(None)
        )
    )
    return all(written(one) != config for one in agreed)


class Past(NamedTuple):
    """A past case: the newest proposal for an application."""

    application_id: str
    proposal_id: str


def past_cases(session: ScopedSession) -> list[Past]:
    """The newest proposal for each application of the site, oldest first."""
    last = last_numbers()
    query = (
        sa.select(RuleProposal.application_id, RuleProposal.id)
        .join(
            last, sa.and_(last.c.application_id == RuleProposal.application_id, last.c.number == RuleProposal.number)
        )
        .order_by(RuleProposal.at, RuleProposal.id)
    )  # fmt: skip
    return [Past(*row) for row in session.execute(query)]


class Seen(NamedTuple):
    """A report as one reader may see it. `table` counts (before, after, how many), `rules` names what was asked for each
    case before."""

    report: ShadowReport
    table: list[tuple[str, str, int]]
    cases: int
    rules: Mapping[str, str]


def report(session: ScopedSession, run_id: str, account_id: str | None) -> Seen | None:
    """What an account may see of a run's report; None until it is ready. Cases in conflict with it are not in any figure."""
    row = session.execute(
        sa.select(ShadowRun.report, ShadowRun.cases).where(ShadowRun.id == run_id, ShadowRun.state == "ready")
    ).one_or_none()
    if row is None:
        return None
    whole = ShadowReport.model_validate_json(row.report)
    shown = set(_clear(session, [case[0] for case in row.cases], account_id))
    kept = [case for case in row.cases if case[0] in shown]
    names = {case[1] for case in kept}
    counts: dict[tuple[str, str], int] = {}
    for _, _, before, after, _ in kept:
        counts[before, after] = counts.get((before, after), 0) + 1
    mine = whole.model_copy(
        update={
            "differences": tuple(one for one in whole.differences if one.case in names),
            "incidents": tuple(one for one in whole.incidents if one.case in names),
        }
    )
    table = [(*pair, number) for pair, number in sorted(counts.items())]
    return Seen(mine, table, len(kept), {case[1]: case[4] for case in kept})


def _clear(session: ScopedSession, ids: Collection[str], account_id: str | None) -> list[str]:
    """Which of the site's applications with a proposal, of those named, an account may see."""
    found = session.scalars(
        sa.select(Application.id).where(
            Application.id.in_(sa.select(RuleProposal.application_id)), clear_of(account_id)
        )
    )
    wanted = set(ids)
    return [one for one in found if one in wanted]
