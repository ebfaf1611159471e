"""What happens to feedback by itself."""

from datetime import datetime

from core.sdk import N_, ScopedSession, clock, every, site_of
from plugins.local_events import quiet
from plugins.local_events.letters import feedback as letters
from plugins.local_events.service import feedback_rounds
from plugins.local_events.settings import settings_at


@every("7,37 * * * *", name="local_events.feedback", title=N_("Feedback is asked for after events, and closed"))
def feedback(session: ScopedSession, _at: datetime) -> None:
    """Open the feedback of events that are over, remind once when it is not night, and close after thirty days."""
    site = site_of(session)
    feedback_rounds.open_due(session, site.ref())
    if not quiet.is_night(clock.now(), settings_at(site)):
        feedback_rounds.remind_due(session, letters.reminder(site))
    feedback_rounds.close_due(session)
