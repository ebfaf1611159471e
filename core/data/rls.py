"""PostgreSQL's own isolation: row-level security on every tenant-owned table, and the check that refuses to boot without."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from core.data.base import Base, tenant_tables

# `nullif`: once a transaction that set it has ended, the setting is '' on that connection, and ''::int is an error.
_MINE = (
    "tenant_id = nullif(current_setting('app.tenant_id', true), '')::int "
    "or current_setting('app.platform', true) = 'on'"
)
_TOGETHER = "tenant_id = any(string_to_array(nullif(current_setting('app.tenant_ids', true), ''), ',')::int[])"
"""What may be read besides: the rows of tenants that are read together. Asked last, so that a row of the one tenant costs nothing more. It
is asked of deletions too: their transaction can only read."""
_READ, _WRITTEN = f"{_MINE} or {_TOGETHER}", _MINE
POLICY = "tenant_isolation"
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
        f"drop policy if exists {POLICY} on {table}",
        f"create policy {POLICY} on {table} using ({_READ}) with check ({_WRITTEN})",
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


def _bare(expression: str | None) -> str:
    """A policy's condition without what the server adds as it writes one out: brackets, casts, spaces, capitals."""
    return re.sub(r"::\w+|[\s()]", "", expression or "").lower()


def _amiss(table: str, row: sa.Row[Any] | None) -> Iterator[str]:
    """What is wrong with one tenant-owned table, as the catalogue has it."""
    if row is None:
        yield f"the table {table} does not exist; run: qplatform db upgrade"
        return
    policies: list[dict[str, Any]] = row.policies or []
    if not (row.relrowsecurity and row.relforcerowsecurity and policies):
        yield f"the table {table} has no forced row-level security; run: qplatform db upgrade"
    for policy in policies:
        if policy["name"] != POLICY:
            # several permissive policies are joined with OR, so one more can only open what this one closes
            yield f"the table {table} has a policy of its own, {policy['name']}; drop it"
        elif policy["for"] != "everybody, everything" or any(
            _bare(policy[side]) != _bare(ours) for side, ours in (("using", _READ), ("check", _WRITTEN))
        ):
            yield f"the policy {POLICY} of {table} is not the platform's; run: qplatform db upgrade"


def problems(connection: sa.Connection, without: frozenset[str] = frozenset()) -> list[str]:
    """Why this connection's role and tables do not isolate tenants: one plain line each; empty when all is well.

    Looked at are what the role is and what it may become (a member of another role can act as that one), and that each
    tenant-owned table has the platform's policy, word for word, and no other. `without` are tables of plugins that were
    taken out of service.
    """
    if connection.dialect.name != "postgresql":
        return []
    known = connection.exec_driver_sql(
        "select oid, rolname, rolsuper, rolbypassrls, rolname = current_user as mine from pg_roles "
        "where pg_has_role(current_user, oid, 'member')"
    )
    roles = {role.oid: role for role in known}
    (mine,) = (role for role in roles.values() if role.mine)
    me = mine.rolname
    if mine.rolsuper:  # a member of every role, too
        return [f"the database role {me} is a superuser; row-level security does not bind it"]
    found = []
    for role in roles.values():
        whose = f"the database role {me}" + ("" if role is mine else f" may act as {role.rolname}, which")
        if role.rolsuper:
            found.append(f"{whose} is a superuser; row-level security does not bind it")
        if role.rolbypassrls:
            found.append(f"{whose} has BYPASSRLS")
    rows = connection.exec_driver_sql(
        "select relname, relrowsecurity, relforcerowsecurity, relowner, (select json_agg(json_build_object("
        "'name', polname, 'using', pg_get_expr(polqual, polrelid), 'check', pg_get_expr(polwithcheck, polrelid), "
        "'for', case when polpermissive and polcmd = '*' and polroles = '{0}' then 'everybody, everything' end"
        ") order by polname) from pg_policy where polrelid = c.oid) as policies "
        "from pg_class c where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
    )
    tables = {row.relname: row for row in rows}
    for table in tenant_tables():
        if table.name in without:
            continue
        row = tables.get(table.name)
        found.extend(_amiss(table.name, row))
        if row is not None and (owner := roles.get(row.relowner)):
            whose = "" if owner is mine else f" may act as {owner.rolname}, which"
            found.append(f"the database role {me}{whose} owns {table.name}; the application must not be the owner")
    return found
