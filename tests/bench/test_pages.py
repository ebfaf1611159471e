"""CPU of the hot pages as ratios to the bare yardstick, in one run. `make bench` prints the table; a goal missed is said."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from core.data.db import tenant_session
from core.data.session import transaction
from core.kernel import clock
from core.kernel.permissions import Role
from core.web import logs
from core.web.pages import KEPT
from tests.bench.grown import add_events, analyse
from tests.bench.harness import Subject, interleave, table, verdict
from tests.factories.people import client_of, make_person

TIMES = 40
LIST = "/scotland/events/"


def fill_events(app: Flask, slug: str, count: int) -> list[str]:
    """`count` published public events at one tenant; their ids."""
    tenant = app.extensions["q.directory"].by_slug(slug)
    with app.app_context(), tenant_session(tenant.id) as session, transaction(session):
        made = add_events(session, tenant.id, count)
    analyse(app.config["Q"].owner_url)
    return made


def _get(client: Any, path: str, expected: int = 200, **options: Any) -> Callable[[int], None]:
    def run(times: int) -> None:
        for _ in range(times):
            assert client.get(path, **options).status_code == expected

    return run


def _unchanged(client: Any) -> Callable[[int], None]:
    """What asks for the list again and again with what the first answer was marked with."""
    first: list[str] = []

    def run(times: int) -> None:
        if not first:
            first.append(client.get(LIST).headers["ETag"])
        _get(client, LIST, 304, headers={"If-None-Match": first[0]})(times)

    return run


def _forgetting(app: Flask, get: Callable[[int], None]) -> Callable[[int], None]:
    """What asks for a page whose cards nobody has asked for: as after a start, or when every event has just changed."""

    def run(times: int) -> None:
        for _ in range(times):
            app.extensions[KEPT].cache_clear()
            get(1)

    return run


def _register(app: Flask, event_id: str, people: list[str]) -> Callable[[int], None]:
    """Registering through the whole stack, CSRF included, by a different member each time."""
    clients = []
    for account in people:
        client = client_of(app, account)
        page = client.get(f"/scotland/events/{event_id}").text
        token = page.split('name="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
        clients.append((client, token))
    waiting = iter(clients)

    def run(times: int) -> None:
        for _ in range(times):
            client, token = next(waiting)
            response = client.post(f"/scotland/events/{event_id}/register", data={"csrf_token": token})
            assert response.status_code == 303, response.text

    return run


def test_hot_pages(app: Flask, bare: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    events = fill_events(app, "scotland", 50)
    fill_events(app, "wales", 5000)
    member = client_of(app, make_person(app, "bench@example.org", home="scotland"))
    central = client_of(app, make_person(app, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    anyone, theirs = app.test_client(), bare.test_client()
    size = len(anyone.get(LIST).data)
    bare.config["PADDING"] = "x" * max(0, size - len(theirs.get("/t/small/").data))
    theirs.get("/in/1")
    each = 12
    people = [make_person(app, f"bench{i}@example.org", home="scotland") for i in range(5 + 7 * each)]
    registering = Subject("registration", _register(app, events[0], people))
    bare_numbers = iter(range(2, 100_000))

    def bare_register(times: int) -> None:
        for _ in range(times):
            assert theirs.post("/e/1", data={"member": next(bare_numbers)}).status_code == 303

    pages = {
        "bare list": Subject("bare list", _get(theirs, "/t/small/")),
        "bare me": Subject("bare me", _get(theirs, "/me")),
        "list": Subject("list", _get(anyone, LIST)),
        "list, unchanged": Subject("list, unchanged", _unchanged(anyone)),
        "list, no card kept": Subject("list, no card kept", _forgetting(app, _get(anyone, LIST))),
        "list of 5,000": Subject("list of 5,000", _get(anyone, "/wales/events/")),
        "home": Subject("home", _get(anyone, "/")),
        "tenant home": Subject("tenant home", _get(anyone, "/scotland/")),
        "event": Subject("event", _get(member, f"/scotland/events/{events[1]}")),
        "my items": Subject("my items", _get(member, "/scotland/me/")),
        "console": Subject("console", _get(central, "/console/")),
    }
    with clock.frozen(clock.now()):  # else the minute for which a page counts as unchanged ends in the middle
        interleave(list(pages.values()), TIMES)
    posts = [registering, Subject("bare registration", bare_register)]
    interleave(posts, each)
    reference = pages["bare list"]
    rows = [("what", "CPU ms (wall)", "ratio", "goal")]
    goals = {
        "list": ("bare list", 1.5),
        "event": ("bare me", 1.8),
        "list of 5,000": ("list", 1.15),
        "list, unchanged": ("bare list", 0.35),
    }
    for name, subject in pages.items():
        against, goal = goals.get(name, ("bare list", 0.0))
        ratio = subject.cpu_ms / pages[against].cpu_ms
        said = verdict(ratio, goal) if goal else "-"
        rows.append((name, f"{subject.cpu_ms:.2f} ({subject.wall_ms:.2f})", f"{ratio:.2f} of {against}", said))
    ratio = posts[0].cpu_ms / posts[1].cpu_ms
    rows.append(
        (
            "registration",
            f"{posts[0].cpu_ms:.2f} ({posts[0].wall_ms:.2f})",
            f"{ratio:.2f} of bare registration",
            verdict(ratio, 2),
        )
    )
    with capsys.disabled():
        print(f"\n{app.config['Q'].database_url.split(':')[0]}, list of {size:,} bytes\n{table(rows)}")
    assert reference.cpu_ms > 0


def _with_line(get: Callable[[int], None]) -> Callable[[int], None]:
    """What asks for a page whose request is written to the log, as it is where people are."""

    def run(times: int) -> None:
        logs.requests.disabled = False
        get(times)
        logs.requests.disabled = True

    return run


def test_the_line_of_a_request(
    app: Flask,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """What it costs to write one for each, at a member's page and at the cheapest answer there is."""
    events = fill_events(app, "scotland", 50)
    member = client_of(app, make_person(app, "bench@example.org", home="scotland"))
    rows = [("what", "CPU ms (wall)", "of the page", "goal")]
    caplog.set_level(logging.INFO, logger=logs.requests.name)
    monkeypatch.setattr(logs.requests, "disabled", True)
    with clock.frozen(clock.now()), (tmp_path / "log").open("wb") as file:
        monkeypatch.setattr(logs, "STANDARD_ERROR", file.fileno())
        for name, get in (
            ("event", _get(member, f"/scotland/events/{events[1]}")),
            ("list, unchanged", _unchanged(app.test_client())),
        ):
            without, written = Subject(name, get), Subject(f"{name}, its line written", _with_line(get))
            interleave([without, written], 1, rounds=25 * TIMES)  # in turns: it is less than a noisy second makes
            dearer = written.cpu_ms / without.cpu_ms
            rows.append((name, f"{without.cpu_ms:.3f} ({without.wall_ms:.3f})", "1.000", "-"))
            said = verdict(dearer, 1.02) if name == "event" else "-"
            rows.append((written.name, f"{written.cpu_ms:.3f} ({written.wall_ms:.3f})", f"{dearer:.3f}", said))
    assert (tmp_path / "log").read_text().count('"q.request"') >= 2 * 25 * TIMES
    with capsys.disabled():
        print(f"\n{app.config['Q'].database_url.split(':')[0]}\n{table(rows)}")


def test_statements(app: Flask, statements: Callable[[], Any], capsys: pytest.CaptureFixture[str]) -> None:
    """The same number of statements at 1 row and at 50."""
    member = client_of(app, make_person(app, "count@example.org", home="scotland"))
    counts: dict[str, list[int]] = {}
    for rows in (1, 49):
        events = fill_events(app, "scotland", rows)
        for name, path, client in (
            ("list (at most 4)", LIST, app.test_client()),
            ("event, signed in (at most 6)", f"/scotland/events/{events[0]}", member),
            ("tenant home", "/scotland/", app.test_client()),
        ):
            client.get(path)
            with statements() as seen:
                assert client.get(path).status_code == 200
            counts.setdefault(name, []).append(len(seen))
        person = make_person(app, f"count{rows}@example.org", home="scotland")
        registering = _register(app, events[0], [person])
        with statements() as seen:
            registering(1)
        counts.setdefault("registration (at most 8)", []).append(len(seen))
    with capsys.disabled():
        print(f"\nstatements at 1 and 50 rows: {counts}")
    assert all(len(set(found)) == 1 for found in counts.values()), counts
    assert counts["list (at most 4)"][0] <= 4
    assert counts["event, signed in (at most 6)"][0] <= 6
    assert counts["registration (at most 8)"][0] <= 8
