"""Shadow runs: trying other rules on past cases, in the background, and agreeing to what they would have changed."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from core.admissions.models import RuleProposal, ShadowRun
from core.admissions.queries import rules as rule_queries
from core.admissions.queries import shadows
from core.admissions.rules import Catalogue, Choice, Record, ShadowReport, canonical, shadow
from core.admissions.service.pinning import checked, choices
from core.admissions.service.replaying import TEXTS, stored
from core.admissions.service.usual_rules import Rules
from core.admissions.service.windows import may_manage
from core.data import audit
from core.data.idempotency import once
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Invalid, NotFound, Refused
from core.kernel.ids import new_id
from core.kernel.text import N_
from core.kernel.views import Actor
from core.work import enqueue

JOB = "core.shadow_run"
CHUNK = 100
"""After so many cases the page hears how far it is."""
NONE_YET = N_("There are no past cases at this site to try rules on.")
NOT_SOUND = N_("These rules failed on a past case, or were tried on none. They cannot be agreed to.")


def ask(
    session: ScopedSession, actor: Actor, wanted: Rules, *, catalogue: Catalogue, plugins: Collection[str], key: str
) -> str:
    """Ask for `wanted` to be tried on the site's past cases; the run's id. The same form sent twice asks once.

    Raises Forbidden, Invalid and ConfigRefused by field, and Refused where there are no past cases.
    """
    may_manage(actor)
    if wanted.rule not in choices(catalogue, plugins, rule_queries.newest_pinned(session)):
        raise Invalid({"rule": N_("Choose one of the rules that are switched on at this site")})
    wanted = checked(session, catalogue, wanted)
    with transaction(session):
        claim = once(session, key, f"rules.shadow:{actor.account_id}")
        if claim.result is not None:
            return claim.result
        if session.scalar(sa.select(RuleProposal.id).limit(1)) is None:
            raise Refused(NONE_YET)
        run_id = new_id()
        row = {
            "id": run_id, "tenant_id": session.scope.tenant_id, "rule": wanted.rule, "config": dict(wanted.config),
            "policy_id": wanted.policy_id, "state": "queued", "progress": 0, "by": actor.account_id, "at": clock.now(),
        }  # fmt: skip
        session.execute(sa.insert(ShadowRun), [row])
        claim.keep(run_id)
        enqueue(session, JOB, run_id=run_id)
        audit.record(
            session, actor=actor, action="rules.shadow", subject=f"shadow:{run_id}",
            after={"rule": wanted.rule, "config": dict(wanted.config)},
        )  # fmt: skip
    return run_id


def work_out(session: ScopedSession, catalogue: Catalogue, run_id: str) -> None:
    """Make the report of a run that was asked for. Done twice, the second changes nothing. Raises NotFound."""
    run = shadows.one(session, run_id)
    if run.state != "queued":
        return
    past = shadows.past_cases(session)
    cases: list[list[str]] = []
    try:
        report = shadow(
            catalogue, None, Choice(run.rule, run.config), shadows.policy_of(session, run),
            _records(session, run_id, past, cases),
        )  # fmt: skip
    except ValueError:  # a stored text that cannot be read any more
        _ended(session, run_id, state="failed")
        return
    changed = {one.case: one.after.outcome.value for one in report.differences}
    rows = [[of, case, before, changed.get(case, before), rule] for of, case, before, rule in cases]
    _ended(
        session, run_id, state="ready", progress=100, report=canonical(report), sha256=report.sha, cases=rows
    )  # fmt: skip


def _records(
    session: ScopedSession, run_id: str, past: Sequence[shadows.Past], cases: list[list[str]]
) -> Iterator[Record]:
    """The past cases one by one, noting in `cases` which application each is, and in the run how far it has come."""
    columns = [RuleProposal.id, RuleProposal.application_id, RuleProposal.incident]
    columns += [getattr(RuleProposal, name) for name in TEXTS]
    for start in range(0, len(past), CHUNK):
        chunk = [one.proposal_id for one in past[start : start + CHUNK]]
        rows = session.execute(
            sa.select(*columns).where(RuleProposal.id.in_(chunk)).order_by(RuleProposal.at, RuleProposal.id)
        ).all()
        for row in rows:
            record = stored(row)
            cases.append([row.application_id, record.case, record.proposed().outcome.value, record.rule])
            yield record
        with transaction(session):
            session.execute(
                sa.update(ShadowRun)
                .where(ShadowRun.id == run_id, ShadowRun.state == "queued")
                .values(progress=min(99, 100 * (start + len(rows)) // len(past)))
            )


def _ended(session: ScopedSession, run_id: str, **values: Any) -> None:
    with transaction(session):
        session.execute(
            sa.update(ShadowRun).where(ShadowRun.id == run_id, ShadowRun.state == "queued").values(**values)
        )


def agree(session: ScopedSession, actor: Actor, run_id: str, sha: str) -> None:
    """Agree to what a run would have changed: `sha` is the hash of the report that was looked at.

    Raises Forbidden, NotFound, and Refused for another report, one that is not ready, not sound, or agreed to already.
    """
    may_manage(actor)
    with transaction(session):
        done: Any = session.execute(
            sa.update(ShadowRun)
            .where(
                ShadowRun.id == run_id, ShadowRun.state == "ready", ShadowRun.sha256 == sha, ShadowRun.agreed_at.is_(None)
            )
            .values(agreed_by=actor.account_id, agreed_at=clock.now())
        )  # fmt: skip
        text = session.scalar(sa.select(ShadowRun.report).where(ShadowRun.id == run_id))
        if text is None:
            raise NotFound
        if done.rowcount != 1:
            raise Refused(N_("This report is not the one that you looked at, or somebody agreed to it already."))
        if not ShadowReport.model_validate_json(text).may_be_pinned:
            raise Refused(NOT_SOUND)
        audit.record(
            session, actor=actor, action="rules.agree", subject=f"shadow:{run_id}", after={"sha256": sha}
        )  # fmt: skip
