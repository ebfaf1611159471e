"""The day of an event: one that is about to begin, one that is over with certificates, and one whose people are written to."""

from datetime import timedelta

import sqlalchemy as sa

from core.kernel import clock
from core.kernel.ids import new_token
from plugins.local_events import tickets
from plugins.local_events.models import Registration
from plugins.local_events.queries import certificates
from plugins.local_events.queries.messages import Audience
from plugins.local_events.service import certifying, messaging, places
from plugins.local_events.service.messaging import Words
from tests.integration.bad_input.rooms.cast import FIRST, Cast, Room
from tests.plugins.local_events.day_helpers import keep, organiser, press, with_people
from tests.plugins.local_events.helpers import published, visitor

OF_THE_DOOR = ("check_in", "press", "by_code", "add_walk_in", "presses", "scanned")
OF_THE_PAST = ("attended", "attendee", "forget", "given", "revoke")
OF_MESSAGES = ("message_list", "message_new", "message", "automatic")


def make_day(cast: Cast) -> Room:
    """The events, by the routes that are of each."""
    session, tenant = cast.session, cast.site.ref()
    door, [first, _] = with_people(session, tenant, 2)
    secret = session.scalar(sa.select(Registration.secret).where(Registration.id == first)) or ""
    with clock.frozen(clock.now() - timedelta(hours=5)):
        over, [came, late] = with_people(session, tenant, 2)
        [named] = keep(session, tenant, over, press("", kind="walk_in", name="Rhys Davies"))
        keep(session, tenant, over, press(came))
    certifying.issue(session, tenant, over, 60, organiser())
    keep(session, tenant, over, press(late))  # and has none yet
    given = certificates.of_event(session, over)[0]
    written = published(session, tenant)
    places.register(session, tenant, written, visitor(account_id=cast.people["member"]))
    message = messaging.send(
        session, tenant, written, Words("Hello", "There"), Audience(), 1, organiser(), new_token()
    )  # fmt: skip
    of = {**dict.fromkeys(OF_THE_PAST, over), **dict.fromkeys(OF_MESSAGES, written)}
    return Room(
        {
            **{f"local_events.{name}:event_id": (door,) for name in OF_THE_DOOR},
            **{f"local_events_manage.{name}:event_id": (event,) for name, event in of.items()},
            "local_events.ticket:event_id": (written,), "secret": (secret,), "attendee_id": (named.who,),
            "certificate_id": (given.id,), "message_id": (message,), "local_events_manage.automatic:kind": ("change",),
            "local_events.certificate:code": (given.code,), "local_events.certificate_file:code": (given.code,),
        },
        {
            "local_events.by_code": {"code": tickets.code_of(secret)},
            "local_events_manage.attendee": {"attendance": FIRST},
        },
    )  # fmt: skip
