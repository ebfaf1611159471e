"""Equality answers: given, changed, deleted by the person; deleted with the application; kept so that nothing leads back.

Nothing here writes an audit entry, a time or another row in the same transaction: PostgreSQL stamps every row with the
number of the transaction that wrote it, and two rows with one number belong together. Each night, and whenever answers
followed an application to another area, all rows are written anew in the order of their links, so that neither these
numbers nor their place on the disk tell who came when.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.admissions import content
from core.admissions.content.shapes import Nation
from core.admissions.equality import link
from core.admissions.models import Application, EqualityResponse
from core.admissions.states import ACCEPTED, DECLINED, INFO_REQUESTED, SUBMITTED, TRANSFERRED, WITHDRAWN
from core.data import upserts
from core.data.session import ScopedSession, transaction
from core.kernel.errors import Invalid, Refused
from core.kernel.text import N_

ANSWERABLE = frozenset({SUBMITTED, INFO_REQUESTED, ACCEPTED, DECLINED})
"""States of an application that was submitted and counts."""
SWEPT = timedelta(days=14)
"""How far back withdrawn and moved applications are looked through each night."""


def answer(
    session: ScopedSession, *, secret_key: str, application_id: str, account_id: str, nation: Nation, answers: Mapping[str, str]
) -> None:  # fmt: skip
    """Put `answers` ({question: category}) in place of what this person said before; what is not in it is deleted.

    Raises Invalid (by question) for a category that the nation does not have, Refused for an application that is not this
    person's or is not submitted.
    """
    rows, wrong, own = [], {}, link(secret_key, application_id)
    for question in content.equality().questions:
        category = answers.get(question.key, "")
        if not category:
            continue
        parent = question.parent_of(nation, category)
        if parent is None:
            wrong[question.key] = N_("Choose one of the answers, or none")
            continue
        rows.append({"link": own, "question": question.key, "nation": nation, "category": category, "parent": parent})
    if wrong:
        raise Invalid(wrong)
    mine = sa.select(Application.id).where(
        Application.id == application_id, Application.account_id == account_id, Application.state.in_(ANSWERABLE)
    )
    with transaction(session):
        if session.scalar(mine) is None:
            raise Refused(N_("These questions are asked once an application is submitted."))
        _delete(session, [own])
        if rows:  # two windows may send at the same moment: the later answer stands
            put = upserts.insert(session, EqualityResponse).values(rows)
            fresh = {name: put.excluded[name] for name in ("nation", "category", "parent")}
            session.execute(put.on_conflict_do_update(index_elements=["link", "question"], set_=fresh))


def forget(session: ScopedSession, *, secret_key: str, application_id: str) -> int:
    """Delete what was answered about one application; how many answers that were."""
    with transaction(session):
        return forget_in(session, secret_key=secret_key, application_ids=[application_id])


def forget_in(session: ScopedSession, *, secret_key: str, application_ids: list[str]) -> int:
    """The same for several, in the caller's transaction."""
    return _delete(session, [link(secret_key, one) for one in application_ids])


def carry(session: ScopedSession, *, secret_key: str, before: str, after: str) -> int:
    """Hang the answers about the application `before` on `after`, as which it goes on at another site; how many there were.

    What the person has said about `after` meanwhile stands.
    """
    table: Any = EqualityResponse.__table__
    old, new = link(secret_key, before), link(secret_key, after)
    with transaction(session):
        rows = session.execute(sa.delete(table).where(table.c.link == old).returning(*table.c)).mappings().all()
        if rows:
            put = upserts.insert(session, table).values([{**row, "link": new} for row in rows])
            session.execute(put.on_conflict_do_nothing(index_elements=["link", "question"]))
    return len(rows)


def _delete(session: ScopedSession, links: list[str]) -> int:
    if not links:
        return 0
    gone = sa.delete(EqualityResponse).where(EqualityResponse.link.in_(links)).returning(EqualityResponse.question)
    return len(session.execute(gone).all())


def sweep(session: ScopedSession, at: datetime, *, secret_key: str) -> int:
    """Delete what belongs to applications withdrawn of late, and carry what belongs to those moved of late, for the session's
    tenant; how many answers that were.

    A withdrawal and a move do it by themselves. This is for the process that dies between the two, and for answers that were
    sent in the same moment.
    """
    ended = session.execute(
        sa.select(Application.id, Application.state, Application.moved_id).where(
            Application.state.in_([WITHDRAWN, TRANSFERRED]), Application.changed_at > at - SWEPT
        )
    ).all()
    session.rollback()
    carried = sum(
        carry(session, secret_key=secret_key, before=row.id, after=row.moved_id)
        for row in ended
        if row.state == TRANSFERRED
    )
    withdrawn = [row.id for row in ended if row.state == WITHDRAWN]
    if not withdrawn:
        return carried
    with transaction(session):
        return carried + forget_in(session, secret_key=secret_key, application_ids=withdrawn)


def mix(session: ScopedSession) -> int:
    """Write every row anew in the order of the links, in one transaction; how many there are.

    PostgreSQL lets nobody else write meanwhile: who deletes their answers would not meet the rows that take their places.
    """
    table: Any = EqualityResponse.__table__
    with transaction(session):
        if session.get_bind().dialect.name == "postgresql":
            session.execute(sa.text(f"lock table {table.name} in exclusive mode"))
        rows = session.execute(sa.delete(table).returning(*table.columns)).mappings().all()
        if rows:
            session.execute(
                sa.insert(table), sorted((dict(row) for row in rows), key=lambda row: (row["link"], row["question"]))
            )
    return len(rows)
