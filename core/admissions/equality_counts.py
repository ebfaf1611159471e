"""The only place at which equality answers and applications meet: the job that counts. Nothing else may ask."""

from collections.abc import Collection

import sqlalchemy as sa

from core.admissions.equality import link
from core.admissions.models import EqualityResponse
from core.data.session import ScopedSession


def groups_of(
    session: ScopedSession, secret_key: str, application_ids: Collection[str], question: str
) -> dict[str, str]:
    """The group (parent category) that each application's answer to `question` counts in; those without one are missing.

    The answers of the question are read whole and matched here: a list of links in a statement would stand in the
    database's log and tell which answers are whose.
    """
    answers = session.execute(
        sa.select(EqualityResponse.link, EqualityResponse.parent).where(EqualityResponse.question == question)
    )
    parents = {row.link: row.parent for row in answers}
    links = {application: link(secret_key, application) for application in application_ids}
    return {application: parents[found] for application, found in links.items() if found in parents}
