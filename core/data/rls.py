"""PostgreSQL's own isolation: row-level security on every tenant-owned table, and the check that refuses to boot without."""

from collections.abc import Iterable

import sqlalchemy as sa

from core.data.base import Base, tenant_tables

# `nullif`: once a transaction that set it has ended, the setting is '' on that connection, and ''::int is an error.
_MINE = (
    "tenant_id = nullif(current_setting('app.tenant_id', true), '')::int "
    "or current_setting('app.platform', true) = 'on'"
)
APPEND_ONLY = ("data_audit_entry", "admissions_rule_proposal", "admissions_policy_version")
NEVER_CHANGED = (
    "admissions_submission", "admissions_answer_revision", "admissions_discussion_note", "admissions_translation",
    "admissions_compact_acceptance",
)  # fmt: skip
"""Rows that are added and, when a person's data is erased, deleted, but never changed."""


def policy_ddl(table: str) -> list[str]:
    """Statements (run by the owner) that put `table` under row-level security, owner included."""
    return [
        f"alter table {table} enable row level security",
        f"alter table {table} force row level security",
        f"drop policy if exists tenant_isolation on {table}",
        f"create policy tenant_isolation on {table} using ({_MINE}) with check ({_MINE})",
    ]


def grant_ddl(role: str, tables: Iterable[str]) -> list[str]:
    """Statements that let the application's role read and write `tables`: no TRUNCATE (it ignores the policies), no DDL."""
    quoted = '"' + role.replace('"', '""') + '"'
    ddl = [
        f"grant usage on schema public to {quoted}",
        f"grant usage, select on all sequences in schema public to {quoted}",
    ]
    for table in tables:
        rights = "select, insert, update, delete"
        if table in APPEND_ONLY:
            rights = "select, insert"
        elif table in NEVER_CHANGED:
            rights = "select, insert, delete"
        ddl += [f"revoke all on {table} from {quoted}", f"grant {rights} on {table} to {quoted}"]
    return ddl


def apply(connection: sa.Connection, app_role: str | None) -> None:
    """Bring policies and grants in step with the metadata, for the tables that exist. Does nothing on SQLite."""
    if connection.dialect.name != "postgresql":
        return
    present = set(sa.inspect(connection).get_table_names())
    for table in tenant_tables():
        if table.name in present:
            for statement in policy_ddl(table.name):
                connection.exec_driver_sql(statement)
    if app_role:
        for statement in grant_ddl(app_role, [t.name for t in Base.metadata.sorted_tables if t.name in present]):
            connection.exec_driver_sql(statement)


def missing_tables(connection: sa.Connection) -> frozenset[str]:
    """Tables that the models have and the database has not: of a migration that failed or was not run."""
    present = set(sa.inspect(connection).get_table_names())
    return frozenset(table.name for table in Base.metadata.sorted_tables) - present


def problems(connection: sa.Connection, without: frozenset[str] = frozenset()) -> list[str]:
    """Why this connection's role and tables do not isolate tenants: one plain line each; empty when all is well.

    `without` are tables of plugins that were taken out of service.
    """
    if connection.dialect.name != "postgresql":
        return []
    role = connection.exec_driver_sql(
        "select rolname, rolsuper, rolbypassrls from pg_roles where rolname = current_user"
    ).one()
    found = []
    if role.rolsuper:
        found.append(f"the database role {role.rolname} is a superuser; row-level security does not bind it")
    if role.rolbypassrls:
        found.append(f"the database role {role.rolname} has BYPASSRLS")
    rows = connection.exec_driver_sql(
        "select relname, relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner) = current_user as mine, "
        "exists(select 1 from pg_policy p where p.polrelid = c.oid) as policed "
        "from pg_class c where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
    )
    tables = {row.relname: row for row in rows}
    for table in tenant_tables():
        if table.name in without:
            continue
        row = tables.get(table.name)
        if row is None:
            found.append(f"the table {table.name} does not exist; run: qplatform db upgrade")
        elif not (row.relrowsecurity and row.relforcerowsecurity and row.policed):
            found.append(f"the table {table.name} has no forced row-level security; run: qplatform db upgrade")
        elif row.mine:
            found.append(f"the database role {role.rolname} owns {table.name}; the application must not be the owner")
    return found
