"""Equality answers: given, changed, deleted by the person; deleted with the application; kept so that nothing leads back.

Nothing here writes an audit entry, a time or another row in the same transaction: PostgreSQL stamps every row with the
number of the transaction that wrote it, and two rows with one number belong together. Each night, and whenever answers
followed an application to another area, all rows are written anew in the order of their links, so that neither these
numbers nor their place on the disk tell who came when.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.admissions import content
from core.admissions.content.shapes import Nation
from core.admissions.equality import link, links
from core.admissions.models import Application, EqualityResponse
from core.admissions.states import ACCEPTED, DECLINED, INFO_REQUESTED, SUBMITTED, TRANSFERRED, WITHDRAWN
from core.data import upserts
from core.data.session import ScopedSession, transaction
from core.kernel.errors import Invalid, Refused
from core.kernel.text import N_
from core.kernel.views import Renewed

ANSWERABLE = frozenset({SUBMITTED, INFO_REQUESTED, ACCEPTED, DECLINED})
"""States of an application that was submitted and counts."""
SWEPT = timedelta(days=14)
"""How far back withdrawn and moved applications are looked through each night."""


def answer(
    session: ScopedSession, *, secret_key: str, application_id: str, account_id: str, nation: Nation, answers: Mapping[str, str],
    before: str = "",
) -> None:  # fmt: skip
    """Put `answers` ({question: category}) in place of what this person said before; what is not in it is deleted.

    Here and below `before` is the platform's key before, "" for none: what hangs on its links is found too, and written with the
    present key alone. Raises Invalid (by question) for a category that the nation does not have, Refused for an application that is
    not this person's or is not submitted.
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
        _delete(session, links(secret_key, before, application_id))
        if rows:  # two windows may send at the same moment: the later answer stands
            put = upserts.insert(session, EqualityResponse).values(rows)
            fresh = {name: put.excluded[name] for name in ("nation", "category", "parent")}
            session.execute(put.on_conflict_do_update(index_elements=["link", "question"], set_=fresh))


def forget(session: ScopedSession, *, secret_key: str, application_id: str, before: str = "") -> int:
    """Delete what was answered about one application; how many answers that were."""
    with transaction(session):
        return forget_in(session, secret_key=secret_key, application_ids=[application_id], before=before)


def forget_in(session: ScopedSession, *, secret_key: str, application_ids: list[str], before: str = "") -> int:
    """The same for several, in the caller's transaction."""
    return _delete(session, [found for one in application_ids for found in links(secret_key, before, one)])


def carry(session: ScopedSession, *, secret_key: str, source: str, target: str, before: str = "") -> int:
    """Hang the answers about the application `source` on `target`, as which it goes on at another site; how many there were.

    What the person has said about `target` meanwhile stands.
    """
    table: Any = EqualityResponse.__table__
    old, new = links(secret_key, before, source), link(secret_key, target)
    with transaction(session):
        rows = session.execute(sa.delete(table).where(table.c.link.in_(old)).returning(*table.c)).mappings().all()
        if rows:
            put = upserts.insert(session, table).values([{**row, "link": new} for row in rows])
            session.execute(put.on_conflict_do_nothing(index_elements=["link", "question"]))
    return len(rows)


def _delete(session: ScopedSession, found: list[str]) -> int:
    if not found:
        return 0
    gone = sa.delete(EqualityResponse).where(EqualityResponse.link.in_(found)).returning(EqualityResponse.question)
    return len(session.execute(gone).all())


def sweep(session: ScopedSession, at: datetime, *, secret_key: str, before: str = "") -> int:
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
        carry(session, secret_key=secret_key, source=row.id, target=row.moved_id, before=before)
        for row in ended
        if row.state == TRANSFERRED
    )
    withdrawn = [row.id for row in ended if row.state == WITHDRAWN]
    if not withdrawn:
        return carried
    with transaction(session):
        return carried + forget_in(session, secret_key=secret_key, application_ids=withdrawn, before=before)


def mix(session: ScopedSession) -> int:
    """Write every row anew in the order of the links, in one transaction; how many there are."""
    return len(_anew(session, {}))


def renew(session: ScopedSession, *, secret_key: str, before: str) -> Renewed:
    """Hang every answer that hangs on a link of the key `before` on the present key's. `session` is in platform scope.

    In one transaction, as `mix` writes each night: some at a time, the number of each transaction would tell which belong together.
    """
    ids = session.scalars(sa.select(Application.id)).all()
    session.rollback()
    instead = {link(before, one): link(secret_key, one) for one in ids}
    known, rows = {*instead, *instead.values()}, [row["link"] for row in _anew(session, instead)]
    return Renewed("equality answers", sum(one in instead for one in rows), sum(one not in known for one in rows))


def _anew(session: ScopedSession, instead: Mapping[str, str]) -> Sequence[sa.RowMapping]:
    """Write every row anew in the order of the links, in one transaction, some under another link (`instead`); the rows as they were.
    Of two answers to one question the one stands that was under its link already: it is the later.

    PostgreSQL lets nobody else write meanwhile: who deletes their answers would not meet the rows that take their places.
    """
    table: Any = EqualityResponse.__table__
    with transaction(session):
        if session.get_bind().dialect.name == "postgresql":
            session.execute(sa.text(f"lock table {table.name} in exclusive mode"))
        rows = session.execute(sa.delete(table).returning(*table.columns)).mappings().all()
        fresh = {}
        for row in sorted(rows, key=lambda row: row["link"] not in instead):
            own = instead.get(row["link"], row["link"])
            fresh[own, row["question"]] = {**row, "link": own}
        if fresh:
            session.execute(sa.insert(table), [fresh[one] for one in sorted(fresh)])
    return rows
