"""Reading equality answers: for the person themselves, and for the one job that counts groups."""

from collections.abc import Iterable

import sqlalchemy as sa

from core.admissions.equality import links
from core.admissions.models import EqualityResponse
from core.data.session import ScopedSession


def given(session: ScopedSession, secret_key: str, application_id: str, before: str = "") -> dict[str, str]:
    """What somebody answered, by question, for their own page alone."""
    query = sa.select(EqualityResponse.question, EqualityResponse.category).where(
        EqualityResponse.link.in_(links(secret_key, before, application_id))
    )
    return {row.question: row.category for row in session.execute(query)}


def groups_by_application(
    session: ScopedSession, secret_key: str, application_ids: Iterable[str], question: str, before: str = ""
) -> dict[str, str]:
    """The UK-wide group (`parent`) of each of these applications that answered `question`; one statement for any number.

    The answers are read whole and matched here: a list of links in a statement would stand in the database's log and tell
    which answers are whose.

    For the job that counts, and for nothing that shows one application: `tests/arch/test_equality.py` holds the list of
    who may call it.
    """
    query = sa.select(EqualityResponse.link, EqualityResponse.parent).where(EqualityResponse.question == question)
    parents = {row.link: row.parent for row in session.execute(query)}
    found = {}
    for application_id in application_ids:
        own = [parents[one] for one in links(secret_key, before, application_id) if one in parents]
        if own:
            found[application_id] = own[0]  # under both keys: what the present one holds is the later
    return found
