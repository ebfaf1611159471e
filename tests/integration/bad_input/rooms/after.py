"""What follows an event, and visits: feedback, actions, reflections, offers and visits of the member."""

from datetime import timedelta

from core.kernel import clock
from core.kernel.ids import new_token
from core.sdk import Visitor
from plugins.local_events.service import feedback_actions, places, reflections, visits
from plugins.local_events.service.feedback_actions import Plan
from tests.integration.bad_input.rooms.cast import Cast, Named, Room
from tests.plugins.local_events.helpers import ORGANISER, published, visitor
from tests.plugins.local_events.visit_helpers import Letters, asked, offered

OF_ACTION = ("action_edit", "action_new", "feedback")
OF_PERSON = ("action", "feedback", "reflection", "reflection_delete")


def make_after(cast: Cast) -> Room:
    """An event that is over and that the member had a place at, with an action; an offer of the member's that waits and has been
    asked for; and visits of the member's own that are agreed, confirmed, and took place."""
    session, tenant, account = cast.session, cast.site.ref(), cast.people["member"]
    by = Visitor(account, "Mel Member", "member@example.org", is_member=True, home_tenant_id=tenant.id)
    organiser = visitor(ORGANISER)
    with clock.frozen(clock.now() - timedelta(days=12)):
        over = published(session, tenant, by=by)
        places.register(session, tenant, over, by)
    reflections.keep(session, tenant, over, "Mine", wants_to_share=False, visitor=by, form_key=new_token())
    due = clock.today() + timedelta(days=9)
    action = feedback_actions.add(
        session, tenant, over, Plan("Hot", "A fan", "member@example.org", due), organiser, new_token()
    )
    offer, guest = offered(session, tenant, by), visitor(home=tenant.id)
    waits = asked(session, tenant, offer, guest)
    done = asked(session, tenant, offer, visitor(home=tenant.id))
    visits.agree(session, done, None, "", 1, by, Letters())
    host = visitor(home=tenant.id)
    theirs = [offered(session, tenant, host) for _ in range(4)]
    mine = [_as_visitor(cast, one, by, host, steps) for steps, one in enumerate(theirs[1:])]
    later = {"open_until": (clock.today() + timedelta(days=20)).isoformat()}
    named: Named = {
        **{f"local_events_manage.{name}:event_id": (over,) for name in OF_ACTION},
        **{f"local_events.{name}:event_id": (over,) for name in OF_PERSON},
        "action_id": (action,), "visit_offer_id": (offer, theirs[0]), "visit_id": (waits, done, *mine),
    }  # fmt: skip
    return Room(
        named,
        {
            "local_events.visit_new": {**later, "starts_at": ""},
            "local_events.visit_edit": {**later, "starts_at": ""},
            "local_events.visit_agree": {"visit_at": ""},
            "local_events.visit_link": {"event_id": ""},
            "local_events_manage.action_new": {"owner": "member@example.org", "due_on": due.isoformat()},
            "local_events_manage.action_edit": {"owner": "member@example.org", "due_on": due.isoformat()},
        },
    )


def _as_visitor(cast: Cast, offer_id: str, by: Visitor, host: Visitor, steps: int) -> str:
    """A visit that `by` asked for: agreed, with one more step confirmed, with two taken place."""
    session, post = cast.session, Letters()
    visit_id = asked(session, cast.site.ref(), offer_id, by)
    visits.agree(session, visit_id, None, "", 1, host, post)
    for version, step in enumerate((visits.confirm, visits.take_place)[:steps], 2):
        step(session, visit_id, version, by, post)
    return visit_id
