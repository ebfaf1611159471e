"""`qplatform central`: the first member of the central team, of whom no page can be asked."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask

from core.cli import main
from core.data.audit import UK, AuditEntry
from core.data.db import tenant_session
from core.data.session import transaction
from core.kernel.permissions import Role
from core.people.models import Account
from core.people.queries import holders
from tests.factories.people import client_of, make_person

Command = Callable[[str], Result]


@pytest.fixture
def central(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`central("ann@example.org")`: the command on the test's database."""
    monkeypatch.setattr("core.commands.central.made_app", lambda: (app.config["Q"], app))
    return lambda address: CliRunner().invoke(main, ["central", address])


def test_the_first_member_is_given_the_role_and_may_use_the_console(app, central):
    account_id = make_person(app, "ann@example.org", name="Ann Example")
    done = central("Ann@Example.org")
    assert done.exit_code == 0, done.output
    assert "Ann Example is of the central team" in done.output
    assert client_of(app, account_id).get("/console/").status_code == 200
    with app.app_context(), tenant_session(UK) as session:
        told = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "role.grant")).one()
        assert (told.subject, told.why) == (account_id, "first member of the central team")


def test_an_address_that_nobody_confirmed_is_refused_with_the_way_to_it(app, central):
    account_id = make_person(app, "ben@example.org", confirmed=False)
    with app.app_context(), tenant_session(UK) as session, transaction(session):
        session.execute(sa.update(Account).where(Account.id == account_id).values(confirmed_at=None))
    for address in ("ben@example.org", "nobody@example.org"):
        done = central(address)
        assert done.exit_code == 1
        assert f"nobody has confirmed {address} as theirs: register at http" in done.output


def test_where_the_team_has_members_they_give_the_role(app, central):
    first = make_person(app, "ann@example.org", grants=[(Role.CENTRAL_TEAM, "uk")])
    make_person(app, "cat@example.org")
    done = central("cat@example.org")
    assert done.exit_code == 1
    assert "one of them gives the role, at /console/roles" in done.output
    with app.app_context(), tenant_session(UK) as session:
        assert holders(session, Role.CENTRAL_TEAM, UK) == [first]
