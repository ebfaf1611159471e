"""What events of a kind begin with, and copies of events."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from core.kernel import clock
from core.kernel.ids import new_token
from core.sdk import Conflict, Forbidden, Invalid
from plugins.local_events.models import Event, Organiser, Pool, Question, Registration
from plugins.local_events.queries import events, kinds, tags
from plugins.local_events.queries import places as counting
from plugins.local_events.recurrence import wall
from plugins.local_events.service import copying, drafts, places
from plugins.local_events.service import kinds as service
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.helpers import CENTRAL, ORGANISER, USUAL, draft, drafted, published, visitor
from tests.support.client import forms

DIET = {
    "kind": "choices", "text": "Food", "hint": "", "options": ["Vegetarian", "Vegan"], "required": False, "sensitive": True,
}  # fmt: skip


def _masterclass(session, **changes):
    return kinds.current(session, USUAL, "masterclass")._replace(**changes)


def test_a_kind_begins_as_the_plugin_suggests_and_then_as_saved(session, scotland):
    first = _masterclass(session)
    assert (first.version, first.certificate, first.capacity) == (0, True, 30)
    assert service.save(session, scotland, first._replace(minutes=90, questions=[DIET]), visitor(ORGANISER)) == 1
    saved = _masterclass(session)
    assert (saved.version, saved.minutes, saved.questions) == (1, 90, [DIET])
    assert service.save(session, scotland, saved._replace(minutes=120), visitor(ORGANISER)) == 2
    assert [one.settings.minutes for one in kinds.versions(session, "masterclass")] == [120, 90]
    assert [one.kind for one in kinds.every(session, USUAL)][:2] == ["networking", "masterclass"]


def test_of_two_who_save_the_same_version_one_is_told(session, scotland):
    first = _masterclass(session)
    service.save(session, scotland, first, visitor(ORGANISER))
    for version in (0, 2):
        with pytest.raises(Conflict):
            service.save(session, scotland, first._replace(version=version), visitor(ORGANISER))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"minutes": 5}, "minutes"),
        ({"mode": "by_post"}, "mode"),
        ({"capacity": 0}, "capacity"),
        ({"guests_allowed": 10}, "guests_allowed"),
        ({"reminders": [5]}, "reminders"),
        ({"questions": [{**DIET, "text": ""}]}, "questions"),
        ({"questions": [{**DIET, "options": ["One"]}]}, "questions"),
        ({"questions": [DIET] * 11}, "questions"),
    ],
)
def test_what_no_kind_can_say(session, scotland, changes, field):
    with pytest.raises(Invalid) as problem:
        service.save(session, scotland, _masterclass(session, **changes), visitor(ORGANISER))
    assert field in problem.value.field_errors


def test_members_do_not_change_kinds(session, scotland):
    with pytest.raises(Forbidden):
        service.save(session, scotland, _masterclass(session), visitor(home=scotland.id))


def test_a_new_event_asks_the_usual_questions_and_later_changes_do_not_reach_it(session, scotland):
    service.save(session, scotland, _masterclass(session, questions=[DIET]), visitor(ORGANISER))
    event_id = drafted(session, scotland, kind="masterclass")
    service.save(session, scotland, _masterclass(session, questions=[]), visitor(ORGANISER))
    asked = session.execute(sa.select(Question.text, Question.sensitive).where(Question.event_id == event_id)).all()
    assert [tuple(row) for row in asked] == [("Food", True)]
    assert events.find(session, event_id).asks


def test_an_event_says_what_it_is_about_and_is_found_by_it(session, scotland):
    topics = (" Falls", "falls ", "Run Charts")
    event_id = published(session, scotland, domains=("timely", "safe"), topics=topics)
    other = published(session, scotland)
    assert tags.of_event(session, event_id) == tags.Tags(("safe", "timely"), ("falls", "run charts"))
    assert tags.topics(session, ("public",)) == ["falls", "run charts"]

    def found(**wanted):
        return set(session.scalars(sa.select(Event.id).where(*tags.about(**wanted))))

    assert found(domain="safe") == found(topic="FALLS") == found(domain="timely", topic="run  charts") == {event_id}
    assert found() == {event_id, other}
    assert found(domain="safe", topic="other") == found(domain="nonsense") == set()
    drafts.edit(
        session, scotland, USUAL, event_id, draft(domains=("safe",)), events.find(session, event_id).version,
        visitor(ORGANISER),
    )  # fmt: skip
    assert tags.of_event(session, event_id) == tags.Tags(("safe",), ())


@pytest.mark.parametrize("changes", [{"domains": ("cheap",)}, {"topics": tuple("abcdefghijk")}, {"reminders": (3,)}])
def test_what_no_event_is_about(session, scotland, changes):
    with pytest.raises(Invalid):
        drafted(session, scotland, **changes)


def test_a_copy_takes_words_questions_and_places_and_never_people(session, scotland):
    service.save(session, scotland, _masterclass(session, questions=[DIET]), visitor(ORGANISER))
    start = clock.now() + timedelta(days=20)
    source = published(
        session, scotland, kind="masterclass", mode="both", online_url="https://meet.example.org/q", starts_at=start,
        registration_closes_at=start - timedelta(days=1), domains=("safe",), topics=("falls",), certificate=True,
        reminders=(24,),
    )  # fmt: skip
    places.register(session, scotland, source, visitor())
    who, later = visitor(ORGANISER), wall(start) + timedelta(days=200)
    key = new_token()
    copied = copying.copy(session, scotland, USUAL, source, later, who, key)
    assert copying.copy(session, scotland, USUAL, source, later, who, key) == copied
    one, other = events.find(session, source), events.find(session, copied)
    assert (other.state, other.version, other.sequence, other.created_by) == ("draft", 1, 0, who.account_id)
    assert other.uid != one.uid
    assert wall(other.starts_at) == later
    assert other.ends_at - other.starts_at == timedelta(hours=2)
    assert other.registration_closes_at is not None
    assert wall(other.registration_closes_at) == later - timedelta(days=1)
    same = ("kind", "title", "summary", "description", "mode", "place", "online_url", "audience", "asks", "certificate")
    assert all(getattr(one, name) == getattr(other, name) for name in same)
    assert tags.of_event(session, copied) == tags.of_event(session, source)
    assert [(p.kind, p.capacity) for p in counting.of_event(session, copied).pools] == [
        (p.kind, p.capacity) for p in counting.of_event(session, source).pools
    ]
    for model, count in ((Question, 1), (Registration, 0), (Organiser, 1), (Pool, 2)):
        assert session.scalar(sa.select(sa.func.count(model.id)).where(model.event_id == copied)) == count


def test_a_copy_is_for_a_time_to_come_and_made_by_who_runs_the_source(session, scotland):
    source = published(session, scotland)
    with pytest.raises(Invalid):
        copying.copy(session, scotland, USUAL, source, wall(clock.now()), visitor(ORGANISER), new_token())
    later = wall(clock.now()) + timedelta(days=9)
    with pytest.raises(Forbidden):
        copying.copy(session, scotland, USUAL, source, later, visitor(home=scotland.id), new_token())


def test_the_uk_site_has_no_events_for_an_area_and_says_whose_they_are(session_for, tenant):
    uk = tenant("uk").ref()
    session, who = session_for("uk"), visitor(CENTRAL)
    with pytest.raises(Invalid):
        drafts.create(session, uk, USUAL, draft(audience="area"), who, new_token())
    event_id = drafts.create(session, uk, USUAL, draft(audience="uk"), who, new_token())
    assert events.find(session, event_id).origin == "central"


def test_the_pages_of_kinds(app, session):
    client = client_of(app, make_person(app, "organiser@example.org", grants=((ORGANISER, "scotland"),)))
    path = "/scotland/manage/events/kinds/workshop"
    assert "Workshop" in client.get("/scotland/manage/events/kinds").text
    said = {"minutes": "100", "questions-0-text": "Food", "questions-0-kind": "choice"}
    refused = client.submit(path, said)
    assert refused.status_code == 422
    assert 'href="#questions-0-options">Give 2 to 20 options, each on a line of its own' in refused.text
    crowd = {"minutes": "100"} | {f"questions-{number}-text": "Who are you?" for number in range(11)}
    many = client.submit(path, crowd)
    assert many.status_code == 422
    assert "<li>A question needs words, and one with a list needs at least two options</li>" in many.text
    answer = client.submit(path, {**said, "questions-0-options": "Meat\nNo meat", "reminders": "24"})
    assert answer.status_code == 303
    saved = kinds.current(session, USUAL, "workshop")
    assert (saved.minutes, saved.reminders, saved.questions[0]["options"]) == (100, [24], ["Meat", "No meat"])
    assert "Version 1" in client.get(path).text
    page = client.get("/scotland/events/new?kind=workshop").text
    assert 'value="workshop" selected' in page or 'selected value="workshop"' in page
    assert client.get("/scotland/manage/events/kinds/party").status_code == 404


def test_beginning_with_what_is_usual_for_another_kind_keeps_what_was_typed(app, session):
    client = client_of(app, make_person(app, "organiser@example.org", grants=((ORGANISER, "scotland"),)))
    path = "/scotland/events/new"
    workshop, webinar = (kinds.current(session, USUAL, kind) for kind in ("workshop", "webinar"))
    assert (workshop.mode, workshop.minutes) != (webinar.mode, webinar.minutes)
    page = client.get(f"{path}?kind=workshop")
    begun = next(form for form in forms(page.text) if "begun" in form.fields)
    start = begun.fields["starts_at"]
    typed = {
        **begun.fields,
        "title": "Reading a run chart",
        "summary": "Short and sweet.",
        "capacity": "7",
        "kind": "webinar",
    }
    anew = client.post(path, data={**typed, "usual": "1"})
    assert anew.status_code == 200
    again = next(form for form in forms(anew.text) if "begun" in form.fields).fields
    now = {name: "".join(values[:1]) for name, values in again.items()}
    assert [now["title"], now["summary"], now["capacity"]] == ["Reading a run chart", "Short and sweet.", "7"]
    assert [now["starts_at"]] == start
    assert (now["kind"], now["mode"], now["begun"]) == ("webinar", webinar.mode, "webinar")
    length = datetime.fromisoformat(now["ends_at"]) - datetime.fromisoformat(now["starts_at"])
    assert length == timedelta(minutes=webinar.minutes)
    assert session.scalar(sa.select(sa.func.count()).select_from(Event)) == 0
    saved = client.post(path, data={**again, "audience": "area", "online_url": "https://meet.example.org/x"})
    assert saved.status_code == 303, saved.text.split("There is a problem")[-1][:400]


def test_nothing_is_added_to_the_end_of_time(app):
    client = client_of(app, make_person(app, "organiser@example.org", grants=((ORGANISER, "scotland"),)))
    answer = client.submit("/scotland/events/new", {"starts_at": "9999-12-31T23:59", "usual": "1"})
    assert answer.status_code == 200
    assert "9999-12-31T23:59" in answer.text
