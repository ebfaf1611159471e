"""The same thing done twice at the same moment happens once, on both engines."""

from collections.abc import Callable
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.audit import AuditEntry
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.ids import new_token
from core.kernel.permissions import ROLE_PERMISSIONS, Role
from core.kernel.views import SYSTEM, Actor
from core.people import housekeeping
from core.people.models import Account, Affiliation, Closure, RoleGrant
from core.people.service import accounts, credentials, membership, roles
from core.people.service.tools import Tools
from core.tenancy.directory import TenantSnapshot
from core.work.registry import JOBS
from tests.factories.people import PASSWORD, make_person
from tests.integration.people.conftest import Post
from tests.support.app_fixtures import FrozenClock
from tests.support.patience import PATIENCE
from tests.support.racing import AT_ONCE, at_once

Tenants = Callable[[str], TenantSnapshot]
UK = 1
pytestmark = pytest.mark.both  # they meet in the database


def _count(session: ScopedSession, *where: sa.ColumnElement[bool]) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).where(*where)) or 0


def test_one_address_registered_at_once(app: Flask, session: ScopedSession, tools: Tools, post: Post) -> None:
    at_once(
        app,
        UK,
        lambda s, n: accounts.register(s, tools, name="Sam", email="sam@example.org", locale="en", key=new_token()),
    )
    assert _count(session, Account.email_norm == "sam@example.org") == 1
    assert {letter.kind for letter in post.letters} == {"confirm"}
    assert len({letter.account_id for letter in post.letters}) == 1


def test_one_form_sent_at_once(app: Flask, session: ScopedSession, tools: Tools, post: Post) -> None:
    key = new_token()
    at_once(
        app, UK, lambda s, n: accounts.register(s, tools, name="Sam", email="sam@example.org", locale="en", key=key)
    )
    assert len(post.letters) == 1


def test_one_link_used_at_once(app: Flask, session: ScopedSession, tools: Tools, post: Post) -> None:
    accounts.register(session, tools, name="Sam", email="sam@example.org", locale="en", key=new_token())
    token = post.last.token
    passwords = [f"four quiet herons {n}" for n in range(AT_ONCE)]
    done = at_once(
        app, UK, lambda s, n: accounts.confirm(s, tools, token=token, name=f"Sam {n}", password=passwords[n])
    )
    assert sum(isinstance(result, str) for result in done) == 1
    credentials.request_reset(session, tools, email="sam@example.org", locale="en", key=new_token())
    token = post.last.token
    done = at_once(app, UK, lambda s, n: credentials.reset_password(s, tools, token=token, password=passwords[n]))
    assert sum(isinstance(result, str) for result in done) == 1


def test_two_addresses_become_one(app: Flask, session: ScopedSession, tools: Tools, post: Post) -> None:
    people = [Actor(make_person(app, f"p{n}@example.org"), "") for n in range(AT_ONCE)]
    for person in people:
        credentials.request_email(session, tools, person, email="new@example.org", password=PASSWORD, key=new_token())
    tokens = [letter.token for letter in post.letters]
    done = at_once(app, UK, lambda s, n: credentials.confirm_email(s, tools, token=tokens[n]))
    assert sum(isinstance(result, str) for result in done) == 1
    assert _count(session, Account.email_norm == "new@example.org") == 1


def test_one_role_given_at_once(app: Flask, session: ScopedSession, tenant: Tenants) -> None:
    someone, wales = make_person(app, "sam@example.org"), tenant("wales").ref()
    at_once(
        app,
        wales.id,
        lambda s, n: roles.grant(
            s,
            SYSTEM,
            account_id=someone,
            role=Role.ASSESSOR,
            at=wales,
            starts_on=clock.today(),
            ends_on=None,
            reason="x",
        ),
    )
    assert _count(session, RoleGrant.account_id == someone) == 1


def test_the_central_team_cannot_end_itself(app: Flask, session: ScopedSession, tenant: Tenants) -> None:
    uk = tenant("uk").ref()
    people = [make_person(app, f"p{n}@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]) for n in range(AT_ONCE)]
    grants = [
        session.scalars(sa.select(RoleGrant.id).where(RoleGrant.account_id == account_id)).one()
        for account_id in people
    ]
    session.rollback()
    at_once(app, UK, lambda s, n: roles.end(s, Actor(people[n], ""), grant_id=grants[n], at=uk, reason="farewell"))
    assert _count(session, RoleGrant.role == "central_team", RoleGrant.ended_at.is_(None)) == 1


def _central_left(session: ScopedSession) -> int:
    grant = RoleGrant.role == "central_team", RoleGrant.ended_at.is_(None)
    return _count(session, *grant, Account.id == RoleGrant.account_id, Account.disabled_at.is_(None))


def test_the_central_team_cannot_close_itself(app: Flask, session: ScopedSession, tenant: Tenants) -> None:
    """Some close the account of the next, some lay their own role down: somebody who can give a role stays."""
    uk, may = tenant("uk").ref(), ROLE_PERMISSIONS[Role.CENTRAL_TEAM]
    for turn in range(2):
        people = [
            make_person(app, f"p{turn}.{n}@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]) for n in range(AT_ONCE)
        ]
        grants = [
            session.scalars(sa.select(RoleGrant.id).where(RoleGrant.account_id == account_id)).one()
            for account_id in people
        ]
        session.rollback()

        def go(
            s: ScopedSession, n: int, turn: int = turn, people: list[str] = people, grants: list[str] = grants
        ) -> None:
            actor = Actor(people[n], "", frozenset({Role.CENTRAL_TEAM}), may)
            if turn % 2 and n % 2:
                roles.end(s, actor, grant_id=grants[n], at=uk, reason="farewell")
            else:
                accounts.close(s, actor, account_id=people[(n + 1) % AT_ONCE], reason="farewell")

        told = at_once(app, UK, go)
        assert _central_left(session) >= 1, told
        assert told.count(None) >= 1
        session.execute(sa.update(RoleGrant).values(ended_at=clock.now()))
        session.commit()


@pytest.mark.only("postgres")  # SQLite has one lock for all who write
def test_without_the_lock_two_of_the_central_team_close_each_other(
    app: Flask, session: ScopedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: reading the grants without a lock lets two close each other's account, and nobody is left."""
    people = [make_person(app, f"p{n}@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]) for n in range(2)]
    both_have_read = Barrier(2, timeout=PATIENCE)

    def read(s: ScopedSession) -> list[roles.CentralGrant]:
        rows = s.execute(
            sa.select(RoleGrant.id, RoleGrant.account_id, Account.disabled_at.is_(None))
            .join(Account, Account.id == RoleGrant.account_id)
        ).all()  # fmt: skip
        both_have_read.wait()
        return [roles.CentralGrant(*row) for row in rows]

    monkeypatch.setattr(roles, "lock_central", read)
    actors = [Actor(one, "", frozenset({Role.CENTRAL_TEAM}), ROLE_PERMISSIONS[Role.CENTRAL_TEAM]) for one in people]
    told = at_once(app, UK, lambda s, n: accounts.close(s, actors[n], account_id=people[1 - n], reason="farewell"), 2)
    assert told == [None, None]
    assert _central_left(session) == 0


@pytest.mark.parametrize("to", ["oxford", "wessex"])
def test_one_move_at_once(app: Flask, session: ScopedSession, tenant: Tenants, to: str) -> None:
    account_id = make_person(app, "sam@example.org", home="wales")
    home = tenant(to).ref()
    at_once(
        app,
        UK,
        lambda s, n: membership.move_home(s, Actor(account_id, ""), account_id=account_id, home=home, reason=""),
    )
    assert _count(session, Affiliation.account_id == account_id) == 2
    assert _count(session, Affiliation.account_id == account_id, Affiliation.ends_on.is_(None)) == 1


def test_opened_again_while_it_is_being_erased(app: Flask, session: ScopedSession, frozen_clock: FrozenClock) -> None:
    for turn in range(4):
        account_id = make_person(app, f"sam{turn}@example.org", name="Sam Whole", home="wales")
        accounts.close(session, SYSTEM, account_id=account_id, reason="asked for it", erase=True)
        session.rollback()
        frozen_clock.advance(days=31)

        def act(s: ScopedSession, number: int, account_id: str = account_id) -> None:
            if number % 2:
                accounts.reopen(s, SYSTEM, account_id=account_id, reason="thought again")
            else:
                JOBS[housekeeping.ERASE].handler(s, account_id=account_id)

        found = at_once(app, UK, act)
        session.rollback()
        row = session.execute(
            sa.select(Account.name, Account.disabled_at, Closure.erased_at)
            .outerjoin(Closure, Closure.account_id == Account.id)
            .where(Account.id == account_id)
        ).one()
        opened = row.name == "Sam Whole" and row.disabled_at is None and row.erased_at is None
        erased = row.name == "" and row.disabled_at is not None and row.erased_at is not None
        assert opened != erased, row
        told = session.scalars(
            sa.select(AuditEntry.action).where(
                AuditEntry.subject == account_id, AuditEntry.action.in_(("account.erased", "account.reopen"))
            )
        ).all()
        assert told == ["account.erased" if erased else "account.reopen"]
        assert len([one for one in found if one is None]) >= 1
