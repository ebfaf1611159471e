"""Whether a file is a proof of another claim, anywhere on the platform: yes or no, and never where."""

from collections.abc import Iterable

import sqlalchemy as sa

from core.sdk import ScopedSession
from plugins.expense_approvals.models import Fingerprint

_OTHERS = (
    sa.select(Fingerprint.id)
    .where(
        Fingerprint.file_mark.in_(sa.bindparam("files", expanding=True)),
        Fingerprint.holder_mark != sa.bindparam("holder"),
    )
    .limit(1)
)


def known_elsewhere(session: ScopedSession, file_marks: Iterable[str], holder_mark: str) -> bool:
    """Whether any of the files is held by another claim than this one. One statement, over every site; it answers one bit."""
    marks = sorted(set(file_marks))
    if not marks:
        return False
    return session.scalar(_OTHERS, {"files": marks, "holder": holder_mark}) is not None
