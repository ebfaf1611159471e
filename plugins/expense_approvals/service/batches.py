"""Batches of payments: prepared by one person, released by another, exported as often as one likes, settled by what the bank says.

All that a batch's files are made of is sealed into it when it is prepared and never read from elsewhere again: a file is a pure
function of the batch, whatever changes meanwhile.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.sdk import (
    N_,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    ScopedSession,
    Sealer,
    Unreadable,
    Visitor,
    clock,
    is_id,
    new_id,
    once,
    record_audit,
    transaction,
    update_as_seen,
)
from plugins.expense_approvals.manifest import PAY
from plugins.expense_approvals.models import Payment, PaymentBatch
from plugins.expense_approvals.payment.bacs18 import bacs18
from plugins.expense_approvals.payment.bank_csv import bank_csv
from plugins.expense_approvals.payment.batch import MOST_PAYMENTS, Account, Batch, File
from plugins.expense_approvals.payment.batch import Payment as Order
from plugins.expense_approvals.payment.pain001 import pain001
from plugins.expense_approvals.payment_states import (
    BATCH,
    CANCELLED,
    NEW,
    PAYMENT,
    RELEASED,
    SETTLED,
    WAITING,
)
from plugins.expense_approvals.separation import WORDS, Case, Task, conflict
from plugins.expense_approvals.service import bank_details
from plugins.expense_approvals.service import payer as payers
from plugins.expense_approvals.service.payer import Payer

PURPOSE = "expense_approvals.batch"
"""What the key of batches is drawn for."""
FORMATS: Mapping[str, Callable[[Batch], File]] = {"csv": bank_csv, "bacs18": bacs18, "pain001": pain001}
KEPT = timedelta(days=60)
"""How long after its end a batch keeps people's accounts: as long as a bank may send a payment back."""
AHEAD = timedelta(days=30)
CHANGED = N_("The file is not what was released. Tell the central team: nothing was exported.")
NOT_PREPARED = N_("The files are not what was prepared. Tell the central team: nothing was released.")
MOVED = N_("Somebody in this batch has another account by now. Cancel it and prepare another one.")
Tell = Callable[[ScopedSession, Collection[str], str], None]
"""Tells claims, in the caller's transaction, what became of their payments: an event of PAYMENT, or `export` for all of a batch.
Raises Conflict where one of them is not where it must be."""
Warn = Callable[[ScopedSession, "Returned"], None]
"""Tells those who made a batch, in the caller's transaction, that the bank sent payments back."""


class Returned(NamedTuple):
    """How many payments of a batch a bank sent back, and who made the batch."""

    batch_id: str
    ref: str
    people: frozenset[str]
    payments: int


class Payable(NamedTuple):
    """A claim that is approved and waits to be paid. `case` says whose it is and who had a hand in it."""

    source_id: str
    pence: int
    case: Case


class Prepared(NamedTuple):
    """A batch that was prepared, and whom it leaves out: people without an account, and those whose account cools off."""

    batch_id: str
    without: tuple[str, ...]
    cooling: tuple[str, ...]


def prepare(
    session: ScopedSession, payables: Sequence[Payable], day: date, payer: Payer, visitor: Visitor, form_key: str,
    *, seal: Sealer, accounts: Sealer, tell: Tell,
) -> Prepared:  # fmt: skip
    """Put claims into a batch for a day of processing. `seal` is for batches, `accounts` for bank details.

    Raises Forbidden, Invalid (`day`), Refused (nothing can be paid; somebody paid by it would prepare it), Conflict (a claim is in
    another batch).
    """
    _allowed(visitor)
    now = clock.now()
    if not clock.today() <= day <= clock.today() + AHEAD:
        raise Invalid({"day": N_("Choose today or a day of the next 30.")})
    held = bank_details.opened(session, {one.case.payee for one in payables if one.case.payee}, accounts)
    paid = [one for one in payables if (to := held.get(one.case.payee or "")) is not None and to.usable_from <= now]
    if not 0 < len(paid) <= MOST_PAYMENTS:
        raise Refused(
            N_("Nobody of these can be paid now: they have given no account, or changed it less than a day ago.")
        )
    _apart(session, Task.PREPARE, [one.case for one in paid], visitor)
    people = {one.case.payee for one in payables if one.case.payee}
    without = tuple(sorted(people - set(held)))
    cooling = tuple(sorted(person for person in people & set(held) if held[person].usable_from > now))
    made = new_id()
    orders = [Order(f"Q{one.source_id[-11:].upper()}", held[one.case.payee or ""].account, one.pence) for one in paid]
    ref = f"Q{made[-11:].upper()}"
    frozen = Batch(ref, now, day, payer.account, payer.user_number, tuple(orders))
    try:
        with transaction(session):
            key = once(session, form_key, "expense_approvals.prepare_batch")
            if key.result is not None:
                return Prepared(key.result, without, cooling)
            session.add(
                PaymentBatch(
                    id=made, ref=ref, state=BATCH.target("prepare", NEW), day=day, payments=len(orders), total_p=frozen.total,
                    payer_last=payer.account.number[-4:], sealed=seal.seal(json.dumps({**asdict(frozen), "made_at": None, "day": day.isoformat()}), made),
                    hashes=_hashes(frozen), prepared_by=visitor.account_id, prepared_at=now,
                )
            )  # fmt: skip
            session.flush()
            session.add_all(
                Payment(
                    batch_id=made, source_id=one.source_id, ref=order.ref, account_id=one.case.payee, pence=one.pence, state=WAITING,
                    changed_at=now,
                )
                for one, order in zip(paid, orders, strict=True)
            )  # fmt: skip
            session.flush()
            tell(session, [one.source_id for one in paid], "prepare")
            _noted(session, visitor, "prepare_batch", made, payments=len(orders), total_p=frozen.total)
            key.keep(made)
    except IntegrityError as error:
        raise Conflict(N_("One of these claims is in another batch already.")) from error
    return Prepared(made, without, cooling)


def cancel(session: ScopedSession, batch_id: str, version: int, visitor: Visitor, *, tell: Tell) -> None:
    """Take a batch back before its release: its claims can be paid by another. Raises Forbidden, NotFound, Refused, Conflict."""
    _allowed(visitor)
    with transaction(session):
        _step(session, batch_id, "cancel", version, ended_at=clock.now())
        dropped = session.scalars(
            sa.update(Payment)
            .where(Payment.batch_id == batch_id, Payment.state.in_(PAYMENT.sources("drop")))
            .values(state=PAYMENT.target("drop", WAITING), changed_at=clock.now())
            .returning(Payment.source_id)
        ).all()
        tell(session, dropped, "drop")
        _noted(session, visitor, "cancel_batch", batch_id)


def release(session: ScopedSession, batch_id: str, version: int, visitor: Visitor, *, seal: Sealer) -> dict[str, str]:
    """Release what somebody else prepared; the hash of each kind of file, as it was shown since.

    Raises Forbidden, NotFound, Refused (prepared by the same person, or paid by it; somebody changed their account since; its
    files are not what was prepared), Conflict.
    """
    _allowed(visitor)
    row = _row(session, batch_id)
    BATCH.row("release", row.state)
    payees = set(session.scalars(sa.select(Payment.account_id).where(Payment.batch_id == batch_id)))
    by = frozenset({row.prepared_by})
    _apart(session, Task.RELEASE, [Case(person, None, person, prepared_by=by) for person in payees], visitor)
    if None in payees or bank_details.changed_since(session, {one for one in payees if one}, row.prepared_at):
        raise Refused(MOVED)
    batch = _batch(row.sealed, batch_id, row.prepared_at, seal)
    hashes = _hashes(batch)
    if hashes != row.hashes:
        raise Refused(NOT_PREPARED)
    with transaction(session):
        _step(session, batch_id, "release", version, released_by=visitor.account_id, released_at=clock.now())
        _noted(session, visitor, "release_batch", batch_id, total_p=batch.total, **hashes)
    return hashes


def _hashes(batch: Batch) -> dict[str, str]:
    """The hash of each kind of file that a batch can be: Standard 18 is for who has a service user number."""
    kinds = (kind for kind in FORMATS if kind != "bacs18" or batch.user_number)
    return {kind: FORMATS[kind](batch).sha256 for kind in kinds}


def export(session: ScopedSession, batch_id: str, kind: str, visitor: Visitor, *, seal: Sealer, tell: Tell) -> File:
    """The file of a released batch: the same bytes every time. Each export is on record, and the first one tells its claims.

    Raises Forbidden, NotFound (also for a kind of file that there is not), Refused (not released; its accounts are forgotten; its
    bytes are not the released ones), Conflict.
    """
    _allowed(visitor)
    row = _row(session, batch_id)
    BATCH.row("export", row.state)
    if kind not in row.hashes:
        raise NotFound
    if not row.sealed:
        raise Refused(N_("The accounts of this batch are forgotten: it was settled long ago."))
    instants = [at for at in (row.prepared_at, row.released_at) if at]  # files once carried the instant of release
    files = (FORMATS[kind](_batch(row.sealed, batch_id, at, seal)) for at in instants)
    file = next((one for one in files if one.sha256 == row.hashes[kind]), None)
    if file is None:
        raise Refused(CHANGED)
    with transaction(session):
        if row.state == RELEASED:
            _step(session, batch_id, "export", row.version)
            tell(
                session,
                list(session.scalars(sa.select(Payment.source_id).where(Payment.batch_id == batch_id))),
                "export",
            )
        _noted(session, visitor, "export_batch", batch_id, kind=kind, sha256=file.sha256)
    return file


def settle(
    session: ScopedSession, batch_id: str, version: int, results: Mapping[str, bool], visitor: Visitor, *, tell: Tell, warn: Warn
) -> int:  # fmt: skip
    """What the bank says, by reference: paid, or sent back; how many payments changed. Saying it again changes nothing.

    The batch is settled once nothing waits. A payment that was paid can still be sent back. Raises Forbidden, NotFound,
    Invalid (`file`: a reference that is not in the batch), Refused (not exported), Conflict.
    """
    _allowed(visitor)
    row = _row(session, batch_id)
    if row.state != SETTLED:
        BATCH.row("settle", row.state)
    with transaction(session):
        update_as_seen(session, PaymentBatch, PaymentBatch.id == batch_id, version, PaymentBatch.state == row.state)
        found = {one.ref: one for one in session.execute(sa.select(Payment.ref, Payment.id, Payment.source_id, Payment.state).where(Payment.batch_id == batch_id))}  # fmt: skip
        if set(results) - set(found):
            raise Invalid({"file": N_("A reference is not in this batch. Is it the right file?")})
        turned = _turned(found.values(), results)
        for event, ones in turned.items():
            session.execute(
                sa.update(Payment)
                .where(Payment.id.in_([one.id for one in ones]))
                .values(state=PAYMENT.target(event, ones[0].state), changed_at=clock.now())
            )
            tell(session, [one.source_id for one in ones], event)
        changed = {one.id for ones in turned.values() for one in ones}
        if row.state != SETTLED and not {one.id for one in found.values() if one.state == WAITING} - changed:
            _step(session, batch_id, "settle", version + 1, ended_at=clock.now())
        if back := turned.get("bounce"):
            people = frozenset({row.prepared_by, row.released_by or row.prepared_by})
            warn(session, Returned(batch_id, row.ref, people, len(back)))
        _noted(session, visitor, "settle_batch", batch_id, changed=len(changed), sent_back=len(back or ()))
    return len(changed)


def _turned(payments: Iterable[Any], results: Mapping[str, bool]) -> dict[str, list[Any]]:
    """The payments that change, by event; one that was sent back is never paid by the same batch."""
    turned: dict[str, list[Any]] = {}
    for one in payments:
        event = "pay" if results.get(one.ref) else "bounce"
        if one.ref in results and event in PAYMENT.events_from(one.state):
            turned.setdefault(event, []).append(one)
    return turned


def forget(session: ScopedSession) -> int:
    """Take people's accounts out of batches that ended long ago, and accounts that were replaced then; how many batches."""
    then = clock.now() - KEPT
    with transaction(session):
        done = session.execute(
            sa.update(PaymentBatch)
            .where(
                PaymentBatch.state.in_((SETTLED, CANCELLED)), PaymentBatch.ended_at < then, PaymentBatch.sealed != ""
            )
            .values(sealed="")
            .returning(PaymentBatch.id)
        ).all()
        bank_details.forget_replaced(session, then)
        payers.forget_replaced(session, then)
    return len(done)


class Row(NamedTuple):
    """A batch as its steps need it."""

    state: str
    version: int
    sealed: str
    hashes: dict[str, str]
    ref: str
    prepared_by: str
    prepared_at: datetime
    released_by: str | None
    released_at: datetime | None


_ROW = sa.select(*(getattr(PaymentBatch, name) for name in Row._fields)).where(
    PaymentBatch.id == sa.bindparam("wanted")
)


def _row(session: ScopedSession, batch_id: str) -> Row:
    row = session.execute(_ROW, {"wanted": batch_id}).one_or_none() if is_id(batch_id) else None
    if row is None:
        raise NotFound
    return Row._make(row)


def _batch(sealed: str, batch_id: str, made_at: datetime, seal: Sealer) -> Batch:
    try:
        said = json.loads(seal.unseal(sealed, batch_id))
    except Unreadable:
        raise Refused(CHANGED) from None
    orders = tuple(Order(one["ref"], Account(**one["to"]), one["pence"]) for one in said["payments"])
    day = date.fromisoformat(said["day"])
    return Batch(said["ref"], made_at, day, Account(**said["payer"]), said["user_number"], orders)


def _apart(session: ScopedSession, task: Task, cases: Sequence[Case], visitor: Visitor) -> None:
    """Nobody prepares or releases what pays themselves, or whoever has the same account."""
    shared = bank_details.sharing(session, {case.payee for case in cases if case.payee})
    for case in cases:
        linked = case.linked | shared.get(case.payee or "", frozenset())
        if code := conflict(task, visitor.account_id or "", replace(case, linked=linked)):
            raise Refused(WORDS[code])


def _allowed(visitor: Visitor) -> None:
    if not visitor.can(PAY):
        raise Forbidden(PAY)


def _step(session: ScopedSession, batch_id: str, event: str, version: int, **values: Any) -> None:
    """Take `event` from wherever the table lets it begin: the first statement of a transition. Raises Refused, Conflict, NotFound."""
    sources = BATCH.sources(event)
    target = BATCH.target(event, sources[0])
    update_as_seen(session, PaymentBatch, PaymentBatch.id == batch_id, version, states=sources, state=target, **values)


def _noted(session: ScopedSession, visitor: Visitor, action: str, batch_id: str, **after: Any) -> None:
    record_audit(
        session, actor=visitor.actor(), action=f"expense_approvals.{action}", subject=batch_id, after=after or None
    )
