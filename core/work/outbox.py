"""Asking for a job: one row, in the transaction of whoever asks. Nothing is visible to a worker before its commit."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.data import upserts
from core.data.base import table_of
from core.data.scope import ScopeError
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.ids import ID_LENGTH, new_id
from core.work import registry
from core.work.models import FAILED, OutboxItem, WorkFailure

TABLE = table_of(OutboxItem)
INSERT = sa.insert(TABLE)  # on the table and with one row's values: half the cost of an ORM insert of a list
INSERT_HELD = sa.insert(table_of(WorkFailure))
INSERT_ONCE = upserts.for_each_dialect(TABLE, lambda new: new.on_conflict_do_nothing())


def enqueue(
    session: ScopedSession,
    name: str,
    /,
    *,
    key: str | None = None,
    delay: timedelta | None = None,
    tenant_id: int | None = None,
    **args: Any,
) -> str:
    """Ask for the job `name` with `args` (plain JSON: ids rather than names and addresses). One INSERT; returns its id.

    It runs in the tenant of `session`, not before `delay` is over. With a `key`, asking again at the same tenant does
    nothing, until a week after that job has ended. `tenant_id` names the tenant where `session` has platform scope.
    Raises UnknownJob, TypeError for arguments that are not JSON or that the job does not take, ScopeError without a tenant, and
    RuntimeError outside a service's transaction, where nothing would commit the row.
    """
    job = registry.find(name)
    values = _row(session, job, args, delay, tenant_id)
    if key is None:
        session.execute(INSERT, values)
    else:
        values["id"] = keyed_id(values["at_tenant_id"], name, key)
        session.execute(INSERT_ONCE(session), values)
    return str(values["id"])


def enqueue_many(
    session: ScopedSession,
    name: str,
    many: Iterable[Mapping[str, Any]],
    /,
    *,
    delay: timedelta | None = None,
    tenant_id: int | None = None,
) -> int:
    """Ask for the job `name` once for each set of arguments, in one statement. Returns how many; otherwise as `enqueue`."""
    job = registry.find(name)
    rows = [_row(session, job, args, delay, tenant_id) for args in many]
    if rows:
        session.execute(INSERT, rows)
    return len(rows)


def hold(session: ScopedSession, name: str, why: str, /, **args: Any) -> str:
    """Ask for the job `name` as `enqueue` does, but only once somebody says so: it stands among the failed work in the console,
    with `why` (a plain line in English, nobody's name in it), and is run from there. Returns its id, and raises what `enqueue`
    raises. One INSERT."""
    asked = _row(session, registry.find(name), args, None, None)
    kept = {key: asked[key] for key in ("id", "name", "args", "at_tenant_id", "request_id", "created_at")}
    values = {**kept, "state": FAILED, "error": why, "place": "", "attempts": 0, "failed_at": asked["created_at"]}
    session.execute(INSERT_HELD, values)
    return str(values["id"])


def keyed_id(tenant_id: int | None, name: str, key: str) -> str:
    """The id that a job asked for with `key` has: the same each time, so that the second asking meets the first."""
    return hashlib.sha256(f"{tenant_id}\n{name}\n{key}".encode()).hexdigest()[:ID_LENGTH]


def _row(
    session: ScopedSession, job: registry.Job, args: Mapping[str, Any], delay: timedelta | None, tenant_id: int | None
) -> dict[str, Any]:
    if not isinstance(session, ScopedSession):
        raise ScopeError("a job is asked for in a session with a scope")
    if not session.in_service:
        raise RuntimeError("a job is asked for inside the transaction that it belongs to")
    scope = session.scope
    if scope.tenant_id is not None and tenant_id not in {None, scope.tenant_id}:
        raise ScopeError("a job for another tenant cannot be asked for in this one")
    owner = scope.tenant_id if scope.tenant_id is not None else tenant_id
    if owner is None and job.platform is None:
        raise ScopeError(f"the job {job.name} needs a tenant: name it with tenant_id")
    # A slip here; at a worker it would pass for the work of a newer release, and wait for one.
    if strange := job.strange(args):
        raise TypeError(f"the job {job.name} takes no {', '.join(sorted(strange))}")
    return item(job, registry.as_json(args), owner, delay, str(session.info.get("request_id", "")))


def item(
    job: registry.Job,
    args: Mapping[str, Any],
    tenant_id: int | None,
    delay: timedelta | None = None,
    request_id: str = "",
) -> dict[str, Any]:
    """The values of a new outbox row."""
    now = clock.now()
    return {
        "id": new_id(),
        "name": job.name,
        "queue": job.queue,
        "args": dict(args),
        "at_tenant_id": tenant_id,
        "run_after": now + delay if delay is not None else now,
        "created_at": now,
        "attempt": 1,
        "turn": 1,
        "failure_id": None,
        "request_id": request_id,
    }
