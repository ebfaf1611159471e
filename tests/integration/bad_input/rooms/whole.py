"""Every room, one after the other, at Scotland's site; those of Joining Q at Wales's too, for what must not be reached."""

from dataclasses import dataclass

from flask import Flask

from core.data.db import open_session
from core.data.scope import Scope
from tests.factories.admissions import make_form
from tests.integration.bad_input.rooms import (
    after,
    applying,
    assessing,
    central,
    day,
    deciding,
    event_series,
    expense_payments,
    expenses,
    panels,
    people,
    quality,
    rules,
)
from tests.integration.bad_input.rooms.cast import Cast, Good, Named, Room
from tests.plugins.local_events.helpers import published

OF_ONE_SITE = {
    "application_id", "attachment_id", "window_id", "assessor_id", "interest_id", "assignment_id", "conflict_id", "run_id",
    "meeting_id", "item_id", "redaction_id", "offer_id", "batch_id", "decision_id", "appeal_id", "mark_id",
    "activity_id", "budget_id", "preapproval_id", "payment_batch_id", "delegation_id",
}  # fmt: skip
"""The parameters that name something of one site's own in Joining Q."""


@dataclass(frozen=True)
class Filled:
    """What the tests have to know: accounts by name, what addresses name here and elsewhere, good answers by route."""

    people: dict[str, str]
    named: Named
    foreign: Named
    good: Good


def _joining_q(cast: Cast) -> list[Room]:
    makers = (
        applying.make_applying, applying.make_joining, assessing.make_assessing,
        rules.make_rule_room,  # before other proposals: those of the next have no texts to try rules on
        deciding.make_deciding,
        quality.make_quality,
        panels.make_panel,  # last: a plan holds as long as nobody else joins the panel
    )  # fmt: skip
    return [make(cast) for make in makers]


def fill(app: Flask) -> Filled:
    """Fill the database."""
    directory, accounts = app.extensions["q.directory"], people.make_people(app)
    here, there = directory.by_slug("scotland"), directory.by_slug("wales")
    with app.app_context(), open_session(Scope.tenant(1)) as session:
        form_id = make_form(session)
        rooms = [central.make_cases(session)]
    with app.app_context(), open_session(Scope.tenant(here.id)) as session:
        scotland = Cast(app, session, here, form_id, accounts)
        events = people.make_events(scotland)
        rooms += [
            events,
            after.make_after(scotland),
            day.make_day(scotland),
            event_series.make_series(scotland, events.named["event_id"]),
            expenses.make_expenses(scotland),
            expense_payments.make_payments(scotland),
            *_joining_q(scotland),
        ]
    with app.app_context(), open_session(Scope.tenant(there.id)) as session:
        wales = Cast(app, session, there, form_id, {})
        others = [expenses.make_expenses(wales), expense_payments.make_payments(wales), *_joining_q(wales)]
        applying.make_open_elsewhere(wales)
        failure, event = people.make_failure(session, there.id), published(session, there.ref())
        lost = people.make_failed_mail(session)
        more = event_series.make_series_elsewhere(wales)
    with app.app_context(), open_session(Scope.tenant(1)) as session:
        rooms += [central.make_form_versions(session), central.make_compact_versions(session)]
        rooms += [expenses.make_policy(app, session)]
        people.close_one(session, accounts)
    with app.app_context(), open_session(Scope.platform("tests")) as session:
        links, foreign = people.make_links(app, session, accounts)
    rooms += [links, Room({"failure_id": (failure,), "mail_id": (lost,), "console.plugin_gone:plugin": ("old_diary",)})]
    foreign |= {"event_id": (event,), "failure_id": (event,), "mail_id": (event,), **more}
    for room in others:
        foreign |= {name: ids for name, ids in room.named.items() if name.rpartition(":")[2] in OF_ONE_SITE}
    return Filled(
        accounts,
        {name: ids for room in rooms for name, ids in room.named.items()},
        foreign,
        {endpoint: answers for room in rooms for endpoint, answers in room.good.items()},
    )
