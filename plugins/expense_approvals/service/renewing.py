"""Accounts, batches and the marks of proofs get the present secret key in the place of the one before."""

import json
from collections.abc import Callable, Iterator

import sqlalchemy as sa

from core.sdk import Renewed, ScopedSession, Sealer, reseal, transaction
from plugins.expense_approvals.models import BankDetails, Fingerprint, PayerAccount, PaymentBatch, Receipt
from plugins.expense_approvals.service import bank_details, batches, payer
from plugins.expense_approvals.service.fingerprints import PROOFS_MARKED, Mark, of_file, of_holder

BATCH = 100


def renew(session: ScopedSession, sealer: Callable[[str], Sealer]) -> Iterator[Renewed]:
    """What there was to renew at the session's site, in short transactions; again is the same. `sealer` is of each purpose."""
    accounts, proofs = sealer(bank_details.PURPOSE), sealer(PROOFS_MARKED)

    def fingerprint(text: str) -> dict[str, str]:
        said = json.loads(text)
        return {"fingerprint": bank_details.fingerprint(said["sort_code"], said["number"], accounts)}

    yield Renewed("bank details", *reseal(session, BankDetails, accounts, lambda row: str(row.id), fingerprint))
    yield Renewed("accounts that pay", *reseal(session, PayerAccount, sealer(payer.PURPOSE), lambda row: str(row.id)))
    yield Renewed("batches", *reseal(session, PaymentBatch, sealer(batches.PURPOSE), lambda row: str(row.id)))
    if (former := proofs.former()) is not None:
        yield Renewed("marks of proofs", _marks(session, former.mark, proofs.mark))


def _marks(session: ScopedSession, before: Mark, present: Mark) -> int:
    """Mark the proofs of the site with the present key, some in each transaction; how many marks were of the one before. The mark of a
    proof that is no longer there stays as it is: nobody can tell whose it was."""
    last, count = "", 0
    while True:
        with transaction(session):
            rows = session.execute(
                sa.select(Receipt.id, Receipt.claim_id, Receipt.sha256)
                .where(Receipt.id > last)
                .order_by(Receipt.id)
                .limit(BATCH)
            ).all()
            for row in rows:
                count += _mark_anew(session, row.claim_id, row.sha256, before, present)
        if len(rows) < BATCH:
            return count
        last = rows[-1].id


def _mark_anew(session: ScopedSession, claim_id: str, sha256: str, before: Mark, present: Mark) -> bool:
    old = (Fingerprint.file_mark == of_file(before, sha256)) & (Fingerprint.holder_mark == of_holder(before, claim_id))
    marks = {"file_mark": of_file(present, sha256), "holder_mark": of_holder(present, claim_id)}
    there = sa.select(Fingerprint.id).filter_by(**marks)
    if session.scalar(there) is None:
        return bool(session.execute(sa.update(Fingerprint).where(old).values(**marks).returning(Fingerprint.id)).all())
    return bool(session.execute(sa.delete(Fingerprint).where(old).returning(Fingerprint.id)).all())
