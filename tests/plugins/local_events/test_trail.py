"""The audit trail names events and visits by title, and nothing and nobody else."""

from collections.abc import Callable

from flask import Flask

from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.sdk import ScopedSession, TenantRef
from plugins.local_events.queries import subjects
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.helpers import published, visitor
from tests.plugins.local_events.visit_helpers import asked, host_of, offered
from tests.support.statements import Counter


def test_things_go_by_the_title_of_their_event_or_offer_in_one_statement(
    session: ScopedSession, scotland: TenantRef, wales: TenantRef, session_for: Callable[[str], ScopedSession],
    statements: Counter,
) -> None:  # fmt: skip
    event_id = published(session, scotland)
    elsewhere = published(session_for("wales"), wales)
    offer_id = offered(session, scotland, host_of(scotland))
    visit_id = asked(session, scotland, offer_id, visitor(home=scotland.id))
    session.rollback()
    with statements() as seen:
        found = subjects.titles(session, {event_id, offer_id, visit_id, elsewhere, new_id()})
    assert found == {
        event_id: "Measuring for improvement", offer_id: "A discharge lounge that works",
        visit_id: "A discharge lounge that works",
    }  # fmt: skip
    assert len(seen) == 1


def test_the_trail_tells_them(app: Flask, session: ScopedSession, scotland: TenantRef) -> None:
    event_id = published(session, scotland)
    lead = client_of(app, make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")]))
    page = lead.get("/scotland/manage/audit/?action=local_events.publish").text
    assert "Measuring for improvement" in page
    assert event_id not in page
