"""What the room does by itself: telling people that a window opened or is about to close, and forgetting who stopped."""

from datetime import datetime
from typing import Any

from flask import current_app

from core.admissions.letters import tell
from core.admissions.service import interest
from core.data.session import ScopedSession
from core.tenancy.directory import TenantDirectory, TenantSnapshot
from core.work import every


def _site(session: ScopedSession) -> TenantSnapshot:
    directory: TenantDirectory = current_app.extensions["q.directory"]
    return directory.current(session, session.scope.tenant_id or 0)


@every("5,20,35,50 * * * *", name="core.tell_interested")
def tell_interested(session: ScopedSession, at: datetime) -> None:  # noqa: ARG001 - the slot is every handler's argument
    """Write to whoever is due to hear about this site's window. What is due follows from now, whichever slots were missed."""
    config: Any = current_app.config["Q"]
    interest.tell_due(session, secret_key=config.secret_key, post=tell(_site(session)))


@every("50 4 * * *", name="core.forget_interest")
def forget_interest(session: ScopedSession, at: datetime) -> None:
    """Delete addresses that were never confirmed, or that stopped."""
    interest.forget(session, at)
