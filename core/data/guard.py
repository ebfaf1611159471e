"""The isolation guard: filters every ORM statement to the session's tenant and refuses what it cannot filter.

Three nets, each of which must hold by itself (the leak matrix in `tests/isolation` pins every case):

1. `do_orm_execute` adds the tenant criterion to every select, update and delete, loader queries included.
2. Load, attach and flush events compare each tenant-owned row with the scope.
3. `before_cursor_execute` looks at the SQL that is about to run. Whatever its origin (Core, `text()`, a bare connection),
   a statement that names a tenant-owned table must come from a flush, or carry one tenant predicate per reference, or
   run in platform scope, or give `execution_options(unscoped_reason="…")`. The analysis of each SQL text is remembered.
"""

import re
import weakref
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.orm import FromStatement, with_loader_criteria
from sqlalchemy.sql.elements import TextClause

from core.data.base import TenantOwned, owned_table_names
from core.data.scope import CrossTenant, Scope, ScopeError
from core.data.session import ScopedSession

REASON = "unscoped_reason"
CHECKED_INSERT = "qp_checked_insert"
TENANT = "qp_tenant"
"""The parameter that a filtered select takes its tenant from; without it the select fails."""

TENANTS = "qp_tenants"
"""The same of a select over several tenants."""
CRITERION, GIVEN = "qp_criterion", object()
"""Marks a select over several tenants that was given its criterion here. The same words in a statement of another origin do not
pass, nor does the mark by its name."""

# include_aliases: with the default, criteria on a mixin are silently dropped (71 of 75 cases leak). The name is written out, because
# SQLAlchemy makes a value to bind of whatever a lambda takes from outside, and compares all copies of it at each execution.
_SELECTED = with_loader_criteria(
    TenantOwned, lambda cls: cls.tenant_id == sa.bindparam("qp_tenant"), include_aliases=True
)

_SELECTED_TOGETHER = with_loader_criteria(
    TenantOwned, lambda cls: cls.tenant_id.in_(sa.bindparam("qp_tenants", expanding=True)), include_aliases=True
)


@lru_cache(maxsize=4096)
def _changed(tenant_id: int) -> Any:
    """The criterion with its value in it: an update or delete looks with it through the rows that the session has, too."""
    return with_loader_criteria(TenantOwned, lambda cls: cls.tenant_id == tenant_id, include_aliases=True)


@event.listens_for(ScopedSession, "do_orm_execute")
def _filter(state: orm.ORMExecuteState) -> None:
    session: Any = state.session
    scope: Scope = session.scope
    if scope.is_platform or (state.execution_options.get(REASON) and not scope.tenant_ids):
        return
    if scope.tenant_ids and (state.is_insert or state.is_update or state.is_delete):
        raise ScopeError(ONLY_READS)
    statement = state.statement
    if state.is_insert:
        _check_insert(state, scope)
    elif not state.is_orm_statement:
        return  # Core and text() are judged by `_check_sql`
    elif isinstance(statement, FromStatement) and isinstance(statement.element, TextClause):
        raise ScopeError("from_statement(text()) cannot be filtered; give unscoped_reason")
    elif state.is_update and isinstance(state.parameters, list):
        raise ScopeError("bulk UPDATE by primary key cannot be filtered; update through a WHERE")
    elif state.is_select:
        asked: Any = state.parameters or {}
        if state.is_column_load:
            statement = _read_again(state, scope)
        if scope.tenant_ids:
            state.statement = statement.options(_SELECTED_TOGETHER)
            state.parameters = {**asked, TENANTS: sorted(scope.tenant_ids)}
            state.update_execution_options(**{CRITERION: GIVEN})
        else:
            state.statement = _filtered(statement)
            state.parameters = {**asked, TENANT: scope.tenant_id}
    elif state.is_update or state.is_delete:
        state.statement = _filtered(statement, scope.tenant_id)


def _read_again(state: orm.ORMExecuteState, scope: Scope) -> Any:
    """The select by which a row that was read before is read again, after a rollback for one. SQLAlchemy leaves criteria for loaders out of
    it, so the tenant is asked for in its own words."""
    statement: Any = state.statement
    kind: Any = state.bind_mapper.class_ if state.bind_mapper is not None else None
    if kind is None or not issubclass(kind, TenantOwned):
        return statement
    if scope.tenant_ids:
        return statement.where(kind.tenant_id.in_(sa.bindparam(TENANTS, expanding=True)))
    return statement.where(kind.tenant_id == sa.bindparam(TENANT))


TENANTS_KEPT = 100
"""Of an update that a module keeps, the forms of so many tenants are kept at once."""
ONLY_READS = "a session over several tenants only reads"
_filtered_statements: "weakref.WeakKeyDictionary[Any, dict[int | None, Any]]" = weakref.WeakKeyDictionary()


def _filtered(statement: Any, changed_at: int | None = None) -> Any:
    """`statement` with the tenant's criterion; `changed_at` is the tenant of an update or a delete. Kept as long as the statement is: one
    that a module keeps is then the same object each time, and SQLAlchemy need not work out its cache key anew."""
    kept = _filtered_statements.get(statement)
    if kept is None:
        kept = _filtered_statements[statement] = {}
    found = kept.get(changed_at)
    if found is None:
        if len(kept) >= TENANTS_KEPT:
            kept.clear()
        found = kept[changed_at] = statement.options(_SELECTED if changed_at is None else _changed(changed_at))
    return found


@lru_cache(maxsize=4096)
def _is_owned(table: Any) -> bool:
    return table.name in owned_table_names()


def _check_insert(state: orm.ORMExecuteState, scope: Scope) -> None:
    """Of an insert by the ORM, and of one on the table itself, every row names the session's tenant."""
    statement: Any = state.statement
    if not _is_owned(statement.table):
        return
    if statement.select is not None:
        raise ScopeError("INSERT … SELECT cannot be filtered; give unscoped_reason")
    rows: Any = state.parameters if isinstance(state.parameters, list) else [state.parameters or {}]
    inline = {getattr(column, "key", column): value for column, value in (statement._values or {}).items()}
    for row in rows:
        value = row.get("tenant_id", getattr(inline.get("tenant_id"), "value", inline.get("tenant_id")))
        if value != scope.tenant_id:
            raise CrossTenant("an INSERT must name the session's own tenant")
    state.update_execution_options(**{CHECKED_INSERT: True})


def _belongs(session: Any, instance: Any) -> None:
    tenant_id = instance.__dict__.get("tenant_id")
    if tenant_id is None or not isinstance(session, ScopedSession):
        return
    if not session.scope.has(tenant_id):
        raise CrossTenant(f"a {type(instance).__name__} of another tenant in this session")


@event.listens_for(TenantOwned, "load", propagate=True)
def _loaded(instance: Any, context: Any) -> None:
    if context is None:  # `merge()` of a row that is not there: judged when it is flushed
        return
    if not context.execution_options.get(REASON):
        _belongs(context.session, instance)


@event.listens_for(TenantOwned, "refresh", propagate=True)
def _refreshed(instance: Any, context: Any, _: Any) -> None:
    # Without a context what an update set is noted at a row that the session has.
    _belongs(context.session if context is not None else orm.object_session(instance), instance)


@event.listens_for(ScopedSession, "before_attach")
def _attached(session: ScopedSession, instance: Any) -> None:
    if isinstance(instance, TenantOwned):
        _belongs(session, instance)


@event.listens_for(ScopedSession, "before_flush")
def _flush(session: ScopedSession, *_: Any) -> None:
    scope = session.scope
    if scope.tenant_ids:
        raise ScopeError(ONLY_READS)
    for instance in (*session.new, *session.dirty, *session.deleted):
        if not isinstance(instance, TenantOwned):
            continue
        if instance.tenant_id is None and scope.tenant_id is not None:
            instance.tenant_id = scope.tenant_id
        history = sa.inspect(instance).attrs.tenant_id.history
        if instance.tenant_id is None or (history.deleted and list(history.deleted) != [instance.tenant_id]):
            raise CrossTenant(f"the tenant of a {type(instance).__name__} cannot be missing or changed")
        _belongs(session, instance)
    session.flushing = True


@event.listens_for(ScopedSession, "after_flush")
def _flushed(session: ScopedSession, _: Any) -> None:
    session.flushing = False


@event.listens_for(ScopedSession, "after_soft_rollback")
def _rolled_back(session: ScopedSession, _: Any) -> None:
    session.flushing = False


class _Reading:
    """What the guard found in one SQL text: which references to tenant-owned tables lack a tenant predicate (that of one tenant, or
    of several `together`), and whether it can change anything."""

    __slots__ = ("changes", "is_insert", "touches", "unfiltered", "unfiltered_together")

    def __init__(self, sql: str, is_insert: bool, pattern: re.Pattern[str] | None) -> None:
        needed: dict[str, int] = {}
        for match in pattern.finditer(sql) if pattern is not None else ():
            alias = match.group("alias") or match.group("table")
            needed[alias] = needed.get(alias, 0) + 1
        self.touches = bool(needed)
        self.changes = _QUERY.match(sql) is None or _CHANGE.search(sql) is not None
        self.is_insert = is_insert or sql.lstrip()[:6].upper() == "INSERT"
        self.unfiltered = _lacking(sql, needed, _predicate)
        self.unfiltered_together = _lacking(sql, needed, _criterion)


def _lacking(sql: str, needed: dict[str, int], predicate: Callable[[str], str]) -> str | None:
    """The first alias that has fewer tenant predicates than references."""
    return next((alias for alias, count in needed.items() if len(re.findall(predicate(alias), sql)) < count), None)


_QUERY = re.compile(r"\s*(?:SELECT|WITH)\b", re.IGNORECASE)
_CHANGE = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE|INTO)\b", re.IGNORECASE)
"""Also of a lock (`FOR UPDATE`): what is not certainly a read counts as a change."""


def _predicate(alias: str) -> str:
    """`alias.tenant_id = …`, or the far side of a composite join: `other.tenant_id = alias.tenant_id`."""
    return rf'\b{alias}"?\.tenant_id = |\.tenant_id = "?{alias}"?\.tenant_id\b'


def _criterion(alias: str) -> str:
    """`alias.tenant_id IN …` the very parameter that the guard gives, as it stands before its values are put in."""
    return rf'\b{alias}"?\.tenant_id IN \(__\[POSTCOMPILE_{TENANTS}\]\)'


_NOT_ALIASES = (
    "WHERE|JOIN|ON|SET|LEFT|RIGHT|FULL|INNER|ORDER|GROUP|LIMIT|FETCH|FOR|UNION|CROSS|RETURNING|VALUES|HAVING|USING|"
    "DEFAULT|INTERSECT|EXCEPT|OFFSET|NATURAL|INDEXED"
)


@lru_cache(maxsize=8)
def _pattern(names: frozenset[str]) -> re.Pattern[str]:
    tables = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.compile(
        rf'(?:\bFROM|\bJOIN|\bUPDATE|\bINTO|,)\s+\(*(?:\w+\.)?"?(?P<table>{tables})"?(?![\w.])'
        rf'(?:\s+(?:AS\s+)?"?(?!(?:{_NOT_ALIASES})\b)(?P<alias>\w+)"?)?',
        re.IGNORECASE,
    )


def _read(readings: dict[str, _Reading], sql: str, is_insert: bool) -> _Reading:
    """What is found in `sql`, remembered once the tables are known."""
    names = owned_table_names()
    reading = _Reading(sql, is_insert, _pattern(names) if names else None)
    if names:
        if len(readings) >= READINGS_KEPT:
            readings.clear()
        readings[sql] = reading
    return reading


_readings: "weakref.WeakKeyDictionary[sa.Engine, dict[str, _Reading]]" = weakref.WeakKeyDictionary()
READINGS_KEPT = 5000


def _check_together(readings: dict[str, _Reading], reading: _Reading, sql: str, context: Any) -> None:
    """Of a session over several tenants: it reads alone, and tenants' rows only by selects that were given their criterion, at each
    reference to a table."""
    if reading.changes and not _SAVEPOINT.match(sql):
        raise ScopeError(ONLY_READS)
    if not reading.touches:
        return
    made = context.compiled.string if context is not None and context.compiled is not None else ""
    whole = (readings.get(made) or _read(readings, made, False)).unfiltered_together is None
    if not (made and whole and context.execution_options.get(CRITERION) is GIVEN):
        raise ScopeError(f"over several tenants only selects through the ORM are filtered: {sql[:80]}")


def guard_engine(engine: sa.Engine) -> None:
    """Let no statement on a tenant-owned table reach `engine`'s database without a tenant predicate or a reason."""
    readings = _readings.setdefault(engine, {})

    @event.listens_for(engine, "before_cursor_execute")
    def _check_sql(conn: sa.Connection, _c: Any, sql: str, _p: Any, context: Any, _m: bool) -> None:
        reading = readings.get(sql) or _read(readings, sql, bool(context and context.isinsert))
        session = conn.info.get("session")
        if reading.changes and session is not None:
            session.only_read = False
        if session is not None and session.scope.tenant_ids:
            _check_together(readings, reading, sql, context)
            return
        if not reading.touches:
            return
        options = context.execution_options if context is not None else conn.get_execution_options()
        if options.get(REASON) or (context is not None and context.isddl) or sql.lstrip()[:6].upper() in _DDL:
            return
        if session is None or not conn.in_transaction():
            raise ScopeError(f"no scope: {sql[:80]}")
        if session.scope.is_platform or session.flushing:
            return
        if reading.unfiltered is not None and not (reading.is_insert and options.get(CHECKED_INSERT)):
            raise ScopeError(f"{reading.unfiltered}: a reference without the tenant's predicate")

    @event.listens_for(engine, "checkin")
    def _checkin(_: Any, record: Any) -> None:
        if record is not None:
            record.info.pop("session", None)


_SAVEPOINT = re.compile(r"\s*(?:SAVEPOINT|RELEASE|ROLLBACK)\b", re.IGNORECASE)
_DDL = frozenset({"CREATE", "ALTER ", "DROP T", "DROP I", "PRAGMA", "TRUNCA"})
