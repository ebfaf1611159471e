"""Giving a proof of a cost, taking it back, and sweeping up what nobody needs any more."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from core.sdk import (
    N_,
    Invalid,
    NotFound,
    Refused,
    ScopedSession,
    Store,
    Upload,
    Visitor,
    clock,
    new_id,
    new_key,
    transaction,
)
from plugins.expense_approvals.claims.proofs import PROOFS
from plugins.expense_approvals.models import Receipt
from plugins.expense_approvals.queries import claims
from plugins.expense_approvals.service.claim_steps import lock, must_own
from plugins.expense_approvals.service.fingerprints import Mark, forget, keep

MOST_FILES = 120
"""Files of one claim whose content is kept, removed ones included."""
REMOVED_KEPT_FOR = timedelta(days=7)
ORPHAN_AFTER = timedelta(days=1)
TOO_MANY = N_("You have given too many files. Those you removed are deleted after a week: try again then.")


_GIVEN = sa.select(Receipt.line_id, Receipt.sha256, Receipt.removed_at).where(
    Receipt.claim_id == sa.bindparam("claim_id")
)
_STORED = (
    sa.update(Receipt)
    .where(Receipt.id == sa.bindparam("wanted"), Receipt.line_id.is_not(None), Receipt.stored_at.is_(None))
    .values(stored_at=sa.bindparam("now"), removed_at=None)
    .returning(Receipt.id)
)


def give(
    session: ScopedSession,
    claim_id: str,
    line_id: str,
    kind: str,
    upload: Upload,
    visitor: Visitor,
    store: Store,
    mark: Mark,
) -> None:
    """Keep `upload` (cleaned already) as a proof of a cost. The same file for the same cost again changes nothing.

    Three steps, so that a process that dies in between leaves a place and no more: a place is taken; the content is stored; the
    file becomes a proof. Raises NotFound, Refused (not the person's to change now, too many), Invalid (`kind`).
    """
    made = claims.one(session, claim_id, visitor)
    must_own(made, visitor)
    if kind not in PROOFS:
        raise Invalid({"kind": N_("Choose what kind of proof it is.")})
    if line_id not in {line.id for line in claims.lines(session, made.id)}:
        raise NotFound
    now, key, receipt_id = clock.now(), new_key(session.scope.tenant_id or 0), new_id()
    with transaction(session):
        lock(session, made)
        given = session.execute(_GIVEN, {"claim_id": made.id}).all()
        if any((row.line_id, row.sha256, row.removed_at) == (line_id, upload.sha256, None) for row in given):
            return
        if len(given) >= MOST_FILES:
            raise Refused(TOO_MANY)
        session.add(
            Receipt(
                id=receipt_id, claim_id=made.id, line_id=line_id, kind=kind, name=upload.name, mime=upload.mime,
                size=len(upload.content), sha256=upload.sha256, key=key, at=now, removed_at=now,
            )
        )  # fmt: skip
        session.flush()
    store.put(key, upload.content)  # never deleted again on an error: whether the commit arrived is not known then
    with transaction(session):
        lock(session, made)
        done = session.execute(_STORED, {"wanted": receipt_id, "now": clock.now()})
        if len(done.all()) != 1:  # the cost was taken out meanwhile
            raise NotFound
        keep(session, made.id, mark, upload.sha256)


def remove(session: ScopedSession, claim_id: str, receipt_id: str, visitor: Visitor, mark: Mark) -> None:
    """Take a proof back. Raises NotFound, Refused."""
    made = claims.one(session, claim_id, visitor)
    must_own(made, visitor)
    found = claims.proof(session, made.id, receipt_id, visitor)
    with transaction(session):
        lock(session, made)
        session.execute(sa.update(Receipt).where(Receipt.id == found.id).values(removed_at=clock.now()))
        others = {one.sha256 for one in claims.proofs(session, made.id)}
        forget(session, made.id, mark, {found.sha256} - others)


def sweep(session: ScopedSession, store: Store, at: datetime) -> int:
    """Delete what was removed a week ago, places that nothing was stored for within a day, and contents that have no row; how many
    contents. For the session's site. Rows go first: dying in between leaves contents without one, for next time."""
    removed = sa.and_(Receipt.stored_at.is_not(None), Receipt.removed_at < at - REMOVED_KEPT_FOR)
    abandoned = sa.and_(Receipt.stored_at.is_(None), Receipt.at < at - ORPHAN_AFTER)
    with transaction(session):
        gone = list(session.scalars(sa.delete(Receipt).where(sa.or_(removed, abandoned)).returning(Receipt.key)))
    store.delete(gone)
    listed = [key for key, put_at in store.listed(session.scope.tenant_id or 0) if put_at < at - ORPHAN_AFTER]
    known = set(session.scalars(sa.select(Receipt.key))) if listed else set()  # after the listing: no row is too late
    orphans = [key for key in listed if key not in known]
    store.delete(orphans)
    return len(gone) + len(orphans)
