"""Joining Q's hot requests as ratios to the bare yardstick, in one run: an answer that is saved, as half of a round comes on
the last day."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from flask import Flask

from core.admissions.content import first_form
from core.admissions.service import drafts
from core.data.db import tenant_session
from core.kernel.views import Actor
from tests.bench.harness import Subject, interleave, table
from tests.factories.admissions import make_form, make_window
from tests.factories.people import client_of, make_person
from tests.support.client import forms

TIMES = 30
TEXT = "We looked at every fall of the last year with the night staff, and found what they had in common. " * 12
"""About 250 words: an answer as it is saved in the middle of being written."""


def _saving(app: Flask) -> Callable[[int], None]:
    """One applicant's answer, saved again and again with one more word, as the page's script sends it."""
    who = make_person(app, "writing@example.org")
    tenant = app.extensions["q.directory"].by_slug("scotland")
    with app.app_context(), tenant_session(tenant.id) as session:
        make_window(session, make_form(session, first_form()))
        eligible = {one.key: one.needed for one in first_form().eligibility}
        made = drafts.start(session, actor=Actor(who, ""), eligible=eligible, locale="en", is_member=False)
    client, path = client_of(app, who), f"/scotland/apply/{made}/part/your_work"
    form = next(one for one in forms(client.get(path).text) if one.action.endswith("/part/your_work"))
    held: dict[str, Any] = {"csrf_token": form.fields["csrf_token"][0], "since-page": "0", "rev-example": "0"}
    numbers = count()

    def run(times: int) -> None:
        for _ in range(times):
            held["example"] = f"{TEXT}{next(numbers)}"
            response = client.post(path, data=held, headers={"Accept": "application/json"})
            assert response.status_code == 200, response.text
            held["rev-example"] = json.loads(response.text)["revisions"]["example"]

    return run


def test_saving_an_answer(app: Flask, bare: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    theirs, members = bare.test_client(), count(2)
    theirs.get("/in/1")

    def register(times: int) -> None:
        for _ in range(times):
            assert theirs.post("/e/1", data={"member": next(members)}).status_code == 303

    def read(times: int) -> None:
        for _ in range(times):
            assert theirs.get("/t/small/").status_code == 200

    saving = Subject("an answer saved", _saving(app))
    yardsticks = [Subject("bare list", read), Subject("bare registration", register)]
    interleave([saving, *yardsticks], TIMES)
    rows = [("what", "CPU ms (wall)", "ratio", "")]
    for bare_one in yardsticks:
        ratio = f"{saving.cpu_ms / bare_one.cpu_ms:.2f} of {bare_one.name}"
        rows.append((saving.name, f"{saving.cpu_ms:.2f} ({saving.wall_ms:.2f})", ratio, ""))
    with capsys.disabled():
        print(f"\n{table(rows)}")
