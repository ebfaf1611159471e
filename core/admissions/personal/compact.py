"""What the compact leaves of a person: which versions they accepted or did not, and the letters about it."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.admissions.models import CompactAcceptance, CompactNotice, CompactRefusal
from core.admissions.queries import compact
from core.data.session import ScopedSession
from core.kernel.text import N_
from core.people.personal.registry import Part, contribute
from core.people.personal.rows import change, listed, plain

TABLES = (CompactAcceptance, CompactRefusal, CompactNotice)


def export(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """Which versions somebody accepted or did not, when, and their words."""
    yes = [{"version": one.number, "at": plain(one.at)} for one in compact.accepted(session, account_id)]
    yield from listed(N_("The compact, accepted"), yes)
    no = [
        {"version": one.number, "words": one.words, "at": plain(one.at)} for one in compact.refused(session, account_id)
    ]
    yield from listed(N_("The compact, not accepted"), no)
    notices = sa.select(CompactNotice.at).where(CompactNotice.account_id == account_id).order_by(CompactNotice.at)
    yield from listed(N_("Letters about the compact"), [plain(at) for at in session.scalars(notices)])


def erase(session: ScopedSession, account_id: str) -> int:
    """Delete all of it: without the person it says nothing."""
    return change(session, *(sa.delete(model).where(model.account_id == account_id) for model in TABLES))


contribute(Part("admissions_compact", tuple(model.__tablename__ for model in TABLES), export, erase))
