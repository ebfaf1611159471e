"""A panel with applications, for the tests of assessors, conflicts and assignments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask

from core.admissions import conflict_rules
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.permissions import Permission, Role
from core.kernel.views import Actor
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import ANSWERS, make_assessor, make_submitted
from tests.factories.people import make_person

MANAGE = frozenset({Permission.TENANT_ADMISSIONS_MANAGE.value, Permission.TENANT_ROLES_MANAGE.value})


@dataclass
class Panel:
    """A window of Scotland that is being assessed, its lead, and what was added to it."""

    app: Flask
    session: ScopedSession
    lead: Actor
    form: str
    window: str
    accounts: dict[str, str] = field(default_factory=dict)

    def person(self, name: str, *roles: Role) -> str:
        """An account; its id."""
        email = f"{name.lower().replace(' ', '.')}@example.org"
        self.accounts[name] = make_person(self.app, email, name=name, grants=[(role, "scotland") for role in roles])
        return self.accounts[name]

    def assessor(self, name: str, *panel_roles: str, **changes: Any) -> str:
        """Somebody on the panel; the place's id."""
        workplace = changes.get("workplace", "")
        account = self.person(name, Role.ASSESSOR)
        return make_assessor(
            self.session, account, panel_roles, **{"workplace_norm": conflict_rules.normal(workplace), **changes}
        )  # fmt: skip

    def application(
        self, name: str, organisation: str = "", answers: Mapping[str, Any] = ANSWERS, **changes: Any
    ) -> str:
        """A submitted application; its id."""
        account = self.accounts.get(name) or self.person(name)
        return make_submitted(
            self.session, self.window, self.form, account, answers, organisation_norm=conflict_rules.normal(organisation), **changes
        )  # fmt: skip

    @property
    def due(self) -> Any:
        """An instant until which something can be assessed."""
        return clock.now() + timedelta(days=20)


def make_panel(app: Flask, session: ScopedSession, **window: Any) -> Panel:
    """An empty one."""
    lead = make_person(app, "lead@example.org", name="Lee Lead", grants=[(Role.PARTNER_LEAD, "scotland")])
    form = make_form(session)
    actor = Actor(lead, "Lee Lead", permissions=MANAGE)
    return Panel(app, session, actor, form, make_window(session, form, -30, -2, **window), {"Lee Lead": lead})
