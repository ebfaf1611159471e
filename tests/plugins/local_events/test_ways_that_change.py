"""How one can take part changes while somebody has the page open: who is not concerned is not asked again, and who is, is."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from plugins.local_events.models import Pool, Registration
from plugins.local_events.service import drafts
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.helpers import OPEN, ORGANISER, draft, published, row, visitor
from tests.support.client import forms

URL = "https://meet.example.org/room"
CHANGED = "How one can take part in this event has changed since you opened the page."
MODES: dict[str, dict[str, Any]] = {
    "in_person": {"mode": "in_person"},
    "online": {"mode": "online", "place": "", "online_url": URL},
    "both": {"mode": "both", "online_url": URL},
}


def _kind(session: Any, event_id: str) -> str | None:
    """The way in which the one registration takes part; None where there is none."""
    session.rollback()
    query = sa.select(Pool.kind).join(Registration, Registration.pool_id == Pool.id)
    found: str | None = session.scalar(query.where(Registration.event_id == event_id))
    return found


@pytest.mark.parametrize(
    "guests", [0, 2]
)  # without guests one press suffices where there is one way; with them there is a form
@pytest.mark.parametrize(
    ("before", "after", "answers", "taken"),
    [
        ("both", "in_person", {"way": "in_person"}, "in_person"),
        ("both", "online", {"way": "online"}, "online"),
        ("both", "online", {"way": "online", "or_online": "y"}, "online"),
        ("in_person", "both", {}, "in_person"),
        ("online", "both", {}, "online"),
        ("both", "in_person", {"way": "online"}, None),
        ("both", "in_person", {"way": "in_person", "or_online": "y"}, None),
        ("both", "online", {"way": "in_person"}, None),
        ("in_person", "online", {}, None),
        ("online", "in_person", {}, None),
    ],
)
def test_only_who_is_concerned_is_asked_once_more(
    app: Flask, session: Any, scotland: Any, guests: int, before: str, after: str, answers: dict[str, str],
    taken: str | None,
) -> None:  # fmt: skip
    who = visitor(ORGANISER)
    event_id = published(session, scotland, who, guests_allowed=guests, **MODES[before])
    client = client_of(app, make_person(app, "sam@example.org", home="scotland"))
    path = f"/scotland/events/{event_id}"
    page = client.get(f"{path}/register" if guests or before == "both" else path).text
    found = next(one for one in forms(page) if one.action.endswith("/register"))
    changed = draft(guests_allowed=guests, **MODES[after])
    drafts.edit(session, scotland, OPEN, event_id, changed, row(session, event_id).version, who)
    sent = client.post(f"{path}/register", data={**found.fields, **answers})
    assert _kind(session, event_id) == taken
    if taken:
        assert sent.status_code == 303
        return
    assert sent.status_code == 422
    assert CHANGED in sent.text
    again = next(one for one in forms(sent.text) if one.action.endswith("/register"))
    more = {"way": "online"} if after == "both" else {}
    assert client.post(f"{path}/register", data={**again.fields, **more}).status_code == 303
    assert _kind(session, event_id) == (more.get("way") or after)


@pytest.mark.parametrize(
    ("before", "answers"), [("online", {}), ("both", {"way": "online"}), ("both", {"way": "in_person"})]
)
def test_whose_answer_is_refused_for_something_else_is_told_of_the_way_all_the_same(
    app: Flask, session: Any, scotland: Any, before: str, answers: dict[str, str]
) -> None:
    who = visitor(ORGANISER)
    event_id = published(session, scotland, who, guests_allowed=2, **MODES[before])
    client = client_of(app, make_person(app, "sam@example.org", home="scotland"))
    path = f"/scotland/events/{event_id}/register"
    found = next(one for one in forms(client.get(path).text) if one.action.endswith("/register"))
    changed = draft(guests_allowed=2, **MODES["in_person"])
    drafts.edit(session, scotland, OPEN, event_id, changed, row(session, event_id).version, who)
    sent = client.post(path, data={**found.fields, **answers, "guests": "9"})
    assert sent.status_code == 422
    assert "Enter a number from 0 to 2" in sent.text
    assert sent.text.count(CHANGED) == (0 if answers == {"way": "in_person"} else 1)
    assert _kind(session, event_id) is None
