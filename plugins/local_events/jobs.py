"""What happens by itself: offers lapse and go on to the next, people are told and reminded, sensitive answers are deleted."""

from datetime import datetime

from core.sdk import N_, ScopedSession, clock, every, job, site_of
from plugins.local_events import quiet
from plugins.local_events.letters import messages as message_letters
from plugins.local_events.letters import places as place_letters
from plugins.local_events.letters import visits as visit_letters
from plugins.local_events.service import leaving, offers, posting, reminding, sealed, telling, visit_offers
from plugins.local_events.settings import settings_at


@every(
    "*/5 * * * *",
    name="local_events.sweep_offers",
    title=N_("Places that lapse or are given back go on to whoever waits"),
)
def sweep_offers(session: ScopedSession, _at: datetime) -> None:
    """Give back what people have or wait for whose account is closed, write down which offers have lapsed, and give what is free to who
    waits."""
    site = site_of(session)
    leaving.withdraw_closed(session)
    visit_offers.close_hostless(session, visit_letters.post(site))
    leaving.end_visits(session, visit_letters.post(site))
    offers.sweep(session, settings_at(site))


@every(
    "* * * * *",
    name="local_events.tell_places",
    title=N_("Letters about places and invitations"),
    needed=telling.anybody_waits,
)
def tell_places(session: ScopedSession, _at: datetime) -> None:
    """Write to everybody whose registration has changed, and to the invited, when it is not night."""
    site = site_of(session)
    now, settings = clock.now(), settings_at(site)
    telling.tell(
        session,
        place_letters.post(site),
        lambda kind, starts_at: quiet.may_go(kind, starts_at, now, settings),
    )


@every("*/10 * * * *", name="local_events.remind", title=N_("Reminders before events"))
def remind(session: ScopedSession, _at: datetime) -> None:
    """Ask for the reminders that are due."""
    reminding.remind(session, site_of(session).ref())


@every(
    "* * * * *",
    name="local_events.post_letters",
    title=N_("Messages to the people of an event"),
    needed=posting.anything_waits,
)
def post_letters(session: ScopedSession, _at: datetime) -> None:
    """Write the letters that were asked for."""
    site = site_of(session)
    posting.post(session, settings_at(site), message_letters.post(site))


@job(posting.WRITE_LATE, title=N_("Messages that waited too long, once somebody asks for them"))
def write_late(session: ScopedSession, ids: list[str]) -> None:
    """Have letters written that waited too long: somebody said so in the console."""
    posting.ask_again(session, ids)


@every(
    "10 3 * * *",
    name="local_events.purge_sensitive",
    title=N_("What people said about access and food is deleted after its days"),
)
def purge_sensitive(session: ScopedSession, at: datetime) -> None:
    """Delete sensitive answers whose days are over."""
    sealed.purge(session, at)
