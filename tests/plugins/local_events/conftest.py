"""A site and a session for the tests of local events."""

from collections.abc import Callable

import pytest

from core.sdk import ScopedSession, TenantRef
from core.tenancy.directory import TenantSnapshot


@pytest.fixture
def scotland(tenant: Callable[[str], TenantSnapshot]) -> TenantRef:
    """The site of the tests."""
    return tenant("scotland").ref()


@pytest.fixture
def wales(tenant: Callable[[str], TenantSnapshot]) -> TenantRef:
    """Another site."""
    return tenant("wales").ref()


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    """A session on Scotland's rows."""
    return session_for("scotland")
