"""The second approver's migration, backwards: what waits for one waits for an approval again, at every site."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command

from core.data import migrate
from core.data.engine import create_engine
from core.data.migrate import Component
from core.data.scope import Scope
from core.data.session import ScopedSession
from plugins.expense_approvals import plugin
from plugins.expense_approvals.manifest import MANIFEST
from tests.plugins.expense_approvals.helpers import visitor
from tests.plugins.expense_approvals.test_second_approver import once_approved
from tests.support.databases import Database

OURS = Component(MANIFEST.name, Path(plugin.__file__).parent / "migrations", (MANIFEST.name,))
CLAIMS = "select state, count(*) from expense_approvals_claim group by state"


def rows(url: str, query: str) -> set[tuple[Any, ...]]:
    """What a query finds for the role that `url` names."""
    engine = migrate.owner_engine(url)
    with engine.connect() as connection:
        return {tuple(one) for one in connection.execute(sa.text(query))}


def test_what_waits_for_a_second_approver_waits_for_an_approval_again_at_every_site(own_database: Database) -> None:
    engine = create_engine(own_database.app_url)
    where = "select id from tenancy_tenant where slug in ('scotland', 'wales')"
    for (tenant_id,) in rows(own_database.superuser_url, where):
        with ScopedSession(scope=Scope.tenant(tenant_id), bind=engine) as session:
            once_approved(session, visitor(), colour=tenant_id)
    engine.dispose()
    every, owner = own_database.superuser_url, own_database.owner_url
    assert rows(every, CLAIMS) == {("first_approved", 2)}
    if own_database.engine == "postgres":
        assert rows(owner, CLAIMS) == set(), "row-level security binds the owner too"

    ways = migrate.owner_engine(owner)
    with ways.begin() as connection:
        command.downgrade(migrate._config(connection, OURS), "expense_approvals0006")
    assert rows(every, CLAIMS) == {("checked", 2)}
    assert rows(every, "select approved_p, why from expense_approvals_claim_line") == {(None, "")}
    steps = "select event, state, count(*) from expense_approvals_claim_step group by event, state"
    assert rows(every, steps) == {("submit", "submitted", 2), ("check", "checked", 4)}
    with ways.begin() as connection:
        command.upgrade(migrate._config(connection, OURS), "head")
    assert rows(every, CLAIMS) == {("checked", 2)}
    if own_database.engine == "postgres":
        assert rows(owner, CLAIMS) == set(), "the migration leaves no door open"
