"""The payments of the demonstration, made by the services themselves on the days of the stories: the lead prepares what the central
team releases, and the other way round; files are fetched, and the bank answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from core.sdk import Known, ScopedSession, TenantRef, Visitor, clock, new_token, sealer, transaction
from plugins.expense_approvals.demonstration_stories import NEXT, RUNS, Run
from plugins.expense_approvals.manifest import PAY
from plugins.expense_approvals.payment.batch import Account
from plugins.expense_approvals.queries import payments
from plugins.expense_approvals.service import bank_details, batches, payer, paying

MORNING = time(9, 30)
CODE, USER_NUMBER = "200000", "123456"
GIVEN = timedelta(days=3)
"""How long before a batch somebody gives an account; after a payment that the bank sent back, another one."""


class Owed(NamedTuple):
    """A claim that was granted: whose it is, and the batches that pay it."""

    claim_id: str
    person: Visitor
    runs: tuple[Run, ...]


def pay(session: ScopedSession, tenant: TenantRef, owed: Sequence[Owed], lead: Known, central: Known) -> None:
    """Give the accounts and make the batches of one site, each step at its own time and in a transaction of its own."""
    first, second = (
        Visitor(one.account_id, one.name, one.email, permissions=frozenset({PAY})) for one in (lead, central)
    )
    with clock.frozen(_morning(RUNS[0].prepared + 30)):
        payer.change(
            session, "", f"Q in {tenant.name}", CODE, "55779911", USER_NUMBER, second, seal=sealer(payer.PURPOSE)
        )  # fmt: skip
    first_given = [
        (one.person.account_id or "", Account(one.person.name, CODE, f"70{number:06}"), _first(one) - GIVEN)
        for number, one in enumerate(owed)
    ]
    with transaction(session):
        bank_details.begin(session, first_given, sealer(bank_details.PURPOSE))
    for run in RUNS:
        paid = [one for one in owed if run in one.runs]
        for number, one in enumerate(one for one in paid if one.runs[0] is not run):
            with clock.frozen(_morning(run.prepared) - GIVEN):
                bank_details.change(
                    session, one.person.name, CODE, f"71{number:06}", one.person, form_key=new_token(),
                    seal=sealer(bank_details.PURPOSE), post=_nobody,
                )  # fmt: skip
        preparing, releasing = (second, first) if run is NEXT else (first, second)
        _batch(session, run, paid, preparing, releasing)


def _first(one: Owed) -> datetime:
    """When its first batch is prepared; now, where none is yet."""
    return _morning(one.runs[0].prepared) if one.runs else clock.now()


def _morning(ago: int) -> datetime:
    """Half past nine in London so many days ago; now, for today: nothing happens later than that."""
    at = clock.from_london(datetime.combine(clock.today() - timedelta(days=ago), MORNING))
    return min(at, clock.now())


def _batch(session: ScopedSession, run: Run, owed: Sequence[Owed], preparing: Visitor, releasing: Visitor) -> None:
    """One batch as far as it went. Nobody is written to: letters of the past would arrive today."""
    seal, tell = sealer(batches.PURPOSE), paying.life(releasing, _nobody)
    with clock.frozen(_morning(run.prepared)):
        made = paying.prepare(
            session, [one.claim_id for one in owed], clock.today(), preparing, new_token(), seal=seal,
            accounts=sealer(bank_details.PURPOSE), payers=sealer(payer.PURPOSE), post=_nobody,
        ).batch_id  # fmt: skip
    if run.released is None or run.answered is None:
        return
    with clock.frozen(_morning(run.released)):
        batches.release(session, made, 1, releasing, seal=seal)
        batches.export(session, made, "csv", releasing, seal=seal, tell=tell)
    with clock.frozen(_morning(run.answered)):
        said = _answers(payments.refs_of_claims(session, [one.claim_id for one in owed]), owed, run)
        batches.settle(session, made, 3, said, releasing, tell=tell, warn=_nobody)


def _answers(refs: Mapping[str, str], owed: Sequence[Owed], run: Run) -> dict[str, bool]:
    """What the bank says, by reference: paid, but for those that another batch pays later."""
    return {refs[one.claim_id]: one.runs[-1] is run for one in owed}


def _nobody(*_: Any) -> None:
    """No letter."""
