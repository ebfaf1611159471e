"""Reading equality answers: for the person themselves, and for the one job that counts groups."""

from collections.abc import Iterable

import sqlalchemy as sa

from core.admissions.equality import link
from core.admissions.models import EqualityResponse
from core.data.session import ScopedSession


def given(session: ScopedSession, secret_key: str, application_id: str) -> dict[str, str]:
    """What somebody answered, by question, for their own page alone."""
    query = sa.select(EqualityResponse.question, EqualityResponse.category).where(
        EqualityResponse.link == link(secret_key, application_id)
    )
    return {row.question: row.category for row in session.execute(query)}


def groups_by_application(
    session: ScopedSession, secret_key: str, application_ids: Iterable[str], question: str
) -> dict[str, str]:
    """The UK-wide group (`parent`) of each of these applications that answered `question`; one statement for any number.

    The answers are read whole and matched here: a list of links in a statement would stand in the database's log and tell
    which answers are whose.

    For the job that counts, and for nothing that shows one application: `tests/arch/test_equality.py` holds the list of
    who may call it.
    """
    query = sa.select(EqualityResponse.link, EqualityResponse.parent).where(EqualityResponse.question == question)
    parents = {row.link: row.parent for row in session.execute(query)}
    links = {application_id: link(secret_key, application_id) for application_id in application_ids}
    return {application_id: parents[one] for application_id, one in links.items() if one in parents}
