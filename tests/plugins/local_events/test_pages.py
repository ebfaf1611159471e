"""The pages of local events, as visitors, members and organisers use them."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.web.gate import LOADER
from plugins.local_events.models import Event
from plugins.local_events.queries import events
from plugins.local_events.service import places
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.helpers import ORGANISER, coming, drafted, held, published, resize, row, visitor
from tests.support.client import forms


@dataclass
class Somebody:
    """A signed-in person, as the people room would tell of them."""

    roles: frozenset[Role] = frozenset()
    home_tenant_id: int | None = None
    account_id: str = field(default_factory=new_id)
    name: str = "Mair Jones"
    email: str = "mair@example.org"
    locale: str = ""
    sign_in_id: str = "s"

    @property
    def is_member(self) -> bool:
        """Whether they have a home."""
        return self.home_tenant_id is not None

    def roles_at(self, _: int) -> frozenset[Role]:
        """The same roles everywhere."""
        return self.roles


@pytest.fixture
def as_person(app, monkeypatch):
    """`as_person(somebody)` signs them in for every request that follows; None signs out."""

    def sign_in(person: Somebody | None) -> Somebody | None:
        monkeypatch.setitem(app.extensions, LOADER, lambda session, tenant: person)
        return person

    sign_in(None)
    return sign_in


@pytest.fixture
def organiser(as_person):
    """An organiser, signed in."""
    return as_person(Somebody(frozenset({ORGANISER})))


def _answers(**changes: Any) -> dict[str, str]:
    start = clock.london(clock.now() + timedelta(days=7)).replace(hour=14, minute=0)
    return {
        "title": "Run charts", "kind": "masterclass", "summary": "By hand.", "description": "One.\n\nTwo.",
        "starts_at": f"{start:%Y-%m-%dT%H:%M}", "ends_at": f"{start + timedelta(hours=2):%Y-%m-%dT%H:%M}",
        "mode": "in_person", "place": "Perth", "online_url": "", "audience": "public", "capacity": "12", **changes,
    }  # fmt: skip


def test_a_reason_to_cancel_what_a_colleague_cancelled_meanwhile_is_kept(client, organiser, session, scotland):
    path = f"/scotland/events/{published(session, scotland, visitor(ORGANISER, account_id=organiser.account_id))}"
    (form,) = [one for one in forms(client.get(path).text) if one.action.endswith("/cancel")]
    assert client.submit(path, {"why": "Snow"}, form="/cancel").status_code == 303
    words = "The speaker is ill, and so is everybody"
    late = client.post(form.action, data={**form.fields, "why": words})
    assert late.status_code == 422
    assert f"<blockquote>{words}</blockquote>" in late.text


def test_an_organiser_writes_publishes_and_cancels(client, organiser, session):
    saved = client.submit("/scotland/events/new", _answers())
    assert saved.status_code == 303
    path = saved.location
    page = client.get(path)
    assert "Your draft is saved." in page.text
    assert "14:00–16:00" in page.text
    assert client.submit(path, form="/publish").status_code == 303
    assert "Run charts" in client.get("/scotland/events/").text
    assert "12 places left" in client.get(path).text
    assert client.submit(path, {"why": ""}, form="/cancel").status_code == 422
    assert client.submit(path, {"why": "Snow"}, form="/cancel").status_code == 303
    cancelled = client.get(path).text
    assert "Snow" in cancelled
    assert "places left" not in cancelled
    assert row(session, path.rsplit("/", 1)[1]).state == "cancelled"


def test_the_form_starts_with_the_usual_places_and_keeps_what_was_typed(client, organiser, session):
    assert 'value="30"' in client.get("/scotland/events/new").text
    for wrong in ({"title": ""}, {"capacity": "0"}, {"capacity": "many"}, {"kind": "party"}, {"starts_at": "soon"},
                  {"place": ""}, {"title": "a\x00b"}, {"title": "x" * 201}, {"ends_at": "2020-01-01T10:00"}):  # fmt: skip
        answer = client.submit("/scotland/events/new", _answers(summary="Kept words", **wrong))
        assert answer.status_code == 422
        assert "There is a problem" in answer.text
        assert "Kept words" in answer.text
    assert session.scalar(sa.select(sa.func.count(Event.id))) == 0


@pytest.mark.parametrize(("wrong", "english", "welsh"), [
    ({"capacity": "many"}, "Enter a whole number", "Rhowch rif cyfan"),
    ({"starts_at": "soon"}, "Enter a date and a time like 2026-11-23 14:30", "Rhowch ddyddiad ac amser fel 2026-11-23 14:30"),
    ({"kind": "party"}, "Choose one of the list", "Dewiswch un o’r rhestr"),
    ({"domains": "tasty"}, "Choose one of the list", "Dewiswch un o’r rhestr"),
])  # fmt: skip
def test_a_field_says_in_plain_words_and_both_languages_what_it_needs(client, organiser, wrong, english, welsh):
    for language, words in (("en", english), ("cy", welsh)):
        client.set_cookie("q_language", language)
        assert words in client.submit("/wales/events/new", _answers(**wrong)).text


def test_a_double_post_makes_one_event(client, organiser, session):
    key = {"form_key": "the-same-key"}
    first = client.submit("/scotland/events/new", _answers(**key))
    second = client.submit("/scotland/events/new", _answers(**key))
    assert first.location == second.location
    assert session.scalar(sa.select(sa.func.count(Event.id))) == 1


def test_an_event_that_was_given_no_places_can_still_be_changed(client, organiser, session, scotland):
    event_id = published(session, scotland, visitor(ORGANISER, account_id=organiser.account_id))
    resize(session, scotland, event_id, 0)
    assert client.submit(f"/scotland/events/{event_id}/edit", {"title": "Newer"}).status_code == 303
    session.rollback()
    assert row(session, event_id).title == "Newer"


def test_a_stale_form_keeps_what_was_typed(client, organiser, session, scotland):
    event_id = published(session, scotland, visitor(ORGANISER, account_id=organiser.account_id))
    edit = f"/scotland/events/{event_id}/edit"
    assert client.submit(edit, {"title": "Newer"}).status_code == 303
    stale = client.submit(edit, {"title": "Stale", "version": "2"})
    assert stale.status_code == 422
    assert "Somebody changed this" in stale.text
    assert "Stale" in stale.text
    session.rollback()
    assert row(session, event_id).title == "Newer"


def test_a_member_registers_and_gives_the_place_back(client, as_person, session, scotland):
    event_id = published(session, scotland, mode="both", online_url="https://meet.example.org/secret")
    path = f"/scotland/events/{event_id}"
    signed_out = client.get(path).text
    assert "account/sign-in?next=/scotland/events/" in signed_out
    assert "meet.example.org" not in signed_out
    as_person(Somebody(home_tenant_id=scotland.id))
    assert "meet.example.org" not in client.get(path).text
    assert client.submit(f"{path}/register", {"way": "online"}, form="/register").status_code == 303
    assert "meet.example.org/secret" in client.get(path).text
    assert coming(session, event_id) == 1
    assert client.submit(path, form="/withdraw").status_code == 303
    session.rollback()
    assert coming(session, event_id) == 0


def test_a_full_event_has_a_waiting_list(app, client, as_person, session, scotland):
    event_id = published(session, scotland, capacity=1)
    path = f"/scotland/events/{event_id}"
    as_person(Somebody())
    token = client.get(path).text.split('name="csrf_token" value="')[1].split('"')[0]
    places.register(session, scotland, event_id, visitor())
    late = client.post(f"{path}/register", data={"csrf_token": token})
    assert late.status_code == 303
    assert "You are number 1 on the waiting list" in client.get(path).text
    assert client.post(f"{path}/register").status_code == 400


@pytest.mark.parametrize("action", ["publish", "cancel", "complete", "register", "withdraw"])
def test_presses_need_signing_in(app, client, as_person, session, scotland, action):
    event_id = published(session, scotland)
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        answer = client.post(f"/scotland/events/{event_id}/{action}")
    finally:
        app.config["WTF_CSRF_ENABLED"] = True
    assert answer.status_code == 303
    assert "/account/sign-in" in answer.location
    assert (row(session, event_id)[:2], held(session, event_id)) == (("published", 2), 0)


def test_what_is_not_for_somebody_is_not_there(client, as_person, session, scotland):
    area, unpublished = published(session, scotland, audience="area", title="Hidden one"), drafted(session, scotland)
    for person in (None, Somebody(home_tenant_id=4), Somebody()):
        as_person(person)
        told = []
        for event_id in (new_id(), area, unpublished):
            answer = client.get(f"/scotland/events/{event_id}")
            assert answer.status_code == 404
            told.append(re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text.replace(event_id, "…")))
        assert len(set(told)) == 1
        assert {client.get(f"/scotland/events/{nonsense}").status_code for nonsense in ("%00", "x" * 300)} == {404}
        assert "Hidden one" not in client.get("/scotland/events/").text + client.get("/scotland/").text


def test_who_is_coming_and_the_file(client, as_person, session, scotland):
    event_id = published(session, scotland)
    places.register(session, scotland, event_id, visitor(name="=cmd()", email="+x@example.org"))
    as_person(Somebody(home_tenant_id=scotland.id))
    for page in ("", "?format=csv", "?format=xlsx"):
        assert client.get(f"/scotland/manage/events/{event_id}/{page}").status_code == 403
    as_person(Somebody(frozenset({ORGANISER})))
    assert "=cmd()" in client.get(f"/scotland/manage/events/{event_id}/").text
    file = client.get(f"/scotland/manage/events/{event_id}/?format=csv")
    assert file.mimetype == "text/csv"
    assert '"\'=cmd()","\'+x@example.org"' in file.text
    assert file.headers["Cache-Control"] == "private, no-store"


def test_pages_take_as_many_statements_for_fifty_as_for_one(client, as_person, session, scotland, statements):
    as_person(Somebody(home_tenant_id=scotland.id))
    counts: dict[str, list[int]] = {}
    for more in (1, 50):
        for _ in range(more):
            event_id = published(session, scotland, capacity=100)
            places.register(session, scotland, event_id, visitor())
        session.rollback()
        for path in ("/scotland/events/", f"/scotland/events/{event_id}", "/scotland/"):
            with statements() as seen:
                assert client.get(path).status_code == 200
            counts.setdefault(path.replace(event_id, "one"), []).append(len(seen))
    assert "Next page" in client.get("/scotland/events/").text
    assert client.get("/scotland/events/?page=2").status_code == 200
    assert all(few == many for few, many in counts.values()), counts
    assert counts["/scotland/events/"][0] <= 4
    assert counts["/scotland/events/one"][0] <= 10


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "page=9999", "page=²", "show=nonsense", "show=drafts", "show=past"]
)
def test_any_address_of_the_list_is_a_page(client, as_person, session, query):
    assert client.get(f"/scotland/events/?{query}").status_code == 200


def test_a_list_says_on_which_other_day_an_event_ends(client, session, scotland):
    start = clock.now().replace(hour=9, minute=0) + timedelta(days=7)
    published(session, scotland, title="One day", starts_at=start)
    published(session, scotland, title="Two days", starts_at=start, ends_at=start + timedelta(days=1, hours=2))
    one, two = re.findall(
        r'class="meta"><span>.*?</span>(.*?)</span>', client.get("/scotland/events/").text.replace("\n", "")
    )
    begins, ends = clock.london(start), clock.london(start + timedelta(days=1, hours=2))
    assert one == f"{begins:%H:%M}–{ends:%H:%M}"
    assert two == f"{begins:%H:%M} – {ends.day} {ends:%b %Y, %H:%M}".replace("Sep ", "Sept ")


def test_completing_by_press(client, organiser, session, scotland, frozen_clock):
    event_id = published(session, scotland)
    path = f"/scotland/events/{event_id}"
    assert "/complete" not in client.get(path).text
    frozen_clock.advance(days=8)
    assert client.submit(path, form="/complete").status_code == 303
    assert events.find(session, event_id).state == "completed"


def test_everything_that_is_wrong_with_a_new_event_is_told_in_one_round(client, organiser):
    page = client.submit("/scotland/events/new", _answers(title="", place="", ends_at="2020-01-01T10:00"))
    assert page.status_code == 422
    for words in ("Give the event a title", "Say where people should come to", "The end must be after the start"):
        assert page.text.count(words) == 2, words  # at the top, and at its field


def test_organisers_find_drafts_and_what_is_over_from_their_page(client, organiser):
    page = client.get("/scotland/manage/events/").text.split("<main")[1]
    for show in ("drafts", "past"):
        assert f'href="/scotland/events/?show={show}"' in page


def test_the_start_page_has_the_events_that_its_reader_finds_in_the_list(app, make_client, session, scotland):
    """Those for members of the area, too: they are the ones that are most theirs."""
    soon = clock.now() + timedelta(days=2)
    for number, audience in enumerate(("area", "uk", "public")):
        published(
            session, scotland, title=f"For {audience}", audience=audience, starts_at=soon + timedelta(days=number)
        )
    readers = {
        "anybody": (make_client(), ["public"]),
        "an organiser": (
            client_of(app, make_person(app, "olla@example.org", grants=[(ORGANISER, "scotland")])),
            ["area", "uk", "public"],
        ),
        "a member elsewhere": (client_of(app, make_person(app, "w@example.org", home="wales")), ["uk", "public"]),
        "a member here": (client_of(app, make_person(app, "s@example.org", home="scotland")), ["area", "uk", "public"]),
    }
    for who, (reader, theirs) in readers.items():
        for path in ("/scotland/", "/scotland/events/"):
            page = reader.get(path).text
            assert [one for one in ("area", "uk", "public") if f"For {one}" in page] == theirs, (who, path)
