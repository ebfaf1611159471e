"""Sending a claim, answering a question about it with what was changed, and asking for more than was agreed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.sdk import (
    N_,
    Conflict,
    Finding,
    Invalid,
    Refused,
    ScopedSession,
    Verdict,
    Visitor,
    clock,
    new_id,
    once,
    record_audit,
    transaction,
    update_as_seen,
)
from plugins.expense_approvals.claims.lines import Found
from plugins.expense_approvals.models import ClaimLine, ClaimRevision, Preapproval, PreapprovalLine
from plugins.expense_approvals.policy.history import Policies
from plugins.expense_approvals.queries import claims
from plugins.expense_approvals.queries.claims import Made
from plugins.expense_approvals.queries.fingerprints import known_elsewhere
from plugins.expense_approvals.service import declaring, stepping, year_miles
from plugins.expense_approvals.service.claim_steps import NO_CHANGES, Post, must_own, take, tell
from plugins.expense_approvals.service.fingerprints import Mark, of_file, of_holder
from plugins.expense_approvals.service.stepping import said
from plugins.expense_approvals.service.weighing import Partners, Weighed, hash_of, weighed
from plugins.expense_approvals.states import AGREED, EDITABLE, NEW, PREAPPROVAL, QUERIED

ELSEWHERE = "expense_approvals:elsewhere"
"""The finding that a proof is known from another claim."""
EMPTY = N_("Add at least one cost before you send the claim.")
NOTHING = N_("The policy allows nothing of this claim. Read why beside each cost.")
OVER = N_("This comes to more than was agreed. Ask for more to be agreed, or lower a cost.")
DECIDING = N_("You have asked for more, and it is not decided yet. Wait for that, or lower a cost.")
NOT_OVER = N_("This claim does not come to more than was agreed.")
GONE = N_("What was agreed is no longer there: it was taken back, or its last day is over.")


def submit(
    session: ScopedSession,
    claim_id: str,
    version: int,
    visitor: Visitor,
    *,
    policy_on: Policies,
    partners: Partners,
    mark: Mark,
    post: Post,
) -> str:
    """Send a draft; the hash that decisions about it are bound to.

    Raises NotFound, Refused (nothing in it or allowed, over what was agreed, a check denies it, no declaration that stands, not in
    this state), Conflict.
    """
    made = claims.one(session, claim_id, visitor)._replace(version=version)
    if made.state == QUERIED:
        raise Refused(N_("A question is open. Answer it to send the claim again."))
    return _send(session, made, "submit", "", visitor, policy_on, partners, mark, post)


def answer(
    session: ScopedSession, claim_id: str, version: int, words: str, visitor: Visitor, *, policy_on: Policies, partners: Partners,
    mark: Mark, post: Post,
) -> str:  # fmt: skip
    """Answer the approver's question, with the costs and proofs as they are now; the new hash. Raises as `submit`, and Invalid
    (`words`)."""
    made = claims.one(session, claim_id, visitor)._replace(version=version)
    words = said(words, "words", N_("Write your answer."))
    return _send(session, made, "answer", words, visitor, policy_on, partners, mark, post)


_JUDGED = ("claimed_p", "allowed_p", "approved_p", "policy_version", "found", "why")
_JUDGE = (
    sa.update(ClaimLine)
    .where(ClaimLine.id == sa.bindparam("wanted"))
    .values({name: sa.bindparam(f"new_{name}") for name in _JUDGED})
)


def _send(
    session: ScopedSession, made: Made, event: str, words: str, visitor: Visitor, policy_on: Policies, partners: Partners, mark: Mark,
    post: Post,
) -> str:  # fmt: skip
    must_own(made, visitor)
    found = weighed(session, made, policy_on, partners)
    _may_go(found)
    elsewhere = known_elsewhere(session, (of_file(mark, one.sha256) for one in found.proofs), of_holder(mark, made.id))
    evaluation, number, now = found.combined.evaluation, made.revision + 1, clock.now()
    lines = [
        one._replace(
            claimed_p=judged.claimed, allowed_p=judged.allowed, found=_kept(judged.found), approved_p=None, why="",
            policy_version=version.number if (version := policy_on.version_on(one.incurred_on)) else None,
        )
        for one, judged in zip(found.lines, evaluation.lines, strict=True)
    ]  # fmt: skip
    sha256 = hash_of(made, number, lines, found.proofs)
    with _first_of_the_year(), transaction(session):
        take(
            session, made, event, visitor, words, sha256, revision=number, claimed_p=evaluation.claimed,
            allowed_p=evaluation.allowed, referred=elsewhere or found.combined.verdict is Verdict.REFER,
            findings=[*_codes(found.combined.findings), *([ELSEWHERE] if elsewhere else [])], sent_at=made.sent_at or now,
        )  # fmt: skip
        declaring.must_stand(session, found.ground.activity_id, made.account_id, declaring.GONE)
        _hold(session, found)
        year_miles.take(session, made.account_id, year_miles.of(lines), found.miles_before)
        for line in lines:
            session.execute(_JUDGE, {"wanted": line.id} | {f"new_{name}": getattr(line, name) for name in _JUDGED})
        session.add(
            ClaimRevision(
                claim_id=made.id,
                number=number,
                sha256=sha256,
                claimed_p=evaluation.claimed,
                allowed_p=evaluation.allowed,
                miles_before={f"{vehicle}:{year}": miles for (vehicle, year), miles in found.miles_before.items()},
                at=now,
            )
        )
        session.flush()
        tell(session, made, found.ground.title, event, "", post, evaluation.claimed)
    return sha256


@contextmanager
def _first_of_the_year() -> Iterator[None]:
    """Of a person's first claims of a year that are sent at the same moment one begins the count, and the others are sent again."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict from error


def _may_go(found: Weighed) -> None:
    """Raises Refused for what cannot be sent."""
    if found.combined.verdict is Verdict.DENY:
        raise Refused(next(one.message for one in found.combined.findings if one.verdict is Verdict.DENY))
    if not found.lines:
        raise Refused(EMPTY)
    if found.combined.evaluation.allowed == 0:
        raise Refused(NOTHING)
    if found.over_p:
        raise Refused(DECIDING if found.ground.asked_more else OVER)


def _codes(findings: tuple[Finding, ...]) -> list[str]:
    return [f"{one.plugin}:{one.code}" for one in findings if one.verdict is not Verdict.ALLOW]


def _kept(found: tuple[Found, ...]) -> dict[str, Any]:
    return {"found": [{"rule": f.rule, "code": f.code, "effect": f.effect, "params": dict(f.params)} for f in found]}


_HOLD = (
    sa.update(Preapproval)
    .where(
        Preapproval.id.in_(sa.bindparam("parts", expanding=True)),
        Preapproval.state.in_(AGREED),
        Preapproval.expires_on >= sa.bindparam("today"),
    )
    .values(version=Preapproval.version + 1)
    .returning(Preapproval.id)
)


def _hold(session: ScopedSession, found: Weighed) -> None:
    """What was agreed must still stand, and whoever was taking it back must look again: their version is an older one now."""
    agreed = found.ground.agreed
    done = session.execute(_HOLD, {"parts": [one.id for one in agreed], "today": clock.today()}).all()
    if len(done) != len(agreed) or found.ground.parts[0].id not in {row[0] for row in done}:
        raise Refused(GONE)


def ask_for_more(
    session: ScopedSession,
    claim_id: str,
    words: str,
    visitor: Visitor,
    form_key: str,
    *,
    policy_on: Policies,
    partners: Partners,
) -> str:
    """Ask that what a claim comes to beyond the agreement be agreed too; the supplementary pre-approval's id.

    Its costs are the parts of the claim's costs that do not fit, in their order. It is decided like every other one. Raises
    NotFound, Refused (it fits, one is asked for already, no declaration that stands, not the person's to change now), Conflict
    (what was agreed has changed meanwhile), Invalid (`words`).
    """
    made = claims.one(session, claim_id, visitor)
    must_own(made, visitor)
    words = said(words, "words", N_("Say why it came to more."))
    if len(words) > 300:
        raise Invalid({"words": N_("Use at most 300 characters.")})
    found = weighed(session, made, policy_on, partners)
    if made.state not in EDITABLE:
        raise Refused(NO_CHANGES)
    if found.ground.asked_more:
        raise Refused(DECIDING)
    if not found.over_p:
        raise Refused(NOT_OVER)
    root, more, now = found.ground.parts[0], new_id(), clock.now()
    with transaction(session):
        key = once(session, form_key, "expense_approvals.ask_for_more")
        if key.result is not None:
            return key.result
        # one at a time: two that are sent together name one version of the first
        update_as_seen(session, Preapproval, Preapproval.id == root.id, root.version, states=AGREED, closed=GONE)
        state = PREAPPROVAL.target("ask", NEW)
        session.add(
            Preapproval(
                id=more, activity_id=root.activity_id, supplements_id=root.id, account_id=made.account_id,
                submitted_by=visitor.account_id, state=state, asked_p=found.over_p, allowed_p=found.over_p, referred=True,
                findings=[], expires_on=root.expires_on, asked_at=now, changed_at=now,
            )
        )  # fmt: skip
        session.flush()
        session.add_all(_beyond(found, more, words))
        stepping.note(session, more, 1, "ask", state, visitor, words, now)
        record_audit(
            session, actor=visitor.actor(), action="expense_approvals.ask_for_more", subject=more,
            after={"claim": made.id, "asked_p": found.over_p},
        )  # fmt: skip
        declaring.must_stand(session, root.activity_id, made.account_id, declaring.GONE)
        key.keep(more)
    return more


def _beyond(found: Weighed, preapproval_id: str, words: str) -> list[PreapprovalLine]:
    """The parts of the costs that come after the agreed money is used up."""
    left, rows = found.ground.agreed_p, list[PreapprovalLine]()
    for one, judged in zip(found.lines, found.combined.evaluation.lines, strict=True):
        beyond, left = max(0, judged.allowed - left), max(0, left - judged.allowed)
        if beyond:
            rows.append(
                PreapprovalLine(
                    preapproval_id=preapproval_id, position=len(rows), category=one.category, incurred_on=one.incurred_on,
                    quantity=one.quantity, miles=one.miles, vehicle=one.vehicle, passengers=one.passengers, region=one.region,
                    travel_class=one.travel_class, reason=words[:300], asked_p=beyond, allowed_p=beyond, found={},
                )
            )  # fmt: skip
    return rows
