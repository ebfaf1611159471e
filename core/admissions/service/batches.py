"""Batches: open one for a window, put decisions in and out, set the instant before which nothing is released."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.admissions.models import Application, Decision, ReleaseBatch, Window
from core.admissions.queries.sight import clear_of
from core.admissions.service.windows import may_manage
from core.admissions.states import DECISION, HELD, MODERATED
from core.data import audit
from core.data.conditional import update_as_seen
from core.data.idempotency import once
from core.data.locks import hold_in_order
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Invalid, NotFound
from core.kernel.ids import is_id, new_id
from core.kernel.text import N_
from core.kernel.views import Actor

LONGEST_NAME = 80
EMBARGO = N_("The embargo is not over yet. Nothing was sent.")
OVER = N_("This batch is released or cancelled: nothing of it can be changed.")


def _named(name: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise Invalid({"name": N_("Give the batch a name of at most 80 characters")})
    return name


def begin(
    session: ScopedSession, actor: Actor, window_id: str, *, name: str, embargo_until: datetime | None, key: str
) -> str:
    """Open a batch for a published window; its id. `embargo_until` (UTC) is the instant before which it is not released.
    The same form sent twice opens one. Raises Forbidden, Invalid by field, NotFound for the window."""
    may_manage(actor)
    name = _named(name)
    with transaction(session):
        sent = once(session, key, f"batch.begin:{window_id}")
        if sent.result:
            return sent.result
        known = session.scalar(sa.select(Window.id).where(Window.id == window_id, Window.state == "published"))
        if known is None:
            raise NotFound
        batch_id = new_id()
        row = {
            "id": batch_id, "tenant_id": session.scope.tenant_id, "window_id": window_id, "name": name, "state": "open",
            "embargo_until": embargo_until, "released_count": None, "version": 1, "created_by": actor.account_id,
            "created_at": clock.now(), "released_by": None, "released_at": None,
        }  # fmt: skip
        session.execute(sa.insert(ReleaseBatch), [row])
        sent.keep(batch_id)
        _told(session, actor, "begin", batch_id, window=window_id, embargo_until=_said(embargo_until))
    return batch_id


def change(
    session: ScopedSession, actor: Actor, batch_id: str, version: int, *, name: str, embargo_until: datetime | None
) -> None:
    """Give an open batch another name or instant. Raises Forbidden, Invalid, NotFound, Conflict, Refused."""
    may_manage(actor)
    name = _named(name)
    with transaction(session):
        step(session, batch_id, version, name=name, embargo_until=embargo_until)
        _told(session, actor, "change", batch_id, embargo_until=_said(embargo_until))


def hold(
    session: ScopedSession, actor: Actor, batch_id: str, version: int, wanted: Collection[str]
) -> int:  # fmt: skip
    """Put moderated decisions of the batch's window into it: all of `wanted`, or none when one of them changed. How many.

    Raises Forbidden, NotFound, Invalid for none, Conflict, Refused for a batch that is over.
    """
    return _move(session, actor, batch_id, version, wanted, "hold")


def unhold(session: ScopedSession, actor: Actor, batch_id: str, version: int, wanted: Collection[str]) -> int:
    """Take decisions out of an open batch: all of `wanted`, or none. How many. Raises what `hold` raises."""
    return _move(session, actor, batch_id, version, wanted, "unhold")


def _move(
    session: ScopedSession, actor: Actor, batch_id: str, version: int, wanted: Collection[str], event: str
) -> int:  # fmt: skip
    may_manage(actor)
    ids = sorted({one for one in wanted if is_id(one)})
    if not ids:
        raise Invalid({"": N_("Choose at least one decision.")})
    with transaction(session):
        window_id = step(session, batch_id, version)
        hold_in_order(session, Decision, Decision.id.in_(ids))
        moved = (
            _put(session, actor, batch_id, window_id, ids) if event == "hold" else _take(session, actor, batch_id, ids)
        )
        if moved != len(ids):
            raise Conflict
        told_each(session, actor, event, batch_id, ids)
    return moved


def _put(session: ScopedSession, actor: Actor, batch_id: str, window_id: str, ids: list[str]) -> int:
    of_window = sa.select(Application.id).where(Application.window_id == window_id, clear_of(actor.account_id))
    changed = (
        sa.update(Decision)
        .where(
            Decision.id.in_(ids), Decision.state.in_(DECISION.sources("hold")), Decision.application_id.in_(of_window)
        )
        .values(state=HELD, batch_id=batch_id, version=Decision.version + 1)
    )  # fmt: skip
    return len(session.execute(changed.returning(Decision.id)).all())


def _take(session: ScopedSession, actor: Actor, batch_id: str, ids: list[str]) -> int:
    return take_out(
        session,
        Decision.id.in_(ids),
        Decision.batch_id == batch_id,
        clear_of(actor.account_id, Decision.application_id),
    )


def take_out(session: ScopedSession, *which: sa.ColumnElement[bool]) -> int:
    """Take held decisions out of their batch, in the caller's transaction; how many. They stay moderated."""
    changed = (
        sa.update(Decision)
        .where(Decision.state.in_(DECISION.sources("unhold")), *which)
        .values(state=MODERATED, batch_id=None, version=Decision.version + 1)
    )
    return len(session.execute(changed.returning(Decision.id)).all())


def cancel(session: ScopedSession, actor: Actor, batch_id: str, version: int) -> None:
    """Close a batch without releasing it: its decisions stay moderated and can go into another one. Raises Forbidden,
    NotFound, Conflict, Refused."""
    may_manage(actor)
    with transaction(session):
        step(session, batch_id, version, state="cancelled")
        take_out(session, Decision.batch_id == batch_id)
        _told(session, actor, "cancel", batch_id, state="cancelled")


def step(
    session: ScopedSession, batch_id: str, version: int, *more: sa.ColumnElement[bool], **values: Any
) -> str:  # fmt: skip
    """The conditional update that every change of a batch begins with; the batch's window. For the caller's transaction.
    Raises NotFound, Conflict (another version), Refused (released or cancelled, or `more` does not hold)."""
    found = update_as_seen(
        session, ReleaseBatch, ReleaseBatch.id == batch_id, version, *more, states=("open",), closed=OVER, unmet=EMBARGO,
        returning=(ReleaseBatch.window_id,), **values,
    )  # fmt: skip
    return str(found.window_id)


def _said(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def told_each(session: ScopedSession, actor: Actor, action: str, batch_id: str, decisions: Iterable[str]) -> None:
    """An entry for each of these decisions, in the caller's transaction. None of the batch as a whole: its number would tell a
    reader in conflict with one of them that it is there."""
    for decision_id in sorted(decisions):
        audit.record(
            session, actor=actor, action=f"batch.{action}", subject=f"decision:{decision_id}", after={"batch": batch_id}
        )


def _told(session: ScopedSession, actor: Actor, action: str, batch_id: str, **after: Any) -> None:
    audit.record(session, actor=actor, action=f"batch.{action}", subject=f"batch:{batch_id}", after=after)
