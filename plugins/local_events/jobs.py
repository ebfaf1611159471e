"""What happens by itself: offers lapse and go on to the next."""

from datetime import datetime

from core.sdk import ScopedSession, every
from plugins.local_events.service import offers


@every("*/5 * * * *", name="local_events.sweep_offers")
def sweep_offers(session: ScopedSession, at: datetime) -> None:  # noqa: ARG001 - the slot is every handler's argument
    """Write down which offers have lapsed, and give what is free to who waits."""
    offers.sweep(session)
