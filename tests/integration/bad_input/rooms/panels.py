"""A window that is being assessed, with something of everything about a panel that has an address."""

from core.admissions.panel_needs import Needs
from core.admissions.queries import assessors as assessor_queries
from core.admissions.queries import conflicts as conflict_queries
from core.admissions.service import assessors, conflicts, plans
from core.kernel.ids import new_token
from core.kernel.views import SYSTEM
from tests.factories.admissions import make_window
from tests.factories.assessing import make_assessor, make_assignment, make_submitted
from tests.integration.bad_input.rooms.cast import Cast, Named, Room
from tests.integration.bad_input.rooms.people import EMAILS


def make_panel(cast: Cast) -> Room:
    """An assessor with an interest, an application that somebody has, a conflict with it, and two plans."""
    session, form_id = cast.session, cast.form_id
    window, earlier = make_window(session, form_id, -30, -2), make_window(session, form_id, -90, -60)
    application = make_submitted(session, window, form_id, cast.person("held"))
    place = make_assessor(session, cast.person("member"))
    make_assessor(session, cast.person("closed"))
    assignment = make_assignment(session, application, make_assessor(session, cast.person("colleague")))
    assessors.add_interest(session, SYSTEM, place, kind="person", target="Nobody", form_key=new_token())
    conflicts.put_down(session, SYSTEM, application, cast.person("closed"), "other", "test")
    asked = plans.ask(session, SYSTEM, earlier, new_token())
    ready = plans.ask(session, SYSTEM, window, new_token())
    plans.work_out(session, ready, lambda _: Needs())
    named: Named = {
        "assessor_id": (place,), "interest_id": (assessor_queries.interests(session, place)[0].id,),
        "panels.take_back:assignment_id": (assignment,), "conflict_id": (conflict_queries.of(session, application)[0].id,),
        "run_id": (ready, asked), "conflicts.of:application_id": (application,),
        **{f"{name}:window_id": (window,) for name in ("panels.show", "panels.assign", "plans.ask")},
        "panels.assign:application_id": (application,),
    }  # fmt: skip
    return Room(
        named,
        {
            "assessors.new": {"email": EMAILS["held"], "trained_on": "2020-05-06"},
            "assessors.edit": {"trained_on": "2020-05-06"},
        },
    )
