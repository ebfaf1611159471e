"""A session for the tests of expense approvals."""

from collections.abc import Callable

import pytest

from core.sdk import ScopedSession


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    """A session on Scotland's rows."""
    return session_for("scotland")
