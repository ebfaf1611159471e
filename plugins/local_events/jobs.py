"""What happens by itself: offers lapse and go on to the next, people are told, sensitive answers are deleted."""

from datetime import datetime

from core.sdk import ScopedSession, every, site_of
from plugins.local_events.letters import places as place_letters
from plugins.local_events.service import offers, sealed, telling


@every("*/5 * * * *", name="local_events.sweep_offers")
def sweep_offers(session: ScopedSession, at: datetime) -> None:  # noqa: ARG001 - the slot is every handler's argument
    """Write down which offers have lapsed, and give what is free to who waits."""
    offers.sweep(session)


@every("* * * * *", name="local_events.tell_places")
def tell_places(session: ScopedSession, at: datetime) -> None:  # noqa: ARG001 - as above
    """Write to everybody whose registration has changed, and to the invited."""
    telling.tell(session, place_letters.post(site_of(session)))


@every("10 3 * * *", name="local_events.purge_sensitive")
def purge_sensitive(session: ScopedSession, at: datetime) -> None:
    """Delete sensitive answers whose days are over."""
    sealed.purge(session, at)
