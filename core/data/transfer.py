"""From SQLite to PostgreSQL: every row of every table, in one transaction of the new database's owner."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from core.config import normalise_url
from core.data import audit, restored, sqlite_files
from core.data.base import Base, tenant_tables
from core.data.migrate import OF_A_NEWER_RELEASE, Component, behind, owner_engine

BATCH = 500
PEOPLE = ("tenancy_tenant", "people_account")


class TransferError(ValueError):
    """The rows cannot be copied; the message is the one line that says why. The new database has none of them."""


def check(source: str, target: str, components: Iterable[Component]) -> None:
    """Raise TransferError unless `source` is a SQLite database at the newest revision and `target` a PostgreSQL one without rows;
    ValueError where a process has `source` open.

    The rows that migrations themselves write are no matter: nothing else can have been written where there is no tenant and
    no account.
    """
    path = sqlite_files.path_of(source)
    if path is None or not normalise_url(target).startswith("postgresql+psycopg://"):
        raise TransferError("rows are copied from SQLite (QP_DATABASE_URL) to postgresql://…")
    if missing := sqlite_files.missing(source):
        raise TransferError(missing)
    sqlite_files.refuse_in_use(path)
    components = list(components)
    with _connected(source) as connection:
        if half := restored.problem(connection):
            raise TransferError(half)
        if newer := set(behind(connection, components, ahead=True)) - set(behind(connection, components)):
            raise TransferError(f"{', '.join(sorted(newer))}: {OF_A_NEWER_RELEASE}")
        if late := behind(connection, components, ahead=True):
            raise TransferError(f"{', '.join(late)}: not at the newest revision; run: qplatform db upgrade")
        present = set(sa.inspect(connection).get_table_names())
        plugins = tuple(name.removeprefix("alembic_") + "_" for name in present if name.startswith("alembic_"))
        for name in sorted(present - set(Base.metadata.tables)):
            if name.startswith(plugins) and connection.execute(_first(sa.table(name))).first():
                raise TransferError(f"no plugin in service owns the rows of {name}; install it again first")
    try:
        with _connected(target) as connection:
            present = set(sa.inspect(connection).get_table_names())
            for name in [*PEOPLE, *(table.name for table in tenant_tables())]:
                if name in present and connection.execute(_first(Base.metadata.tables[name])).first():
                    raise TransferError(f"the new database has rows already, in {name}; name an empty one")
    except sa.exc.OperationalError as error:
        raise TransferError(f"the new database cannot be reached: {_line(error)}") from error


def copy(source: str, target: str) -> dict[str, int]:
    """Copy every row of `source` to the tables of `target`, parents first; {table: rows}. `check` comes before, and the upgrade
    of `target`.

    All or nothing: the audit trails are walked along before the commit. Triggers that keep rows as they are would refuse some of what
    they protect: they are off inside the transaction, and so is the order of rows that point at others of their own table. Raises
    TransferError.
    """
    counts: dict[str, int] = {}
    tables = Base.metadata.sorted_tables
    with _connected(source) as old, _connected(target) as new:
        old.begin()  # one moment of the source, whatever is written meanwhile
        try:
            own = _own_keys(new)
            for table in tables:
                new.exec_driver_sql(f'alter table "{table.name}" disable trigger user')
            for name, key in own:
                new.exec_driver_sql(f'alter table "{name}" alter constraint "{key}" deferrable initially deferred')
            for table in reversed(tables):
                new.execute(sa.delete(table))  # what migrations wrote is the source's to say
            for table in tables:
                counts[table.name] = _copy_table(old, new, table)
            new.exec_driver_sql("set constraints all immediate")
            for name, key in own:
                new.exec_driver_sql(f'alter table "{name}" alter constraint "{key}" not deferrable')
            for table in tables:
                new.exec_driver_sql(f'alter table "{table.name}" enable trigger user')
                _set_sequences(new, table)
            _check_chains(new)
            new.commit()
        except sa.exc.DBAPIError as error:
            raise TransferError(f"nothing was copied: {_line(error)}") from error
    return counts


def _connected(url: str) -> sa.Connection:
    """A connection of the owner, who sees every tenant's rows until the transaction ends."""
    connection = owner_engine(url).connect()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("select set_config('app.platform', 'on', true)")
    return connection


def _first(table: sa.FromClause) -> sa.Select[Any]:
    return sa.select(sa.literal(1)).select_from(table).limit(1)


def _line(error: sa.exc.DBAPIError) -> str:
    return " ".join(str(error.orig).split())


def _own_keys(connection: sa.Connection) -> list[tuple[str, str]]:
    """(table, foreign key) of those that point at a table which is filled no earlier: its own, above all."""
    order = {table.name: number for number, table in enumerate(Base.metadata.sorted_tables)}
    inspector = sa.inspect(connection)
    return [
        (name, str(key["name"]))
        for name in order
        for key in inspector.get_foreign_keys(name)
        if order[key["referred_table"]] >= order[name]
    ]


def _copy_table(old: sa.Connection, new: sa.Connection, table: sa.Table) -> int:
    # Of JSON, the database's null and JSON's own are two things that Python reads as one.
    documents = {column.name for column in table.c if isinstance(column.type, sa.JSON)}
    read = sa.select(
        *(sa.type_coerce(c, sa.Text).label(c.name) if c.name in documents else c for c in table.c)
    ).execution_options(yield_per=BATCH)
    write = sa.insert(table).values(
        {
            c.name: sa.bindparam(c.name, type_=sa.JSON(none_as_null=True) if c.name in documents else c.type)
            for c in table.c
        }
    )
    count = 0
    for rows in old.execute(read).mappings().partitions():
        try:
            new.execute(write, [_row(row, documents) for row in rows])
        except sa.exc.DBAPIError as error:
            raise TransferError(f"nothing was copied: {table.name}: {_line(error)}") from error
        count += len(rows)
    found = new.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    if found != count:
        raise TransferError(f"nothing was copied: of {count} rows of {table.name}, {found} arrived")
    return count


def _row(row: Mapping[Any, Any], documents: set[str]) -> dict[str, Any]:
    values = dict(row)
    for name in documents:
        if values[name] is not None:
            found = json.loads(values[name])
            values[name] = sa.JSON.NULL if found is None else found
    return values


def _set_sequences(connection: sa.Connection, table: sa.Table) -> None:
    """Numbers that the database gives out go on after the last one that was copied."""
    column = table.autoincrement_column
    if column is None:
        return
    sequence = connection.exec_driver_sql(
        "select pg_get_serial_sequence(%s, %s)", (table.name, column.name)
    ).scalar_one()
    if sequence:
        last = connection.execute(sa.select(sa.func.max(column))).scalar_one()
        connection.exec_driver_sql("select setval(%s::regclass, %s, %s)", (sequence, last or 1, last is not None))


def _check_chains(new: sa.Connection) -> None:
    """Raise TransferError unless the trail of every tenant holds together among the rows that were copied and not committed yet."""
    tenants = Base.metadata.tables["tenancy_tenant"].c
    broken = []
    for tenant_id, slug in new.execute(sa.select(tenants.id, tenants.slug).order_by(tenants.id)).all():
        report = audit.verify_uncommitted(new, tenant_id)
        if not report.ok:
            where = f"from entry {report.broken_at} on" if report.broken_at else "its end is not the recorded one"
            broken.append(f"{slug} ({where})")
    if broken:
        raise TransferError(
            f"nothing was copied: the audit trail does not hold together for {', '.join(broken)}; rows of the old database were "
            "changed behind the platform's back: restore a backup of before that, and copy that one"
        )
