"""What is forgotten by itself, and what is not."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.permissions import Role
from core.people import housekeeping
from core.people.models import Account, SignIn
from core.people.service import accounts, roles, sign_ins
from core.people.service.tools import Tools
from core.work.models import Mail
from core.work.registry import SCHEDULES
from tests.factories.people import make_person
from tests.integration.people.conftest import link_in
from tests.support.app_fixtures import FrozenClock
from tests.support.client import FormClient


def test_old_sign_ins_are_forgotten(app: Flask, session: ScopedSession, frozen_clock: FrozenClock) -> None:
    account_id = make_person(app, "sam@example.org")
    for remember in (False, True):
        sign_ins.begin(session, account_id=account_id, device=f"{remember}", remember=remember)
    frozen_clock.advance(days=100)
    sign_ins.begin(session, account_id=account_id, device="new", remember=False)
    housekeeping.forget_sign_ins(session, frozen_clock.now)
    assert set(session.scalars(sa.select(SignIn.device))) == {"True", "new"}


def test_accounts_nobody_confirmed_are_forgotten(
    app: Flask, session: ScopedSession, tools: Tools, key: Callable[[], str], frozen_clock: FrozenClock
) -> None:
    make_person(app, "sam@example.org")
    for email in ("never@example.org", "promised@example.org"):
        accounts.register(session, tools, name="N", email=email, locale="en", key=key())
    promised = session.scalars(sa.select(Account.id).where(Account.email_norm == "promised@example.org")).one()
    session.rollback()
    give_role(session, promised)
    frozen_clock.advance(days=29)
    accounts.register(session, tools, name="N", email="late@example.org", locale="en", key=key())
    frozen_clock.advance(days=2)
    housekeeping.forget_unconfirmed(session, frozen_clock.now)
    left = set(session.scalars(sa.select(Account.email_norm)))
    assert left == {"sam@example.org", "promised@example.org", "late@example.org"}


@pytest.mark.parametrize("path", ["/account/register", "/account/reset"])
def test_a_link_that_was_asked_for_again_is_good_as_long_as_it_says(
    client: FormClient, session: ScopedSession, mails: Callable[[], list[Mail]], frozen_clock: FrozenClock, path: str
) -> None:
    client.submit("/account/register", {"name": "Sam", "email": "sam@example.org"})
    frozen_clock.advance(days=29, hours=20)
    asked = {"name": "Sam", "email": "sam@example.org"} if "register" in path else {"email": "sam@example.org"}
    assert client.submit(path, asked).status_code == 303
    link = link_in(mails()[-1])
    for days, answer in ((2, 200), (2, 410)):
        frozen_clock.advance(days=days)
        housekeeping.forget_unconfirmed(session, frozen_clock.now)
        assert client.get(link).status_code == answer
    assert session.scalar(sa.select(Account.id)) is None


def give_role(session: ScopedSession, account_id: str) -> None:
    """A role promised to an account that is not confirmed yet."""
    with transaction(session):
        roles.grant_in(
            session, account_id=account_id, role=Role.ASSESSOR, at_tenant_id=3, starts_on=clock.today(), ends_on=None,
            granted_by=None, reason="panel",
        )  # fmt: skip


def test_they_come_round_every_day() -> None:
    assert {"core.forget_sign_ins", "core.forget_unconfirmed"} <= set(SCHEDULES)
    assert all(SCHEDULES[name].once for name in ("core.forget_sign_ins", "core.forget_unconfirmed"))
