"""What the demonstration shows of the day itself: somebody came to each past event, and a message is on its way."""

import sqlalchemy as sa

from core.data.session import transaction
from core.kernel.ids import new_id
from core.sdk import Person
from plugins.local_events import demonstration
from plugins.local_events.models import Event
from plugins.local_events.queries import attendance, certificates, events, messages


def test_past_events_have_attendance_and_certificates_and_one_has_a_message(app_context, session, scotland):
    people = [Person(new_id(), f"Person {n}", f"person{n}@example.org") for n in range(40)]
    with transaction(session):
        demonstration.fill(session, scotland, people)
    completed = session.scalars(sa.select(Event.id).where(Event.state == "completed")).all()
    assert completed
    for event_id in completed:
        found = attendance.people(session, events.find(session, event_id))
        came = [one for one in found if one.came]
        assert came
        assert any(one.kind == attendance.WALKED_IN for one in found)
        assert {one.name for one in certificates.of_event(session, event_id)} <= {one.name for one in came}
    told = [messages.sent(session, event_id) for event_id in session.scalars(sa.select(Event.id))]
    assert [len(one) for one in told if one] == [1]
