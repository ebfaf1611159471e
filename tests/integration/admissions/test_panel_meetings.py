"""A panel's meeting: disagreements first, a quorum without those in conflict, minutes, and what is hidden from a lead in conflict."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.content.shapes import CRITERIA
from core.admissions.models import Conflict as OfInterest
from core.admissions.models import PanelItem, PanelMeeting
from core.admissions.queries import assessing, meetings, scores
from core.admissions.queries.assessing import DISCUSSED
from core.admissions.service import meetings as service
from core.admissions.service import scoring
from core.admissions.service.meetings import Plan
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import new_id, new_token
from core.kernel.views import Actor
from tests.factories.people import client_of
from tests.integration.admissions.panel import Panel
from tests.support.client import without_token

ROOM = "/scotland/manage/admissions/"


@pytest.fixture
def panel(app: Flask, session_for: Callable[[str], ScopedSession]) -> Panel:
    return Panel(app, session_for("scotland"))


def conflict(panel: Panel, actor: Actor, application_id: str) -> None:
    """Somebody is in conflict with an application."""
    row = {
        "id": new_id(), "tenant_id": panel.session.scope.tenant_id, "application_id": application_id,
        "account_id": actor.account_id, "source": "set", "kind": "other", "why": "", "by": None, "at": clock.now(),
        "ended_at": None, "ended_by": None, "end_why": "",
    }  # fmt: skip
    with transaction(panel.session):
        panel.session.execute(sa.insert(OfInterest), [row])


def meet(panel: Panel, applications: list[str], quorum: int = 1, present: tuple[str, ...] = ("ann", "bob")) -> str:
    """An open meeting over these applications; its id."""
    meeting_id = service.plan(
        panel.session, panel.lead, panel.window_id, Plan(clock.now() + timedelta(days=1), "Room 1", quorum), new_token()
    )
    service.set_agenda(panel.session, panel.lead, meeting_id, 1, applications)
    service.attend(panel.session, panel.lead, meeting_id, 2, [panel.assessors[name][1] for name in present])
    return meeting_id


def item_of(panel: Panel, meeting_id: str, application_id: str, actor: Actor | None = None) -> meetings.Item:
    """An application on an agenda."""
    panel.session.rollback()
    found = meetings.agenda(panel.session, (actor or panel.lead).account_id, meeting_id)
    return next(one for one in found if one.application_id == application_id)


def test_disagreements_come_first(panel: Panel) -> None:
    agreed, apart, unscored = (panel.application(name) for name in ("zoe", "yan", "xia"))
    for name, values in {"ann": 3, "bob": 3}.items():
        panel.sealed(name, agreed, values)
    for name, knowledge in {"cat": 1, "dan": 4}.items():
        panel.sealed(name, apart, {**dict.fromkeys(CRITERIA, 3), "knowledge": knowledge})
    found = meetings.candidates(panel.session, panel.lead.account_id, panel.window_id)
    assert [one.id for one in found] == [apart, agreed, unscored]
    assert found[0].found is not None
    assert (found[0].found.range, found[0].found.criteria) == (3, ("knowledge",))
    assert found[2].found is None
    meeting_id = meet(panel, [agreed, unscored, apart])
    order = meetings.agenda(panel.session, panel.lead.account_id, meeting_id)
    assert [one.application_id for one in order] == [apart, agreed, unscored]


def test_from_the_plan_to_the_minutes(panel: Panel) -> None:
    one, two, three = (panel.application(name) for name in ("zoe", "yan", "xia"))
    panel.sealed("ann", one)
    panel.assessor("bob")
    meeting_id = meet(panel, [one, two, three])
    first = item_of(panel, meeting_id, one)
    with pytest.raises(Refused):
        service.conclude(panel.session, panel.lead, first.id, first.version, outcome="accept", minutes="Agreed")
    service.bring_up(panel.session, panel.lead, first.id, first.version)
    second = item_of(panel, meeting_id, two)
    service.bring_up(panel.session, panel.lead, second.id, second.version)
    assert item_of(panel, meeting_id, one).state == "waiting"  # one application at a time
    again = item_of(panel, meeting_id, one)
    service.bring_up(panel.session, panel.lead, again.id, again.version)
    now = item_of(panel, meeting_id, one)
    for outcome, minutes in (("accept", " "), ("perhaps", "Agreed")):
        with pytest.raises(Invalid):
            service.conclude(panel.session, panel.lead, now.id, now.version, outcome=outcome, minutes=minutes)
    with pytest.raises(Conflict):
        service.conclude(panel.session, panel.lead, now.id, now.version - 1, outcome="accept", minutes="Agreed")
    service.conclude(panel.session, panel.lead, now.id, now.version, outcome="accept", minutes="Agreed")
    done = item_of(panel, meeting_id, one)
    assert (done.state, done.outcome, done.minutes) == ("done", "accept", "Agreed")
    second = item_of(panel, meeting_id, two)
    service.bring_up(panel.session, panel.lead, second.id, second.version)
    service.conclude(panel.session, panel.lead, second.id, second.version + 1, outcome=None, minutes="Read it again")
    assert item_of(panel, meeting_id, two).state == "deferred"
    service.close(panel.session, panel.lead, meeting_id, 3)
    assert item_of(panel, meeting_id, three).state == "deferred"
    with pytest.raises(Refused):
        service.bring_up(panel.session, panel.lead, second.id, second.version + 2)
    with pytest.raises(Refused):
        service.set_agenda(panel.session, panel.lead, meeting_id, 4, [one])
    left = {one.id for one in meetings.candidates(panel.session, panel.lead.account_id, panel.window_id)}
    assert left == {two, three}


def test_an_outcome_needs_the_quorum_without_those_in_conflict(panel: Panel) -> None:
    application = panel.application("zoe")
    panel.assessor("ann")
    bob = panel.assessor("bob")
    conflict(panel, bob, application)
    meeting_id = meet(panel, [application], quorum=2)
    one = item_of(panel, meeting_id, application)
    service.bring_up(panel.session, panel.lead, one.id, one.version)
    now = item_of(panel, meeting_id, application)
    assert now.out == [panel.assessors["bob"][1]]
    with pytest.raises(Refused):
        service.conclude(panel.session, panel.lead, now.id, now.version, outcome="accept", minutes="Agreed")
    service.conclude(panel.session, panel.lead, now.id, now.version, outcome=None, minutes="Too few of us")


def test_a_lead_in_conflict_sees_a_meeting_without_the_application(panel: Panel) -> None:
    shown, hidden = panel.application("zoe"), panel.application("yan")
    for name in ("ann", "bob"):
        panel.assessor(name)
    meeting_id = meet(panel, [shown, hidden])
    client = client_of(panel.app, str(panel.lead.account_id))
    places = [
        f"{ROOM}meetings/{meeting_id}", f"{ROOM}meetings/{meeting_id}?format=csv", f"{ROOM}meetings/{meeting_id}/agenda",
        f"{ROOM}windows/{panel.window_id}/meetings", f"{ROOM}windows/{panel.window_id}/prepare",
        f"{ROOM}windows/{panel.window_id}/prepare?format=csv", f"{ROOM}windows/{panel.window_id}/prepare?q=yan",
        f"{ROOM}declarations",
    ]  # fmt: skip
    reference = item_of(panel, meeting_id, hidden).reference
    number = item_of(panel, meeting_id, hidden).id
    assert any(reference in client.get(place).text for place in places)
    conflict(panel, panel.lead, hidden)
    for place in places:
        text = client.get(place).text
        assert reference not in text, place
        assert "Yan" not in text, place
    text = client.get(places[3]).text
    assert '<td class="num" data-label="Applications">1</td>' in text
    missing = without_token(client.get(f"{ROOM}meetings/items/{new_id()}").text)
    assert without_token(client.get(f"{ROOM}meetings/items/{number}").text) == missing
    for what in ("redact", "translate", "assessments"):
        assert without_token(client.get(f"{ROOM}applications/{hidden}/{what}").text) == missing
    # somebody else chairs it, and the lead's own steps are not refused because of it
    other = item_of(panel, meeting_id, hidden, panel.central)
    service.bring_up(panel.session, panel.central, other.id, other.version)
    one = item_of(panel, meeting_id, shown)
    service.bring_up(panel.session, panel.lead, one.id, one.version)
    assert item_of(panel, meeting_id, hidden, panel.central).state == "waiting"
    service.set_agenda(panel.session, panel.lead, meeting_id, 3, [shown])
    assert item_of(panel, meeting_id, hidden, panel.central)
    service.close(panel.session, panel.lead, meeting_id, 4)
    with pytest.raises(NotFound):
        service.bring_up(panel.session, panel.lead, other.id, other.version)


def test_who_has_not_sealed_does_not_chair_it(panel: Panel) -> None:
    application = panel.application("zoe")
    panel.sealed("ann", application)
    bob = panel.assessor("bob")
    panel.give(application, "bob")
    meeting_id = meet(panel, [application])
    both = Actor(bob.account_id, "bob", permissions=bob.permissions | panel.lead.permissions)
    one = item_of(panel, meeting_id, application)
    with pytest.raises(Refused):
        service.bring_up(panel.session, both, one.id, one.version)
    with pytest.raises(Forbidden):
        service.bring_up(panel.session, bob, one.id, one.version)
    [candidate] = meetings.candidates(panel.session, both.account_id, panel.window_id)
    assert candidate.found is None


def test_scores_after_the_discussion_are_new_rows_by_those_in_the_room(panel: Panel) -> None:
    application = panel.application("zoe")
    ann, of_ann = panel.sealed("ann", application, 2)
    bob, of_bob = panel.sealed("bob", application, 4)
    eve, of_eve = panel.sealed("eve", application, 3)
    meeting_id = meet(panel, [application], present=("ann", "bob"))
    one = item_of(panel, meeting_id, application)
    with pytest.raises(Refused):  # it is not discussed yet
        scoring.begin_discussed(panel.session, ann, panel.task(ann, of_ann))
    service.bring_up(panel.session, panel.lead, one.id, one.version)
    with pytest.raises(Refused):  # not there
        scoring.begin_discussed(panel.session, eve, panel.task(eve, of_eve))
    for actor, assignment in ((ann, of_ann), (bob, of_bob)):
        for _ in range(2):  # pressed twice, it begins once
            scoring.begin_discussed(panel.session, actor, panel.task(actor, assignment))
        panel.score(actor, assignment, 3, DISCUSSED)
        panel.seal(actor, assignment, DISCUSSED)
    seen = scores.sealed(panel.session, panel.lead.account_id, [application], leads=True)[application]
    assert sorted(one.scores["knowledge"].value or 0 for one in seen) == [2, 3, 4]
    after = scores.sealed(panel.session, panel.lead.account_id, [application], DISCUSSED, leads=True)[application]
    assert [one.scores["knowledge"].value for one in after] == [3, 3]
    client = client_of(panel.app, str(panel.lead.account_id))
    text = client.get(f"{ROOM}meetings/items/{one.id}").text
    row = text.split("How scores moved in the discussion</caption>")[1].split("Knowledge</th>")[1].split("</tr>")[0]
    assert 'data-label="Moved by">0.00</td>' in row
    assert 'data-label="Scored before and after">2</td>' in row
    assert assessing.current(assessing.works(panel.session, panel.task(ann, of_ann)), DISCUSSED) is not None


@pytest.mark.parametrize("blindness", ["none", "until_sealed", "always"])
def test_the_screen_names_nobody_where_assessors_work_blind(panel: Panel, blindness: str) -> None:
    panel.blind(blindness)
    application = panel.application("zoe", {"job": "Nurse at Perth", "story": "We did."})
    ann, _ = panel.sealed("ann", application)
    panel.assessor("bob")
    meeting_id = meet(panel, [application])
    one = item_of(panel, meeting_id, application)
    text = client_of(panel.app, str(panel.lead.account_id)).get(f"{ROOM}meetings/items/{one.id}").text
    assert ("Zoe" in text or "Perth" in text) is (blindness == "none")
    table = text.split("Sealed scores</caption>")[1]
    assert "Ann Person" not in table
    assert "Assessor A" in table
    assert ann


def test_the_pages_of_a_meeting(panel: Panel) -> None:
    application = panel.application("zoe")
    panel.sealed("ann", application, 2)
    client = client_of(panel.app, str(panel.lead.account_id))
    window = f"{ROOM}windows/{panel.window_id}"
    assert f'href="{window}/meetings"' in client.get(window).text
    assert "No meetings yet" in client.get(f"{window}/meetings").text
    wrong = client.submit(f"{window}/meetings/new", {"held_at": "2027-03-28T01:30", "place": "Kept", "quorum": "0"})
    assert wrong.status_code == 422
    assert "Kept" in wrong.text
    when = clock.london(clock.now() + timedelta(days=2))
    answer = client.submit(
        f"{window}/meetings/new", {"held_at": f"{when:%Y-%m-%dT12:00}", "place": "Room 1", "quorum": "1"}
    )
    assert answer.status_code == 303
    panel.session.rollback()
    meeting_id = panel.session.scalars(sa.select(PanelMeeting.id)).one()
    page = f"{ROOM}meetings/{meeting_id}"
    assert "The agenda is empty" in client.get(page).text
    assert client.submit(f"{page}/edit", {"place": "Room 2"}).status_code == 303
    assert client.submit(f"{page}/agenda", {"application": application}, form="agenda").status_code == 303
    assert client.submit(page, {"present": []}, form="present").status_code == 422
    answer = client.submit(page, {"present": panel.assessors["ann"][1]}, form="present")
    assert answer.status_code == 303
    text = client.get(page).text
    assert "Room 2" in text
    assert "Go on with" in text
    panel.session.rollback()
    item = f"{ROOM}meetings/items/{panel.session.scalars(sa.select(PanelItem.id)).one()}"
    assert client.submit(item, form="now").status_code == 303
    answer = client.submit(item, {"minutes": "Kept minutes"}, form="conclude")
    assert answer.status_code == 422
    assert "Kept minutes" in answer.text
    answer = client.submit(item, {"minutes": "All agreed", "outcome": "accept"}, form="conclude")
    assert answer.status_code == 303
    assert "All agreed" in client.get(item).text
    assert "All agreed" in client.get(f"{page}?format=csv").text
    assert client.submit(page, form="close").status_code == 303
    assert "Closed" in client.get(page).text
    assert client.get(f"{page}/agenda").status_code == 422


def test_fifty_items_cost_what_one_costs(panel: Panel, statements: Callable[[], Any]) -> None:
    panel.sealed("ann", panel.application("zoe"))
    panel.assessor("bob")
    meeting_id = meet(panel, [panel.application("first")])
    client = client_of(panel.app, str(panel.lead.account_id))

    def cost(page: str) -> int:
        client.get(page)
        with statements() as seen:
            assert client.get(page).status_code == 200
        return len(seen)

    pages = [
        f"{ROOM}meetings/{meeting_id}",
        f"{ROOM}meetings/{meeting_id}/agenda",
        f"{ROOM}windows/{panel.window_id}/prepare",
    ]
    one = [cost(page) for page in pages]
    more = [panel.application(f"p{number}") for number in range(20)]
    service.set_agenda(panel.session, panel.lead, meeting_id, 3, more)
    assert [cost(page) for page in pages] == one
