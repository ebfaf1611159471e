"""Beginning a claim, changing its costs while it is the person's to change, and withdrawing it."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.sdk import (
    N_,
    Invalid,
    NotFound,
    Refused,
    ScopedSession,
    Visitor,
    clock,
    is_id,
    new_id,
    once,
    record_audit,
    transaction,
)
from plugins.expense_approvals.claims.lines import Line
from plugins.expense_approvals.claims.places import UNCLEAR
from plugins.expense_approvals.models import Claim, ClaimLine, Receipt
from plugins.expense_approvals.queries import claims, preapprovals
from plugins.expense_approvals.queries.claims import Ground, Made
from plugins.expense_approvals.service import cards, stepping, year_miles
from plugins.expense_approvals.service.claim_steps import lock, must_own, take, unsay
from plugins.expense_approvals.service.fingerprints import Mark, forget
from plugins.expense_approvals.states import AGREED, DRAFT

MOST_LINES = 60
NOT_AGREED = N_("You can claim what was agreed and is neither used nor over.")
TOO_MANY = N_("A claim has at most 60 costs.")
TOO_EARLY = N_("This cost was made before it was agreed. Only later ones are covered.")
TO_COME = N_("This day is still to come. Claim what you have spent.")


def begin(session: ScopedSession, preapproval_id: str, visitor: Visitor) -> str:
    """Begin a claim from what was agreed; its id. Where one lives already it is that one. Raises NotFound, Refused."""
    asked = preapprovals.one(session, preapproval_id, visitor)
    stepping.must_own(asked, visitor)
    if (there := claims.live(session, asked.id)) is not None:
        return there
    if asked.state not in AGREED or asked.supplements_id is not None or asked.expires_on < clock.today():
        raise Refused(NOT_AGREED)
    made, now = new_id(), clock.now()
    try:
        with transaction(session):
            session.add(
                Claim(
                    id=made, preapproval_id=asked.id, account_id=asked.account_id, submitted_by=visitor.account_id, state=DRAFT,
                    findings=[], begun_at=now, changed_at=now,
                )
            )  # fmt: skip
            session.flush()
            record_audit(
                session, actor=visitor.actor(), action="expense_approvals.claim_begin", subject=made,
                after={"preapproval": asked.id},
            )  # fmt: skip
            title = preapprovals.title_of(session, asked.id)
            cards.put(session, asked.account_id, made, title, cards.UNSENT, f"claims/{made}", new=True)
    except IntegrityError:  # the same button pressed twice at the same moment: the index lets one of them live
        session.rollback()
        there = claims.live(session, asked.id)
        if there is None:
            raise
        return there
    return made


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost as the person gives it: what the policy reads, and the words and places beside it."""

    line: Line
    reason: str = ""
    from_postcode: str = ""
    to_postcode: str = ""


def put(session: ScopedSession, claim_id: str, line_id: str | None, cost: Cost, visitor: Visitor, form_key: str) -> str:
    """Add a cost, or change the one with this id; its id. Raises NotFound, Refused, Invalid (`day`,
    `from_postcode`)."""
    made = claims.one(session, claim_id, visitor)
    must_own(made, visitor)
    _whole(cost, claims.ground(session, made.preapproval_id))
    with transaction(session):
        lock(session, made)
        key = once(session, form_key, "expense_approvals.claim_cost")
        if key.result is not None:
            return key.result
        if line_id is None:
            line_id = _add(session, made, cost)
        else:
            _only_one(
                session.execute(
                    sa.update(ClaimLine)
                    .where(ClaimLine.claim_id == made.id, ClaimLine.id == line_id)
                    .values(**_values(cost))
                    .returning(ClaimLine.id)
                ).all()
                if is_id(line_id)
                else []
            )
        key.keep(line_id)
    return line_id


def _whole(cost: Cost, ground: Ground) -> None:
    """Costs are agreed before they are made: the day of the decision is the first. Miles have two ends."""
    if cost.line.incurred_on < ground.decided_on:
        raise Invalid({"day": TOO_EARLY})
    if cost.line.incurred_on > clock.today():
        raise Invalid({"day": TO_COME})
    if cost.line.miles and not (cost.from_postcode and cost.to_postcode):
        raise Invalid({"from_postcode": UNCLEAR})


_COUNTED = sa.select(sa.func.count(ClaimLine.id), sa.func.max(ClaimLine.position)).where(
    ClaimLine.claim_id == sa.bindparam("claim_id")
)


def _add(session: ScopedSession, made: Made, cost: Cost) -> str:
    count, last = session.execute(_COUNTED, {"claim_id": made.id}).one()
    if count >= MOST_LINES:
        raise Refused(TOO_MANY)
    line_id = new_id()
    session.add(ClaimLine(id=line_id, claim_id=made.id, position=(last or 0) + 1, found={}, **_values(cost)))
    session.flush()
    return line_id


def _values(cost: Cost) -> dict[str, object]:
    line = cost.line
    return {
        "category": line.category, "incurred_on": line.incurred_on, "quantity": line.quantity, "miles": line.miles,
        "vehicle": line.vehicle, "passengers": line.passengers, "from_postcode": cost.from_postcode,
        "to_postcode": cost.to_postcode, "region": line.region, "travel_class": line.travel_class,
        "reason": cost.reason[:300], "typed_p": line.pence,
    }  # fmt: skip


def drop(session: ScopedSession, claim_id: str, line_id: str, visitor: Visitor, mark: Mark) -> None:
    """Take a cost out, with its proofs. Raises NotFound, Refused."""
    made = claims.one(session, claim_id, visitor)
    must_own(made, visitor)
    if not is_id(line_id):
        raise NotFound
    gone = {one.sha256 for one in claims.proofs(session, made.id) if one.line_id == line_id}
    with transaction(session):
        lock(session, made)
        session.execute(
            sa.update(Receipt)
            .where(Receipt.claim_id == made.id, Receipt.line_id == line_id)
            .values(line_id=None, removed_at=sa.func.coalesce(Receipt.removed_at, clock.now()))
        )
        _only_one(
            session.execute(
                sa.delete(ClaimLine)
                .where(ClaimLine.claim_id == made.id, ClaimLine.id == line_id)
                .returning(ClaimLine.id)
            ).all()
        )
        others = {one.sha256 for one in claims.proofs(session, made.id)}  # one ticket can prove two costs
        forget(session, made.id, mark, gone - others)


def _only_one(rows: object) -> None:
    if not isinstance(rows, list) or len(rows) != 1:
        raise NotFound


def withdraw(session: ScopedSession, claim_id: str, version: int, visitor: Visitor, mark: Mark) -> None:
    """Withdraw a claim. What was agreed stays agreed, and another claim can be begun. Raises NotFound, Refused, Conflict."""
    made = claims.one(session, claim_id, visitor)._replace(version=version)
    must_own(made, visitor)
    proofs = [one.sha256 for one in claims.proofs(session, made.id)]
    with transaction(session):
        take(session, made, "withdraw", visitor, first_by=None)
        unsay(session, made)
        year_miles.give_back(session, made)
        forget(session, made.id, mark, proofs)
