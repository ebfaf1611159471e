"""Somebody at a site, for tests of a plugin's pages: an account that is signed in, and a browser that sends the forms it is shown."""

from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM, TenantRef
from core.people.login import TOKEN
from core.people.models import Cohort
from core.people.service import accounts, membership, roles, sign_ins
from core.web.page_forms import forms


class SiteClient(FlaskClient):
    """Flask's test client, with `submit`."""

    def submit(self, path: str, values: dict[str, Any] | None = None, *, to: str = "") -> TestResponse:
        """Open `path` and send the form there that has the fields of `values`, filled in with them; the answer, redirects not followed.
        Of several, `to` is in the address to which the one leads: so a form that is a button alone is found.

        The other fields go along as the page holds them, as from a browser; one whose value is None is left out. A button's name goes
        along where `values` has it. Raises AssertionError where the page is not shown or has no such form.
        """
        values = values or {}
        page = self.get(path)
        assert page.status_code == 200, f"{path} answered {page.status_code}"
        posting = [form for form in forms(page.text) if form.method == "post"]
        names = [{*form.kinds, *(name for name, _ in form.buttons)} for form in posting]
        fitting = [
            form
            for form, has in zip(posting, names, strict=True)
            if values.keys() <= has and to in (form.action or path)
        ]
        found = [(form.action or path, sorted(has)) for form, has in zip(posting, names, strict=True)]
        assert values or to, f"{path}: name a field of the form, or where it leads (to=…): {found}"
        assert fitting, f"{path} has no form with {sorted(values)} that leads to …{to}: {found}"
        form = fitting[0]
        sent = {**form.fields, **values}
        return self.post(form.action or path, data={name: value for name, value in sent.items() if value is not None})

    def signed_in(self, token: str) -> "SiteClient":
        """This client, with the cookie of the device that has the token."""
        with self.session_transaction() as cookie:
            cookie[TOKEN] = token
        return self


def sign_in(session: ScopedSession, role: Role, at: TenantRef) -> str:
    """A new account that holds `role` at `at` since yesterday, and a device on which it is signed in: the device's token.

    A member is at home at `at`, the site of a partner. Raises Invalid for a member of the UK site.
    """
    yesterday, name = clock.today() - timedelta(days=1), new_id()
    with transaction(session):
        account_id = accounts.create_confirmed(
            session, email=f"{name}@example.org".lower(), name=f"Sam {name}", password_hash=None
        )
        if role is Role.MEMBER:
            membership.join_in(session, SYSTEM, account_id=account_id, home=at, cohort=Cohort.FOUNDING, since=yesterday)
        else:
            roles.grant_in(
                session, account_id=account_id, role=role, at_tenant_id=at.id, starts_on=yesterday, ends_on=None,
                granted_by=None, reason="contract suite",
            )  # fmt: skip
    return sign_ins.begin(session, account_id=account_id, device="contract suite", remember=False)
