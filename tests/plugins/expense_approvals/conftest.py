"""A session and a site for the tests of expense approvals."""

from collections.abc import Callable

import pytest
from flask import Flask

from core.sdk import ScopedSession, TenantRef
from tests.plugins.expense_approvals.helpers import switched_on


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    """A session on Scotland's rows."""
    return session_for("scotland")


@pytest.fixture
def site(app: Flask) -> Flask:
    """The application with the plugin on in Scotland."""
    switched_on(app, "scotland")
    return app


@pytest.fixture
def scotland(app: Flask) -> TenantRef:
    """The site whose rows the session sees."""
    found: TenantRef = app.extensions["q.directory"].by_slug("scotland").ref()
    return found
