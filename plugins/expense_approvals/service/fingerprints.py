"""The fingerprints of proofs: two keyed hashes for each file and claim. See `models.Fingerprint`."""

from collections.abc import Callable, Iterable

import sqlalchemy as sa

from core.sdk import ScopedSession, new_id
from plugins.expense_approvals.models import Fingerprint

PROOFS_MARKED = "expense_approvals.proofs"
"""What the key of these hashes is drawn for."""
Mark = Callable[[str], str]
"""The keyed hash of this installation (`Sealer.mark`)."""


def of_file(mark: Mark, sha256: str) -> str:
    """The mark of a file's content."""
    return mark(f"file:{sha256}")


def of_holder(mark: Mark, claim_id: str) -> str:
    """The mark of a claim."""
    return mark(f"claim:{claim_id}")


_KEPT = sa.select(Fingerprint.id).where(
    Fingerprint.file_mark == sa.bindparam("file_mark"), Fingerprint.holder_mark == sa.bindparam("holder_mark")
)


def keep(session: ScopedSession, claim_id: str, mark: Mark, sha256: str) -> None:
    """Remember that a claim has this file, in the caller's transaction; again is the same."""
    marks = {"file_mark": of_file(mark, sha256), "holder_mark": of_holder(mark, claim_id)}
    if session.scalar(_KEPT, marks) is None:
        session.add(Fingerprint(id=new_id(), **marks))
        session.flush()


def forget(session: ScopedSession, claim_id: str, mark: Mark, files: Iterable[str]) -> None:
    """Forget that a claim has these files (by their SHA-256), in the caller's transaction."""
    marks = [of_file(mark, one) for one in files]
    if marks:
        session.execute(
            sa.delete(Fingerprint).where(
                Fingerprint.holder_mark == of_holder(mark, claim_id), Fingerprint.file_mark.in_(marks)
            )
        )
