"""Rows that stay as they are, kept so by triggers of the database itself. For migrations, which say which rows.

PostgreSQL's function `admissions_refuse` came with the third migration; SQLite writes the refusal into each trigger.
"""

from alembic import op


def _on_postgresql() -> bool:
    return bool(op.get_bind().dialect.name == "postgresql")


def refuse(table: str, event: str, condition: str = "") -> None:
    """Refuse `event` (update, delete or insert) of the rows of `table` for which `condition` over `old` and `new` holds.

    The condition is one that both databases understand in a trigger's WHEN; without it no row can be changed so.
    """
    name = f"{table}_no_{event}"
    when = f" when ({condition})" if condition else ""
    if _on_postgresql():
        op.execute(
            f"create trigger {name} before {event} on {table} for each row{when} execute function admissions_refuse()"
        )
        return
    op.execute(
        f"create trigger {name} before {event} on {table}{when} "
        f"begin select raise(abort, 'rows of {table} are never changed'); end"
    )


def refuse_under_parent(table: str, event: str, parent: str, column: str, condition: str, changed: str = "") -> None:
    """Refuse `event` of the rows of `table` whose row of `parent` (found by `column`) fulfils `condition` over `p`, where
    `changed` over `old` and `new` holds too.

    PostgreSQL allows no subquery in a trigger's WHEN: there it is a function of its own.
    """
    row = "new" if event == "insert" else "old"
    holds = f"exists (select 1 from {parent} p where p.id = {row}.{column} and {condition})"  # noqa: S608 - a migration's own words
    if changed:
        holds += f" and ({changed})"
    if not _on_postgresql():
        refuse(table, event, holds)
        return
    name = f"{table}_no_{event}"
    op.execute(
        f"create or replace function {name}() returns trigger language plpgsql as $$ begin if {holds} then "
        f"raise exception '% rows are never changed', tg_table_name; end if; "
        f"return {'old' if event == 'delete' else 'new'}; end $$"
    )
    op.execute(f"create trigger {name} before {event} on {table} for each row execute function {name}()")


def forget(*names: str) -> None:
    """Drop the functions that `refuse_under_parent` made for these triggers; their tables are gone already."""
    if _on_postgresql():
        for name in names:
            op.execute(f"drop function if exists {name}()")
