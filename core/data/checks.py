"""Conditions (CHECK) and defaults of the models beside those of the database: Alembic compares none of the first."""

import re
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa


def differences(connection: sa.Connection, tables: Iterable[sa.Table]) -> list[str]:
    """Where the conditions of `tables` are other ones in the database, one line each. Tables that are not there are left out.

    PostgreSQL keeps a condition in its own words: what it makes of the model's is asked of it with a table that goes again. The
    connection must be the owner's.
    """
    found: list[str] = []
    inspector = sa.inspect(connection)
    present = set(inspector.get_table_names())
    for table in tables:
        if table.name not in present:
            continue
        columns = {column["name"] for column in inspector.get_columns(table.name)}
        if not columns >= set(table.c.keys()):
            continue  # said by Alembic, and a condition may name the column
        wanted = _wanted(connection, table)
        there = {str(one["name"]): _plain(one["sqltext"]) for one in inspector.get_check_constraints(table.name)}
        for name in sorted({*wanted, *there}):
            if name not in there:
                found.append(f"{table.name}: the condition {name} is missing in the database")
            elif name not in wanted:
                found.append(f"{table.name}: the condition {name} is in the database alone: {there[name]}")
            elif wanted[name] != there[name]:
                found.append(f"{table.name}: the condition {name}: models {wanted[name]}, database {there[name]}")
    return found


def _wanted(connection: sa.Connection, table: sa.Table) -> dict[str, str]:
    """{name: condition} of the model, in the database's words."""
    preparer = connection.dialect.identifier_preparer
    conditions = {
        str(preparer.format_constraint(one)).strip('"'): one
        for one in table.constraints
        if isinstance(one, sa.CheckConstraint)
    }
    texts = {
        name: str(one.sqltext.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
        for name, one in conditions.items()
    }
    if connection.dialect.name != "postgresql":
        return {name: _plain(text) for name, text in texts.items()}
    if not texts:
        return {}
    trial = "q_conditions"
    with connection.begin_nested() as kept:
        connection.exec_driver_sql(f'create temporary table {trial} (like public."{table.name}")')
        for name, text in texts.items():
            connection.exec_driver_sql(f'alter table {trial} add constraint "{name}" check ({text})'.replace("%", "%%"))
        schema = connection.exec_driver_sql(
            "select nspname from pg_namespace where oid = pg_my_temp_schema()"
        ).scalar_one()
        made = sa.inspect(connection).get_check_constraints(trial, schema=schema)
        kept.rollback()
    return {str(one["name"]): _plain(one["sqltext"]) for one in made}


_ONE = r"'(?:[^']|'')*'(?:::[a-z ]+)?"
_LISTED = re.compile(rf"(?<=in \(|RAY\[){_ONE}(?:, {_ONE})+", re.IGNORECASE)


def _plain(text: str) -> str:
    """The condition without what says nothing: line breaks, spaces more than one, the order of a list of texts, and where
    PostgreSQL casts them: at the list or, in a database that was restored from a dump, at each of them."""
    text = (
        " ".join(text.split()).replace("]::text[]", "]").replace("'::character varying::text", "'::character varying")
    )
    return _LISTED.sub(lambda listed: ", ".join(sorted(re.findall(_ONE, listed[0], re.IGNORECASE))), text)


def default_differs(
    context: Any, _there: Any, _column: sa.Column[Any], default: str | None, wanted: Any, rendered: str | None
) -> bool | None:
    """For Alembic's `compare_server_default`: whether the database's default is another than the model's; None leaves it to Alembic.

    One that the database has alone is no matter: a column that came later had to have it for the rows of before.
    """
    if wanted is None:
        return False
    if context.dialect.name != "sqlite" or default is None or rendered is None:
        return None
    return default.strip("()'\"") != rendered.strip("()'\"")  # one is quoted, the other is not
