"""From an approved claim to money on somebody's account: what can be paid now, and how a claim hears of its payment."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from core.sdk import (
    N_,
    Conflict,
    Forbidden,
    Invalid,
    Refused,
    ScopedSession,
    Sealer,
    Visitor,
    clock,
    is_id,
    people_by_id,
    record_audit_each,
)
from plugins.expense_approvals.manifest import PAY
from plugins.expense_approvals.models import Adjustment, Claim, ClaimStep
from plugins.expense_approvals.queries import payments
from plugins.expense_approvals.queries.payments import Due
from plugins.expense_approvals.separation import Case, Task, conflict
from plugins.expense_approvals.service import bank_details, batches, cards, payer
from plugins.expense_approvals.service.batches import Payable, Prepared, Tell
from plugins.expense_approvals.service.claim_steps import News, Post
from plugins.expense_approvals.states import ADJUSTMENT, CLAIM

STEPS: Mapping[str, tuple[str, ...]] = {
    "prepare": ("batch",), "drop": ("drop", "part_drop"), "export": ("export",), "pay": ("pay",), "bounce": ("bounce",),
}  # fmt: skip
"""The events of a claim for what happens to its payment. Where there are two, the sum that was approved decides."""
ADJUSTMENT_STEPS: Mapping[str, str] = {
    "prepare": "batch",
    "drop": "drop",
    "export": "export",
    "pay": "pay",
    "bounce": "bounce",
}
"""The same of an adjustment, which has one each."""
TOLD = ("pay", "bounce")
"""The events that the person gets a letter about. An adjustment's letters are named `adjust_` and the event."""
CHOOSE = N_("Choose at least one claim.")
CHANGED = N_("What is ready has changed while you were looking. Look at the list again, then prepare the batch.")
NO_PAYER = N_("First give the account that payments are made from.")


class Outlook(NamedTuple):
    """A claim, or an adjustment, that waits to be paid. `why` (a key of `words.HELD`) keeps it from this visitor's next batch; "" for nothing."""

    due: Due
    why: str


def outlook(session: ScopedSession, visitor: Visitor) -> list[Outlook]:
    """What waits to be paid and what holds it back, the longest first. Five statements, however much waits."""
    found = payments.due(session)
    people = {one.account_id for one in found if one.account_id}
    given, shared = bank_details.given(session, people), bank_details.sharing(session, people)
    back, now = payments.sent_back(session), clock.now()

    def why(one: Due) -> str:
        if one.account_id is None:
            return "left"
        if conflict(Task.PREPARE, visitor.account_id or "", _case(one, shared.get(one.account_id, frozenset()))):
            return "own"
        account = given.get(one.account_id)
        if account is None:
            return "no_account"
        if one.id in back and account.set_at <= back[one.id]:
            return "bounced"
        return "cooling" if account.usable_from > now else ""

    return [Outlook(one, why(one)) for one in found]


def _case(one: Due, linked: frozenset[str]) -> Case:
    return Case(one.account_id, one.submitted_by, one.account_id, linked=linked)


def prepare(
    session: ScopedSession, chosen: Collection[str], day: date, visitor: Visitor, form_key: str, *, seal: Sealer, accounts: Sealer,
    payers: Sealer, post: Post,
) -> Prepared:  # fmt: skip
    """Put the chosen claims and adjustments (ids) into a batch. The same choice sent again by the same person is the batch that it made.

    Raises Forbidden, Invalid (`claims`, `day`), Refused (no account to pay from; not all of them can be paid any more), Conflict.
    """
    if not visitor.can(PAY):
        raise Forbidden(PAY)
    if not chosen:
        raise Invalid({"claims": CHOOSE})
    ready = {one.due.id: one.due for one in outlook(session, visitor) if not one.why}
    if not set(chosen) <= set(ready):
        if made := _made_before(session, chosen, visitor):
            return Prepared(made, (), ())
        raise Refused(CHANGED)
    payer_of = payer.opened(session, payers)
    if payer_of is None:
        raise Refused(NO_PAYER)
    payables = [Payable(one.id, one.pence, _case(one, frozenset())) for key, one in ready.items() if key in set(chosen)]
    return batches.prepare(
        session, payables, day, payer_of, visitor, form_key, seal=seal, accounts=accounts, tell=life(visitor, post)
    )


def _made_before(session: ScopedSession, chosen: Collection[str], visitor: Visitor) -> str | None:
    """The batch of exactly these claims that this visitor prepared: a form that was sent twice."""
    known = sorted(one for one in chosen if is_id(one))
    held = payments.batches_with(session, known)
    made = {batch_id for batch_id, _ in held}
    if len(made) != 1 or {claim for _, claim in held} != set(chosen):
        return None
    (batch_id,) = made
    found = payments.one(session, batch_id)
    return batch_id if found.prepared_by == visitor.account_id and found.payments == len(known) else None


def life(visitor: Visitor, post: Post) -> Tell:
    """What takes claims and adjustments along with their payments, in the caller's transaction, and writes to the people who are
    paid, or not."""

    def tell(session: ScopedSession, source_ids: Collection[str], event: str) -> None:
        claims = [row.id for step in STEPS[event] for row in _take(session, source_ids, step, visitor)]
        others = set(source_ids).difference(claims)
        adjusted = _take_adjusted(session, others, ADJUSTMENT_STEPS[event]) if others else []
        if len(claims) + len(adjusted) != len(source_ids):
            raise Conflict
        if event in TOLD:
            _note(session, "claim", claims, event, visitor)
            _note(session, "adjustment", adjusted, event, visitor)
            _write(session, [*claims, *adjusted], event, post)

    return tell


_SUMS: Mapping[str, Callable[[], sa.ColumnElement[bool]]] = {
    "drop": lambda: Claim.approved_p == Claim.claimed_p,
    "part_drop": lambda: Claim.approved_p < Claim.claimed_p,
}


class Moved(NamedTuple):
    """A claim that took a step."""

    id: str
    version: int


def _take(session: ScopedSession, claim_ids: Collection[str], event: str, visitor: Visitor) -> list[Moved]:
    """Take the step with all of these claims that can; which did. One update, however many there are."""
    sources, now = CLAIM.sources(event), clock.now()
    target = CLAIM.target(event, sources[0])
    more = [_SUMS[event]()] if event in _SUMS else []
    rows = session.execute(
        sa.update(Claim)
        .where(Claim.id.in_(sorted(claim_ids)), Claim.state.in_(sources), *more)
        .values(state=target, version=Claim.version + 1, changed_at=now)
        .returning(Claim.id, Claim.version)
    )
    moved = [Moved._make(row) for row in rows]
    session.add_all(
        ClaimStep(
            claim_id=row.id, version=row.version, event=event, state=target, account_id=visitor.account_id, words="", sha256="", at=now
        )
        for row in moved
    )  # fmt: skip
    session.flush()
    return moved


def _take_adjusted(session: ScopedSession, ids: Collection[str], event: str) -> list[str]:
    """The same with adjustments; which did (ids). One update."""
    sources = ADJUSTMENT.sources(event)
    rows = session.scalars(
        sa.update(Adjustment)
        .where(Adjustment.id.in_(sorted(ids)), Adjustment.state.in_(sources))
        .values(state=ADJUSTMENT.target(event, sources[0]), version=Adjustment.version + 1, changed_at=clock.now())
        .returning(Adjustment.id)
    )
    return list(rows)


def _note(session: ScopedSession, kind: str, ids: list[str], event: str, visitor: Visitor) -> None:
    """An entry of the audit trail for each claim or adjustment that was paid or sent back, beside the one of the batch."""
    after = {"state": CLAIM.target(event, CLAIM.sources(event)[0])}
    record_audit_each(
        session, actor=visitor.actor(), action=f"expense_approvals.{kind}_{event}", after=dict.fromkeys(sorted(ids), after)
    )  # fmt: skip


def _write(session: ScopedSession, source_ids: list[str], event: str, post: Post) -> None:
    """A letter to each of the people, and a card where the bank sent it back; to nobody where the account is closed."""
    rows = payments.paid_things(session, source_ids)
    people = people_by_id(session, {row.account_id for row in rows if row.account_id})
    refs = payments.refs_of_claims(session, source_ids)
    for row in rows:
        if person := people.get(row.account_id or ""):
            if event == "bounce":
                cards.put(session, person.account_id, row.source_id, row.title, cards.SENT_BACK, "account")
            step = f"adjust_{event}" if row.adjustment else event
            ref = refs[row.source_id]
            post(
                session, News(step, person.account_id, person.email, person.locale, row.claim_id, row.title, "", row.pence, ref)
            )  # fmt: skip
