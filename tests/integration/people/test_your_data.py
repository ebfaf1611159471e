"""A person's own data: the registry covers every table, and the export is whole and holds one person alone."""

import json
from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any
from unittest.mock import Mock
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.audit import AuditEntry
from core.data.base import Base
from core.data.session import ScopedSession
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.people.models import Account
from core.people.personal.registry import PARTS
from core.people.personal.service import OutOfService, collect
from core.people.service import roles
from core.tenancy.directory import TenantSnapshot
from core.tenancy.models import PluginState
from core.work.models import Mail
from tests.factories.people import PASSWORD, client_of, make_person
from tests.integration.people.conftest import link_in
from tests.plugins.local_events.helpers import published
from tests.support.client import FormClient

PERSONAL = {"account_id", "email", "email_norm", "to_address"}
"""Columns by which a table is known to hold something about one person."""
Sessions = Callable[[str], ScopedSession]
Tenants = Callable[[str], TenantSnapshot]


def _unzipped(body: bytes) -> tuple[dict[str, Any], str]:
    with ZipFile(BytesIO(body)) as file:
        assert sorted(file.namelist()) == ["your-data.html", "your-data.json"]
        return json.loads(file.read("your-data.json")), file.read("your-data.html").decode()


def test_every_table_of_the_core_with_a_persons_column_has_its_part(app: Flask) -> None:
    """A plugin's tables are its own affair: the contract suite looks at those."""
    plugins = tuple(f"{name}_" for name in app.extensions["q.registry"].names())
    named = {table for part in PARTS.values() for table in part.tables}
    tables = [table for table in Base.metadata.sorted_tables if not table.name.startswith(plugins)]
    forgotten = {table.name for table in tables if PERSONAL & {column.name for column in table.columns}} - named
    assert not forgotten, f"say in a Part of core/people/personal what these hold, and how it is erased: {forgotten}"
    assert named <= set(Base.metadata.tables)


def test_what_cannot_be_erased_says_why() -> None:
    assert [part.name for part in PARTS.values() if part.erase is None and not part.stays] == []


def _somebody(app: Flask, session: ScopedSession, tenant: Tenants) -> str:
    account_id = make_person(app, "sam@example.org", name="Sam <b>Own</b>", home="wales")
    roles.grant(
        session, SYSTEM, account_id=account_id, role=Role.ASSESSOR, at=tenant("wales").ref(),
        starts_on=date(2017, 1, 1), ends_on=None, reason="sat on the panel",
    )  # fmt: skip
    return account_id


def test_the_file_holds_everything_about_one_person(
    app: Flask, session_for: Sessions, tenant: Tenants, platform_session: ScopedSession
) -> None:
    account_id = _somebody(app, session_for("wales"), tenant)
    other = make_person(app, "else@example.org", name="Somebody Else", home="wales")
    event_id = published(session_for("scotland"), tenant("scotland").ref(), title="Open day")
    client, theirs = client_of(app, account_id), client_of(app, other)
    for visitor in (client, theirs):
        assert visitor.submit(f"/scotland/events/{event_id}", form="register").status_code == 303
    client.submit("/account/", {"organisation": "Own hospital", "about": "Own words"})
    platform_session.execute(sa.update(PluginState).values(enabled=False))  # off everywhere: its data is still there
    platform_session.commit()
    answer = client.submit("/wales/account/data", {"password": PASSWORD})
    assert answer.status_code == 200
    assert answer.mimetype == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    data, page = _unzipped(answer.data)
    held = {(one["source"], one["site"], one["heading"]): one["data"] for one in data["sections"]}
    assert held["account", None, "Account"]["email"] == "sam@example.org"
    assert held["profile", None, "Profile"]["organisation"] == "Own hospital"
    assert held["membership", None, "Membership"]["since"] == "2015-03-02"
    assert held["membership", None, "Home partners"][0]["site"] == "Wales"
    assert held["roles", None, "Roles"][0]["reason"] == "sat on the panel"
    assert held["sign_ins", None, "Where you signed in"][0]["device"] == "Test"
    assert held["shelf", None, "My items"][0]["title"] == "Open day"
    assert held["local_events", "scotland", "Event registrations"][0]["name"] == "Sam <b>Own</b>"
    done = [entry["action"] for entry in held["audit", "scotland", "Audit trail"]]
    assert done == ["local_events.register"]
    about = next(e for e in held["audit", "wales", "Audit trail"] if e["action"] == "role.grant")
    assert about == {"at": about["at"], "action": "role.grant", "by_you": False, "about_you": True}
    text = json.dumps(data)
    assert other not in text
    assert "Somebody Else" not in text
    for secret in platform_session.execute(sa.select(Account.stamp, Account.password_hash)).all():
        assert secret[0] not in text
        assert str(secret[1]) not in text
    assert "Sam &lt;b&gt;Own&lt;/b&gt;" in page
    assert "Own hospital" in page
    assert platform_session.scalar(sa.select(AuditEntry.subject).where(AuditEntry.action == "account.export")) == (
        account_id
    )


def test_what_is_done_to_others_names_only_oneself(
    app: Flask, session_for: Sessions, tenant: Tenants, make_client: Callable[[], Any]
) -> None:
    lead = make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")])
    other = make_person(app, "else@example.org", name="Somebody Else")
    client = client_of(app, lead)
    client.submit(
        "/scotland/manage/roles/new", {"email": "else@example.org", "role": "assessor", "reason": "knows the area"}
    )
    data, _ = _unzipped(client.submit("/account/data", {"password": PASSWORD}).data)
    entries = [e for one in data["sections"] if one["source"] == "audit" for e in one["data"]]
    granted = next(e for e in entries if e["action"] == "role.grant")
    assert granted["by_you"]
    assert granted["why"] == "knows the area"
    assert "subject" not in granted
    assert other not in json.dumps(data)


def _messages(client: FormClient) -> list[tuple[str, str]]:
    data, _ = _unzipped(client.submit("/account/data", {"password": PASSWORD}).data)
    held = [message for one in data["sections"] if one["source"] == "mail" for message in one["data"]]
    return [(message["to_address"], message["subject"]) for message in held]


def test_the_file_does_not_tell_whether_an_address_has_an_account(app: Flask) -> None:
    client = client_of(app, make_person(app, "sam@example.org"))
    taken = client_of(app, make_person(app, "taken@example.org"))
    for address in ("taken@example.org", "free@example.org"):
        assert client.submit("/account/email", {"email": address, "password": PASSWORD}).status_code == 303
    assert _messages(client) == []
    assert _messages(taken) == [("taken@example.org", "You already have an account")]


def test_the_file_holds_what_went_to_an_earlier_address(app: Flask, mails: Callable[[], list[Mail]]) -> None:
    client = client_of(app, make_person(app, "sam@example.org"))
    client.submit("/account/email", {"email": "new@example.org", "password": PASSWORD})
    client.submit(link_in(mails()[-1]), {"form_key": "a-key"})
    assert _messages(client) == [
        ("new@example.org", "Confirm your new email address"), ("sam@example.org", "Your email address was changed"),
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["/account/data", "/account/close"])
def test_the_password_is_asked_again(app: Flask, path: str, platform_session: ScopedSession) -> None:
    client = client_of(app, make_person(app, "sam@example.org"))
    answer = client.submit(path, {"password": "not the one", "sure": "y"})
    assert answer.status_code == 422
    assert "That is not your present password" in answer.text
    assert client.submit(path, {"password": "", "sure": "y"}).status_code == 422
    assert platform_session.scalar(sa.select(sa.func.count()).where(Account.disabled_at.is_not(None))) == 0


def test_the_page_in_the_file_speaks_welsh(app: Flask) -> None:
    client = client_of(app, make_person(app, "sam@example.org", home="wales"))
    client.get("/wales/language/cy")
    _, page = _unzipped(client.submit("/wales/account/data", {"password": PASSWORD}).data)
    assert '<html lang="cy">' in page
    assert "Cyfeiriad e-bost" in page


def test_a_file_that_cannot_be_read_leaves_no_export_on_record(
    app: Flask, session_for: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.people.views.data.files", Mock(side_effect=OSError("the store is away")))
    client = client_of(app, make_person(app, "sam@example.org"))
    assert client.submit("/account/data", {"password": PASSWORD}).status_code == 500
    noted = sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.action == "account.export")
    assert session_for("uk").scalar(noted) == 0, "nobody took a copy"


def test_a_broken_plugin_leaves_no_export_that_looks_whole(
    app: Flask, session_for: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.hooks.registry import Broken
    from core.people.personal.asking import house

    account_id, session = make_person(app, "sam@example.org"), session_for("uk")
    registry = app.extensions["q.registry"]
    monkeypatch.delitem(registry.plugins, "local_events")
    monkeypatch.setitem(registry.broken, "local_events", Broken("local_events", "does not load"))
    with app.app_context(), pytest.raises(OutOfService, match="local_events"):
        collect(session, house(session), account_id)
    client = client_of(app, account_id)
    answer = client.submit("/account/data", {"password": PASSWORD})
    assert answer.status_code == 422
    assert "being mended" in answer.text
    session.rollback()
    noted = sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.action == "account.export")
    assert session.scalar(noted) == 0, "nobody took a copy"
    assert client.get("/account/close").status_code == 200
