"""The statement that every transition begins with: an update of a row as it was seen, or the reason why not."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from core.data.session import ScopedSession
from core.kernel.errors import Conflict, NotFound, Refused
from core.kernel.states import STATE_CHANGED


def update_as_seen(
    session: ScopedSession, model: Any, row: sa.ColumnElement[bool], version: int, *more: sa.ColumnElement[bool],
    states: Collection[str] | None = None, closed: str = STATE_CHANGED, unmet: str = STATE_CHANGED,
    returning: Collection[Any] = (), **values: Any,
) -> sa.Row[*tuple[Any, ...]]:  # fmt: skip
    """Write `values` and the next version into the one `row` of `model` that is still at `version`, in one of `states` (in any
    where they are None), and for which `more` holds; its columns named by `returning`.

    The first statement of a transaction: of two who saw the same version, one writes and the other is told. `model` is a table
    with the column `version`, and `state` where states are named. Raises NotFound (there is no such row, or it is another
    tenant's), Refused with `closed` (it is in another state), Conflict (it was changed since), Refused with `unmet` (`more` does
    not hold).
    """
    where = [row, model.version == version, *more]
    if states is not None:
        where.append(model.state.in_(states))
    update = sa.update(model).where(*where).values(version=model.version + 1, **values)
    done = session.execute(update.returning(*(returning or (model.version,)))).one_or_none()
    if done is not None:
        return done
    now = session.execute(sa.select(model.version, *([] if states is None else [model.state])).where(row)).one_or_none()
    if now is None:
        raise NotFound
    if states is not None and now.state not in states:
        raise Refused(closed)
    if now.version != version:
        raise Conflict
    raise Refused(unmet)
