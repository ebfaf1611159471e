"""One of several processes that decide at the same moment; `main` is what `tests.support.racing` runs."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa

from core.data.engine import create_engine
from core.data.scope import Scope
from core.sdk import Conflict, NotFound, Refused, Role, ScopedSession, Sealer, clock, new_id, new_token, transaction
from plugins.expense_approvals.limits import Limits
from plugins.expense_approvals.models import (
    Adjustment,
    Budget,
    BudgetEntry,
    Claim,
    PaymentBatch,
    Preapproval,
    YearMiles,
)
from plugins.expense_approvals.payment.batch import Account
from plugins.expense_approvals.queries import claims, payments, preapprovals
from plugins.expense_approvals.separation import Case
from plugins.expense_approvals.service import adjusting as adjusting_service
from plugins.expense_approvals.service import (
    asking,
    bank_details,
    batches,
    claiming,
    deciding,
    declaring,
    expiring,
    judging,
    policies,
    year_miles,
)
from plugins.expense_approvals.service.payer import Payer
from tests.plugins.expense_approvals import adjusted, claimed, helpers, paid
from tests.support.patience import PATIENCE
from tests.support.racing import think

LIFE = ("agree", "withdraw", "revoke", "expire")


def properly(session: ScopedSession, job: dict[str, Any], preapproval_id: str) -> str:
    """The plugin's own way."""
    helpers.agree(session, preapproval_id)
    return "agreed"


def naively(session: ScopedSession, job: dict[str, Any], preapproval_id: str) -> str:
    """The control, which must overspend: look what is left, think, then write what the new sum is."""
    asked = preapprovals.one(session, preapproval_id, helpers.APPROVER)
    limit, committed = session.execute(
        sa.select(Budget.limit_p, Budget.committed_p).where(Budget.id == job["budget"])
    ).one()
    if committed + asked.allowed_p > limit:
        raise Refused("full")
    session.rollback()
    think(0.02)
    with transaction(session):
        session.execute(
            sa.update(Budget).where(Budget.id == job["budget"]).values(committed_p=committed + asked.allowed_p)
        )
        session.execute(
            sa.update(Preapproval)
            .where(Preapproval.id == preapproval_id)
            .values(state="approved", approved_p=asked.allowed_p)
        )
        session.add(
            BudgetEntry(
                budget_id=job["budget"], source_id=preapproval_id, move="commit", committed_p=asked.allowed_p, actual_p=0,
                at=clock.now(),
            )
        )  # fmt: skip
    return "agreed"


def within(session: ScopedSession, job: dict[str, Any], preapproval_id: str) -> str:
    """The plugin's own way, by an approver with a limit."""
    helpers.agree(session, preapproval_id, limits=Limits(job["limit"], 0, 0))
    return "agreed"


def within_naively(session: ScopedSession, job: dict[str, Any], preapproval_id: str) -> str:
    """The control, which must pass the limit: look at it, think, then agree."""
    if preapprovals.in_all(session, preapproval_id) > job["limit"]:
        raise Refused("above")
    session.rollback()
    think(0.02)
    helpers.agree(session, preapproval_id, limits=helpers.NO_LIMITS)
    return "agreed"


def declared(session: ScopedSession, job: dict[str, Any], preapproval_id: str) -> str:
    """By turns agree, take the declaration back that everybody relies on, and ask for something more on it."""
    person, way = helpers.visitor(account_id=job["person"]), job["turn"] % 4
    if way == 1:
        declaring.take_back(session, job["activity"], person)
        return "taken back"
    if way == 3:
        given: dict[str, Any] = {"policy_on": helpers.POLICY, "partners": helpers.nothing, "days_kept": 90}
        asking.ask(session, job["activity"], [helpers.cost(pence=100)], {}, person, new_token(), **given)
        return "asked"
    helpers.agree(session, preapproval_id)
    return "agreed"


def declared_naively(session: ScopedSession, job: dict[str, Any], preapproval_id: str) -> str:
    """The control, which must agree on what is taken back: look whether the declaration stands, think, then agree."""
    if job["turn"] % 4 in (1, 3):
        return declared(session, job, preapproval_id)
    if not preapprovals.declared(session, job["activity"], job["person"]):
        raise Refused("undeclared")
    session.rollback()
    time.sleep(0.2)
    declaring.must_stand = lambda *_: None  # this process is the control's own
    return declared(session, job, preapproval_id)


def living(session: ScopedSession, job: dict[str, Any], preapproval_id: str) -> str:
    """Whichever of four ways out this turn is for; the first one at a pre-approval wins."""
    way = LIFE[job["turn"] % len(LIFE)]
    person = helpers.visitor(account_id=job["person"])
    version = job["version"]
    if way == "withdraw":
        asking.withdraw(session, preapproval_id, version, person)
    elif way == "revoke":
        deciding.revoke(session, preapproval_id, version, "Not any more.", helpers.APPROVER, helpers.unheard)
    elif way == "expire":
        return "expire" if expiring.sweep(session, helpers.unheard) else "lost"
    else:
        helpers.agree(session, preapproval_id)
    return way


def paying(session: ScopedSession, job: dict[str, Any], claim_id: str) -> str:
    """The plugin's own way to approve a claim; every other turn its person withdraws it, where the job says so."""
    if job.get("withdraw") and job["turn"] % 2:
        person = helpers.visitor(account_id=job["person"])
        claiming.withdraw(session, claim_id, job["version"], person, claimed.mark)
        return "withdrawn"
    claimed.approve(session, claim_id)
    return "approved"


def seconding(session: ScopedSession, job: dict[str, Any], claim_id: str) -> str:
    """The plugin's own way to approve a claim as the second, every turn by another person; every other turn one says no instead,
    where the job says so."""
    who = helpers.visitor(Role.PARTNER_LEAD)
    if job.get("reject") and job["turn"] % 2:
        judging.reject(session, claim_id, job["version"], "Not this one.", who, claimed.unheard)
        return "rejected"
    return claimed.approve(session, claim_id, who)


def adding(session: ScopedSession, job: dict[str, Any], claim_id: str) -> str:
    """By turns approve a claim and agree to what was asked for beyond it, each thinking for a while in between."""

    def pause(*_: Any) -> list[Any]:
        session.rollback()
        time.sleep(0.1)
        return []

    if job["turn"] % 2:
        helpers.agree(session, job["more"], rules=pause)
        return "agreed"
    claimed.approve(session, claim_id, rules=pause)
    return "approved"


def adding_naively(session: ScopedSession, job: dict[str, Any], claim_id: str) -> str:
    """The control, which must leave money committed: nobody looks whether the claim can still use it. Who agrees thinks until it is
    approved."""
    deciding._hold = lambda *_: None  # this process is the control's own

    def until_approved(*_: Any) -> list[Any]:
        session.rollback()
        end = time.monotonic() + PATIENCE
        while claims.one(session, claim_id, helpers.APPROVER).state == "checked" and time.monotonic() < end:
            session.rollback()
            time.sleep(0.02)
        session.rollback()
        return []

    if job["turn"] % 2:
        helpers.agree(session, job["more"], rules=until_approved)
        return "agreed"
    claimed.approve(session, claim_id)
    return "approved"


def above(session: ScopedSession, job: dict[str, Any], claim_id: str) -> str:
    """Approve a claim where the site asks for two above `limit`."""
    return claimed.approve(session, claim_id, limits=Limits(0, 0, 0, second_p=job["limit"]))


def above_naively(session: ScopedSession, job: dict[str, Any], claim_id: str) -> str:
    """The control, which must grant more by one person's word: look at the sum, think, then approve."""
    if claims.in_all(session, claim_id) > job["limit"]:
        raise Refused("two")
    session.rollback()
    think(0.2)
    return claimed.approve(session, claim_id)


def paying_naively(session: ScopedSession, job: dict[str, Any], claim_id: str) -> str:
    """The control, which must pay twice: look at the state, think, then write."""
    found = claims.one(session, claim_id, helpers.APPROVER)
    if found.state != job.get("state", "checked"):
        raise Refused("decided")
    session.rollback()
    think(0.2)
    with transaction(session):
        values = {"state": "approved", "approved_p": found.allowed_p}
        session.execute(sa.update(Claim).where(Claim.id == claim_id).values(**values))
        session.add(
            BudgetEntry(
                budget_id=job["budget"],
                source_id=new_id(),
                move="spend",
                committed_p=0,
                actual_p=found.allowed_p,
                at=clock.now(),
            )
        )
        session.flush()
    return "approved"


def publish(session: ScopedSession, job: dict[str, Any], draft_id: str) -> str:
    """Publish a draft of the policy as it stands at its second version."""
    central = helpers.visitor(Role.CENTRAL_TEAM)
    policies.publish(session, draft_id, 2, clock.today(), "Prices fell.", central)
    return "published"


def driving(session: ScopedSession, job: dict[str, Any], claim_id: str) -> str:
    """Send one of a person's claims with miles."""
    claimed.send(session, claim_id, helpers.visitor(account_id=job["person"]))
    return "sent"


def driving_naively(session: ScopedSession, job: dict[str, Any], claim_id: str) -> str:
    """The control, which must lose miles: it writes the sum of what was read before."""

    def write(session: ScopedSession, account_id: Any, added: Any, seen: Any) -> None:
        for (vehicle, year), miles in added.items():
            session.execute(
                sa.update(YearMiles)
                .where(YearMiles.account_id == account_id, YearMiles.vehicle == vehicle, YearMiles.year == year)
                .values(miles=seen.get((vehicle, year), 0) + miles)
            )

    year_miles.take = write  # this process is the control's own
    return driving(session, job, claim_id)


SEAL, ACCOUNTS = (Sealer("a secret of tests", purpose) for purpose in (batches.PURPOSE, bank_details.PURPOSE))
PAYER = Payer(Account("Q in Scotland", "200000", "55779911"), "123456")


def batch(session: ScopedSession, job: dict[str, Any], batch_id: str) -> str:
    """Release a batch or cancel it, by turns."""
    if job["turn"] % 2:
        batches.release(session, batch_id, 1, helpers.visitor(Role.CENTRAL_TEAM), seal=SEAL)
        return "released"
    batches.cancel(session, batch_id, 1, helpers.visitor(Role.PARTNER_LEAD), tell=lambda *_: None)
    return "cancelled"


def prepare(session: ScopedSession, job: dict[str, Any], source_id: str) -> str:
    """Put a claim into a batch of its own."""
    wanted = [batches.Payable(source_id, 1_240, Case(job["payee"], job["payee"], job["payee"]))]
    batches.prepare(
        session, wanted, clock.today(), PAYER, helpers.LEAD, new_token(), seal=SEAL, accounts=ACCOUNTS, tell=lambda *_: None
    )  # fmt: skip
    return "prepared"


def batching(session: ScopedSession, job: dict[str, Any], claim_id: str) -> str:
    """The plugin's own way to put an approved claim into a batch; every turn by another person."""
    paid.prepare(session, claim_id, by=helpers.visitor(Role.PARTNER_LEAD))
    return "prepared"


def batching_naively(session: ScopedSession, job: dict[str, Any], claim_id: str) -> str:
    """The control, which must pay twice: look whether the claim is in a batch, think, then write one."""
    if payments.batches_with(session, [claim_id]):
        raise Refused("in a batch")
    session.rollback()
    think(0.2)
    with transaction(session):
        made = PaymentBatch(
            ref=f"Q{new_id()[-11:].upper()}", state="prepared", day=clock.today(), payments=1, total_p=1_000, payer_last="9911", sealed="", hashes={},
            prepared_by=new_id(), prepared_at=clock.now(),
        )  # fmt: skip
        session.add(made)
        session.flush()
        values = {"state": "batched", "version": Claim.version + 1}
        session.execute(sa.update(Claim).where(Claim.id == claim_id).values(**values))
    return "prepared"


def adjusting(session: ScopedSession, job: dict[str, Any], claim_id: str) -> str:
    """Make the adjustment of a claim, as its page showed it to everybody."""
    return adjusting_service.make(session, claim_id, job["number"], job["pence"], adjusted.MAKER)


def adjusting_naively(session: ScopedSession, job: dict[str, Any], claim_id: str) -> str:
    """The control, which must make several: look whether there is one, think, then write it, past the unique key."""
    if session.scalar(sa.select(sa.func.count(Adjustment.id)).where(Adjustment.claim_id == claim_id)):
        raise Refused("made")
    session.rollback()
    think(0.2)
    now = clock.now()
    with transaction(session):
        row = Adjustment(
            claim_id=claim_id, sha256="0" * 64, policy_version=time.time_ns() % 10**9, pence=job["pence"], state="proposed", made_by=new_id(),
            made_at=now, changed_at=now,
        )  # fmt: skip
        session.add(row)
        session.flush()
    return "made"


def approving(session: ScopedSession, job: dict[str, Any], adjustment_id: str) -> str:
    """Approve an adjustment."""
    adjusting_service.approve(
        session, adjustment_id, 1, "", adjusted.DECIDER, rules=helpers.nothing, post=claimed.unheard, limits=helpers.NO_LIMITS
    )  # fmt: skip
    return "approved"


WAYS: dict[str, Callable[[ScopedSession, dict[str, Any], str], str]] = {
    "properly": properly, "naively": naively, "within": within, "within_naively": within_naively, "declared": declared, "declared_naively": declared_naively,
    "living": living, "paying": paying, "seconding": seconding, "adding": adding, "adding_naively": adding_naively, "above": above, "above_naively": above_naively,
    "paying_naively": paying_naively, "publish": publish, "batch": batch, "prepare": prepare,
    "batching": batching, "batching_naively": batching_naively, "driving": driving, "driving_naively": driving_naively,
    "adjusting": adjusting, "adjusting_naively": adjusting_naively, "approving": approving,
}  # fmt: skip


def main(job: dict[str, Any], begin: Callable[[], object]) -> dict[str, Any]:
    """Act on `job["ids"]` at once, on `job["threads"]` threads, and count what came of it."""
    engine = create_engine(job["url"])
    act, told, errors, lock = WAYS[job["way"]], Counter[str](), list[str](), threading.Lock()

    def one(turn: int, preapproval_id: str) -> None:
        try:
            with ScopedSession(scope=Scope.tenant(job["tenant"]), bind=engine) as session:
                came = act(session, {**job, "turn": turn}, preapproval_id)
        except (Refused, Conflict, NotFound) as refused:
            came = type(refused).__name__
        except Exception as error:  # noqa: BLE001 - every failure is told: the test expects none
            with lock:
                errors.append(repr(error)[:300])
            return
        with lock:
            told[came] += 1

    with engine.connect():  # connected and ready before the start
        pass
    crowd = min(job["threads"], len(job["ids"]))
    begin()
    with ThreadPoolExecutor(
        crowd, initializer=threading.Barrier(crowd).wait
    ) as pool:  # none begins before all are there
        list(pool.map(one, range(len(job["ids"])), job["ids"]))
    engine.dispose()
    return {"told": dict(told), "errors": errors}
