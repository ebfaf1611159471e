"""People for tests, made by the services the product itself uses."""

from collections.abc import Sequence
from datetime import date
from typing import cast

from flask import Flask

from core.data.db import tenant_session
from core.data.session import transaction
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.people import passwords
from core.people.login import TOKEN
from core.people.models import Cohort
from core.people.service import accounts, membership, roles, sign_ins
from core.tenancy.directory import TenantDirectory
from tests.support.client import FormClient

PASSWORD = "mangle trout vivid"


def make_person(
    app: Flask,
    email: str,
    *,
    name: str = "Sam Example",
    home: str = "",
    grants: Sequence[tuple[Role, str]] = (),
    confirmed: bool = True,
) -> str:
    """An account (password: PASSWORD), a member of `home` where one is named, with roles as (role, tenant's slug). Its id."""
    directory: TenantDirectory = app.extensions["q.directory"]

    def at(slug: str) -> int:
        found = directory.by_slug(slug)
        assert found is not None
        return found.id

    with app.app_context(), tenant_session(1) as session, transaction(session):
        password_hash = passwords.hasher(quick=True).hash(PASSWORD) if confirmed else None
        account_id = accounts.create_confirmed(session, email=email, name=name, password_hash=password_hash)
        if home:
            tenant = directory.by_slug(home)
            assert tenant is not None
            membership.join_in(
                session,
                SYSTEM,
                account_id=account_id,
                home=tenant.ref(),
                cohort=Cohort.FOUNDING,
                since=date(2015, 3, 2),
            )
        for role, slug in grants:
            roles.grant_in(
                session,
                account_id=account_id,
                role=role,
                at_tenant_id=at(slug),
                starts_on=date(2017, 1, 1),
                ends_on=None,
                granted_by=None,
                reason="test",
            )
    return account_id


def client_of(app: Flask, account_id: str) -> FormClient:
    """A browser in which the account is signed in."""
    with app.app_context(), tenant_session(1) as session:
        token = sign_ins.begin(session, account_id=account_id, device="Test", remember=False)
    client = cast("FormClient", app.test_client())
    with client.session_transaction() as cookie:
        cookie[TOKEN] = token
    return client
