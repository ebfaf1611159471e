"""The application's plugins and tenants, as the registry asks them."""

from flask import current_app

from core.data.db import tenant_session
from core.data.session import ScopedSession
from core.people.personal.service import House


def house(session: ScopedSession) -> House:
    """Everybody who may hold something about a person, with the tenants as the database has them now."""
    directory = current_app.extensions["q.directory"]
    directory.refresh(session)
    return House(current_app.extensions["q.registry"], directory.all(), tenant_session)
