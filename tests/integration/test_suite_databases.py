"""The suite's databases: put back after every test, on both engines, and reached as the application reaches them."""

from collections.abc import Callable

import sqlalchemy as sa
from flask import Flask

from core.data import audit
from core.data.session import ScopedSession, transaction
from core.kernel.views import SYSTEM
from core.tenancy.directory import TenantSnapshot
from tests.support.client import FormClient, forms
from tests.support.databases import Database, Databases
from tests.support.statements import Counter


def _write(session: ScopedSession) -> None:
    with transaction(session):
        audit.record(session, actor=SYSTEM, action="test.mark", subject="suite")


def _marks(session: ScopedSession) -> int:
    query = sa.select(sa.func.count()).select_from(audit.AuditEntry).where(audit.AuditEntry.action == "test.mark")
    return session.scalars(query).one()


def test_the_baseline_has_the_partners_tenants(tenant: Callable[[str], TenantSnapshot], app: Flask) -> None:
    assert tenant("uk").id == 1
    assert len(app.extensions["q.directory"].all()) == 19
    assert len(app.extensions["q.directory"].partners()) == 18


def test_what_a_test_writes_is_there(session_for: Callable[[str], ScopedSession]) -> None:
    session = session_for("scotland")
    assert _marks(session) == 0
    _write(session)
    assert _marks(session) == 1


def test_and_gone_after_it(session_for: Callable[[str], ScopedSession]) -> None:
    session = session_for("scotland")
    assert _marks(session) == 0
    _write(session)
    assert _marks(session) == 1


def test_every_kind_of_change_is_undone(databases: Databases, baseline: Database) -> None:
    database = databases.create(baseline)
    keeper = databases.keep(database, baseline)
    engine = sa.create_engine(database.superuser_url)

    def rows() -> list[sa.Row[tuple[object, ...]]]:
        with engine.connect() as c:
            return list(c.exec_driver_sql("select id, slug, name, config_version from tenancy_tenant order by id"))

    before = rows()
    assert keeper.restore() is False
    for change in (
        "update tenancy_tenant set name = 'changed' where slug = 'wales'",
        (
            "insert into tenancy_shelf_item (id, account_id, origin_tenant_id, plugin, ref, kind, title, status, path, needs_action, "
            "changed_at, calendar_status, uid, sequence, place, join_href) select substr(slug, 1, 26), 'x', id, 'x', 'x', 'x', 'x', 'x', "
            "'x', false, changed_at, '', '', 0, '', '' from tenancy_tenant"
        ),
        "delete from data_audit_head",
    ):
        with engine.begin() as c:
            if engine.dialect.name == "sqlite":
                c.exec_driver_sql("pragma foreign_keys=off")
            assert c.exec_driver_sql(change).rowcount
        assert keeper.restore() is True
        assert keeper.restore() is False
        assert rows() == before
        with engine.connect() as c:
            assert c.exec_driver_sql("select count(*) from tenancy_shelf_item").scalar() == 0
            assert c.exec_driver_sql("select count(*) from data_audit_head").scalar()
    engine.dispose()
    keeper.close()
    databases.drop(database)


def test_statements_are_counted_without_transaction_control(
    session_for: Callable[[str], ScopedSession], statements: Counter
) -> None:
    session = session_for("wales")
    with statements() as seen:
        assert _marks(session) == 0
        session.rollback()
    assert len(seen) == 1, seen.text


def test_forms_are_read_as_a_browser_would() -> None:
    page = """<form action="/search"><input name="q" value="x"></form>
      <form method="post" action="/save?a=1"><input type="hidden" name="key" value="k"><input type="checkbox" name="c" checked>
      <input type="checkbox" name="d"><select name="s"><option value="1"><option value="2" selected></select>
      <textarea name="t">\ntwo &amp; three</textarea><button name="b" value="1">Save</button></form>"""
    search, save = forms(page)
    assert (search.method, search.fields) == ("get", {"q": ["x"]})
    assert save.action == "/save?a=1"
    assert save.fields == {"key": ["k"], "c": ["on"], "s": ["2"], "t": ["two & three"]}


def test_the_application_answers(client: FormClient) -> None:
    assert client.get("/readyz").status_code == 200
