"""Whether a file is a proof of another claim, anywhere on the platform: yes or no, and never where."""

from collections.abc import Iterable

import sqlalchemy as sa

from core.sdk import ScopedSession
from plugins.expense_approvals.models import Fingerprint


def known_elsewhere(session: ScopedSession, file_marks: Iterable[str], holder_mark: str) -> bool:
    """Whether any of the files is held by another claim than this one. One statement, over every site; it answers one bit."""
    marks = sorted(set(file_marks))
    if not marks:
        return False
    others = sa.select(Fingerprint.id).where(Fingerprint.file_mark.in_(marks), Fingerprint.holder_mark != holder_mark)
    return session.scalar(others.limit(1)) is not None
