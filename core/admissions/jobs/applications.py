"""What the room does by itself: telling people that a window opened or is about to close, forgetting
who stopped, and what the clock does to drafts."""

from datetime import datetime
from typing import Any

from flask import current_app

from core.admissions.downloads import store
from core.admissions.letters.windows import tell, unfinished
from core.admissions.service import attachments, deadlines, interest
from core.data.session import ScopedSession
from core.kernel.text import N_
from core.tenancy.directory import TenantDirectory, TenantSnapshot
from core.work import every


def site(session: ScopedSession) -> TenantSnapshot:
    """The tenant in whose scope a job runs."""
    directory: TenantDirectory = current_app.extensions["q.directory"]
    return directory.current(session, session.scope.tenant_id or 0)


@every("5,20,35,50 * * * *", name="core.tell_interested", title=N_("Letters to those who asked to hear about a window"))
def tell_interested(session: ScopedSession, _at: datetime) -> None:
    """Write to whoever is due to hear about this site's window. What is due follows from now, whichever slots were missed."""
    config: Any = current_app.config["Q"]
    interest.tell_due(session, secret_key=config.secret_key, post=tell(site(session)))


@every(
    "50 4 * * *",
    name="core.forget_interest",
    title=N_("Email addresses that were not confirmed, or asked for no more letters, are deleted"),
)
def forget_interest(session: ScopedSession, at: datetime) -> None:
    """Delete addresses that were never confirmed, or that stopped."""
    interest.forget(session, at)


@every("10,40 * * * *", name="core.end_drafts", title=N_("Reminders before a window closes; drafts end with it"))
def end_drafts(session: ScopedSession, at: datetime) -> None:
    """Write to those whose draft's window is about to close; end the drafts of windows that are over, and let requests lapse."""
    deadlines.remind(session, at, unfinished(site(session)))
    deadlines.expire(session, at)
    deadlines.lapse(session, at)


@every("15 5 * * *", name="core.sweep_files", title=N_("Files that were removed from applications are deleted"))
def sweep_files(session: ScopedSession, at: datetime) -> None:
    """Delete the content of files that were removed, and what a killed process left without a row."""
    attachments.sweep(session, store(), at)
