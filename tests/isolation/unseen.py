"""Two worlds that differ by one application, and everything that somebody in conflict with it can ask of them.

`PATHS` says how to fill the parameters of addresses: a route of Joining Q with a parameter that is not here fails the test.
"""

import itertools
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from core.admissions import planning
from core.admissions.models import (
    Appeal,
    AssessorInterest,
    AssignmentRun,
    Conflict,
    DiscussionNote,
    PanelItem,
    PanelMeeting,
    ReleaseBatch,
)
from core.admissions.panel_needs import Needs
from core.admissions.queries import plans as plan_queries
from core.admissions.service import calibration, feedback, plans
from core.data import audit
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM, Actor
from core.web.access import access_of
from core.work import registry
from core.work.models import Mail
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import (
    make_assessment,
    make_assessor,
    make_assignment,
    make_decision,
    make_policy,
    make_proposal,
    make_rules,
    make_submitted,
)
from tests.factories.people import client_of, make_person
from tests.integration.bad_input.discovery import ASKED
from tests.support.client import FormClient

SITE = "/scotland"
AT_THE_UK_SITE = ("console.", "admissions.", "account.", "me.", "site.")
LEFT_OUT = {
    "account.sign_out": "ends the visit",
    "console.audit_chains": "walks every entry of a whole site's trail: their number is what proves it whole",
}
VOLATILE = (
    re.compile(r'(name="(?:csrf_token|form_key)"[^>]*value=")[^"]*'),
    re.compile(r'(value=")[^"]*("[^>]*name="(?:csrf_token|form_key)")'),
    re.compile(r'(nonce=")[^"]*'),
    re.compile(r"(before=)[0-9a-z]{26}"),
)
WHO = ("lead", "assessor", "central")


@dataclass
class World:
    """What is there in both worlds, by name; `hidden` are the ids that only the second has."""

    app: Flask
    session: ScopedSession
    accounts: dict[str, str]
    named: dict[str, str] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)

    def client(self, who: str) -> FormClient:
        """A browser in which somebody is signed in."""
        return client_of(self.app, self.accounts[who])


def first_world(app: Flask, session: ScopedSession) -> World:
    """A window that is being assessed, with an application that everybody may see, and people who may see it."""
    accounts = {
        "lead": make_person(app, "lead@example.org", name="Lee Lead", grants=[(Role.PARTNER_LEAD, "scotland")]),
        "assessor": make_person(app, "ada@example.org", name="Ada Assessor", grants=[(Role.ASSESSOR, "scotland")]),
        "central": make_person(app, "cen@example.org", name="Cen Tral", grants=[(Role.CENTRAL_TEAM, "uk")]),
        "other": make_person(app, "otto@example.org", name="Otto Other", grants=[(Role.ASSESSOR, "scotland")]),
        "seen": make_person(app, "sean@example.org", name="Sean Seen"),
        "unseen": make_person(app, "una@example.org", name="Una Unseen"),
    }
    world = World(app, session, accounts)
    form = make_form(session)
    window = make_window(session, form, -30, -2)
    make_window(session, form, 20, 40, name="Next")
    make_rules(session, window, make_policy(session))
    case = calibration.write(session, SYSTEM, calibration.About("Case 1", "invented", "en"), new_token())
    ada, otto = (make_assessor(session, accounts[name], ["lay"]) for name in ("assessor", "other"))
    seen = make_submitted(session, window, form, accounts["seen"], reference="SEEN-1")
    soon = clock.now() + timedelta(days=2)
    batches = _batches(session, window)
    people = {name: make_person(app, f"{name}@example.org", name=name.title()) for name in ("sid", "sue", "ulf", "uma")}
    accounts |= people
    for name, reference, step in (("sid", "SEEN-2", "held"), ("sue", "SEEN-3", "released")):
        one = make_submitted(session, window, form, people[name], reference=reference)
        decided = _decided(session, one, batches[step], accounts, step)
    _appealed(session, accounts["sue"], one, decided, new_id())
    make_proposal(session, seen)
    assignment = make_assignment(session, seen, otto, "assessing", due_at=soon)
    make_assignment(session, seen, ada, due_at=soon)
    rows: list[tuple[Any, dict[str, Any]]] = [
        (AssessorInterest, {"id": new_id(), "assessor_id": ada, "kind": "person", "target": "Nobody", "target_norm": "nobody",
                            "at": clock.now()}),
        (PanelMeeting, {"id": new_id(), "window_id": window, "held_at": soon, "place": "Room 1", "quorum": 2,
                        "present": [ada, otto], "state": "open", "created_at": clock.now()}),
        (Conflict, {"id": new_id(), "application_id": seen, "account_id": accounts["other"], "source": "set", "kind": "other",
                    "why": "test", "at": clock.now()}),
    ]  # fmt: skip
    with transaction(session):
        for model, values in rows:
            session.execute(sa.insert(model), [{"tenant_id": session.scope.tenant_id, **values}])
    run = plans.ask(session, SYSTEM, window, "key", seed=1)
    plans.work_out(session, run, lambda _: Needs(2))
    with transaction(session):
        audit.record(session, actor=SYSTEM, action="application.submit", subject=seen)
    world.named = {
        "window_id": window, "application_id": seen, "assessor_id": ada, "assignment_id": assignment, "run_id": run,
        "interest_id": rows[0][1]["id"], "meeting_id": rows[1][1]["id"], "conflict_id": rows[2][1]["id"], "form": form,
        "other_assessor": otto, "batch_id": batches["held"], "released": batches["released"], "case_id": case,
    }  # fmt: skip
    names = ("application_id", "assignment_id", "recused", "item_id", "decision_id", "held", "out", "appeal_id")
    world.hidden = {name: new_id() for name in names}
    return world


def _batches(session: ScopedSession, window: str) -> dict[str, str]:
    """A batch that is open and one that went out, by what a decision in it is."""
    now, found = clock.now(), {"held": new_id(), "released": new_id()}
    rows = [
        {
            "id": batch, "tenant_id": session.scope.tenant_id, "window_id": window, "name": step.title(),
            "state": "open" if step == "held" else "released", "embargo_until": None, "released_count": None, "version": 1,
            "created_by": None, "created_at": now, "released_by": None, "released_at": None if step == "held" else now,
        }
        for step, batch in found.items()
    ]  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(ReleaseBatch), rows)
    return found


def _decided(session: ScopedSession, application: str, batch: str, accounts: dict[str, str], step: str) -> str:
    """A decision to decline that is in a batch, held or released; its id."""
    return make_decision(
        session,
        application,
        "decline",
        step,
        signed_by=accounts["other"],
        moderated_by=accounts["seen"],
        batch_id=batch,
    )


def _appealed(session: ScopedSession, account: str, application: str, decision: str, appeal: str) -> None:
    """What an applicant does with a released decision: says what they think of it, and appeals."""
    feedback.tell(session, Actor(account, ""), application, understood=2, would_reapply=False, words="Unfair.")
    row = {
        "id": appeal, "tenant_id": session.scope.tenant_id, "application_id": application, "decision_id": decision,
        "grounds": "Overlooked.", "state": "received", "reviewer_id": None, "answer": "", "version": 1, "at": clock.now(),
    }  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(Appeal), [row])


def add_the_hidden_application(world: World) -> None:
    """One more application, with something of everything that can hang on one, and with which the three are in conflict:
    it was assessed by somebody else, discussed, decided, put on an agenda, and placed by a plan."""
    session, named, hidden, accounts = world.session, world.named, world.hidden, world.accounts
    unseen = make_submitted(
        session, named["window_id"], named["form"], accounts["unseen"], id=hidden["application_id"], reference="UNSEEN-1",
        submitted_at=clock.now() - timedelta(days=1),
    )  # fmt: skip
    soon = clock.now() + timedelta(days=1)
    otto, ada = named["other_assessor"], named["assessor_id"]
    make_assignment(session, unseen, otto, "assessing", id=hidden["assignment_id"], due_at=soon)
    make_assessment(session, hidden["assignment_id"], 4)
    make_assignment(session, unseen, ada, "recused", id=hidden["recused"], due_at=soon)
    make_decision(session, unseen, signed_by=accounts["other"], id=hidden["decision_id"])
    make_proposal(session, unseen)
    more = {
        step: make_submitted(
            session, named["window_id"], named["form"], accounts[name], id=hidden[key], reference=reference
        )
        for name, key, reference, step in (("ulf", "held", "UNSEEN-2", "held"), ("uma", "out", "UNSEEN-3", "released"))
    }
    for step, one in more.items():
        make_proposal(session, one)
        decided = _decided(session, one, named["batch_id" if step == "held" else "released"], accounts, step)
    make_assignment(
        session, more["held"], otto, "declared", level="minor", declared_at=clock.now(), declaration="Unseen words", due_at=soon
    )  # fmt: skip
    _appealed(session, accounts["uma"], more["released"], decided, hidden["appeal_id"])
    now = clock.now()
    rows: list[tuple[Any, dict[str, Any]]] = [
        (Conflict, {"application_id": one, "account_id": accounts[who], "source": "derived", "kind": "same_employer", "why": "",
                    "at": now})
        for who in WHO
        for one in (unseen, *more.values())
    ]  # fmt: skip
    rows += [
        (DiscussionNote, {"application_id": unseen, "account_id": accounts["other"], "body": "Unseen note", "at": now}),
        (PanelItem, {"id": hidden["item_id"], "meeting_id": named["meeting_id"], "application_id": unseen, "position": 1,
                     "state": "now", "outcome": None, "out": [ada], "minutes": "Unseen minutes"}),
    ]  # fmt: skip
    with transaction(session):
        for model, values in rows:
            session.execute(sa.insert(model), [{"id": new_id(), "tenant_id": session.scope.tenant_id, **values}])
        for subject in (
            unseen, f"application:{unseen}", hidden["assignment_id"], f"decision:{hidden['decision_id']}",
            f"panel_item:{hidden['item_id']}", f"appeal:{hidden['appeal_id']}",
        ):  # fmt: skip
            audit.record(session, actor=SYSTEM, action="test.unseen", subject=subject)
        _place_it(session, named["run_id"], unseen, otto)


def _place_it(session: ScopedSession, run_id: str, application: str, assessor: str) -> None:
    """Let the ready plan place the hidden application too."""
    plan = dict(plan_queries.one(session, run_id).plan or {})
    assert plan["format"] == planning.FORMAT
    why = {"code": "all", "message": "Everybody who may assess it is needed", "values": {}}
    plan["added"] = [*plan["added"], {"application": application, "assessor": assessor, "reasons": [why]}]
    plan["shortfalls"] = [
        *plan["shortfalls"], {"application": application, "missing": 1, "role": "", "why": why}
    ]  # fmt: skip
    plan["wanted"] = {**plan["wanted"], application: 2}
    session.execute(sa.update(AssignmentRun).where(AssignmentRun.id == run_id).values(plan=plan))


def _values(world: World, rule: Rule) -> Iterator[dict[str, Any]]:
    """Every way to fill a rule's parameters: with what is there in both worlds, and with what only the second has."""
    known: Mapping[str, tuple[Any, ...]] = {
        **{name: (value,) for name, value in world.named.items()},
        "application_id": (world.named["application_id"], world.hidden["application_id"]),
        "assignment_id": (world.named["assignment_id"], world.hidden["assignment_id"], world.hidden["recused"]),
        "item_id": (world.hidden["item_id"],), "decision_id": (world.hidden["decision_id"],),
        "batch_id": (world.named["batch_id"], world.named["released"]), "appeal_id": (world.hidden["appeal_id"],),
        "offer_id": (world.hidden["out"],), "attachment_id": (world.hidden["out"],), "mark_id": (world.hidden["out"],),
        "number": (1,), "revision": (1,), "slug": ("scotland",), "key": ("about",), "part": ("question",), "way": ("down",),
        "token": ("nothing",), "redaction_id": (world.hidden["recused"],),
        "plugin": ("local_events",), "code": ("en",), "account_id": (world.accounts["unseen"],),
    }  # fmt: skip
    of_admissions = world.app.view_functions[rule.endpoint].__module__.startswith("core.admissions")
    names = sorted(rule.arguments)
    if of_admissions:
        missing = [name for name in names if name not in known]
        assert not missing, f"{rule.endpoint}: say in tests/isolation/unseen.py how to fill {missing}"
    for values in itertools.product(*(known.get(name, (world.hidden["recused"],)) for name in names)):
        yield dict(zip(names, values, strict=True))


def addresses(world: World) -> Iterator[tuple[str, str]]:
    """(endpoint, address) of everything that can be looked at, from the application's own URL map."""
    adapter = world.app.url_map.bind("localhost")
    for rule in sorted(world.app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule)):
        access = access_of(world.app, rule.endpoint)
        if "GET" not in (rule.methods or ()) or access is None or access.tenantless or rule.endpoint in LEFT_OUT:
            continue
        site = "" if rule.endpoint.startswith(AT_THE_UK_SITE) else SITE
        for values in _values(world, rule):
            yield rule.endpoint, site + adapter.build(rule.endpoint, values)


def _still(body: bytes) -> Any:
    """An answer without what is new each time: tokens, keys, and the moment at which a spreadsheet was written."""
    if body.startswith(b"PK"):
        with zipfile.ZipFile(BytesIO(body)) as file:
            return {name: file.read(name) for name in file.namelist() if name != "docProps/core.xml"}
    text = body.decode("utf-8", "replace")
    for pattern in VOLATILE:
        text = pattern.sub(lambda found: "".join(found.groups()), text)
    return text


def answers(world: World, who: str, endpoints: frozenset[str] | None = None) -> dict[str, tuple[int, Any]]:
    """{address: (status, body)} of everything somebody can ask: each page, each of its files, each search for the hidden
    application's name and reference, and each narrowing that its list knows."""
    client, found = world.client(who), {}
    for endpoint, path in addresses(world):
        if endpoints is not None and endpoint not in endpoints:
            continue
        ASKED.clear()
        asked = [path]
        answer = client.get(path, buffered=True)
        found[path] = (answer.status_code, _still(answer.data))
        if answer.status_code == 200:
            tries = {
                "format": ("csv", "xlsx"), "q": ("Unseen", "UNSEEN-1"), "actor": ("una@example.org",), "action": ("test.unseen",),
                "show": ("missing", "overdue", "complete"), "state": ("submitted",),
            }  # fmt: skip
            asked += [f"{path}?{name}={value}" for name, values in tries.items() if name in ASKED for value in values]
        for more in asked[1:]:
            answer = client.get(more, buffered=True)
            found[more] = (answer.status_code, _still(answer.data))
    return found


def letters(world: World) -> list[tuple[str, str, str]]:
    """(address, subject, text) of what the site's own jobs write to the three, after two days of them."""
    slots = sorted(name for name, slot in registry.SCHEDULES.items() if not slot.once and name.startswith("core."))
    for days in (0, 2):
        at = (clock.now() + timedelta(days=days)).isoformat()
        for name in slots:
            if registry.JOBS[name].platform is None:
                with suppress(
                    registry.GiveUp
                ):  # a proposal that was written by hand comes out otherwise when it is made again
                    registry.JOBS[name].handler(world.session, at=at)
    wanted = [world.accounts[who] for who in WHO]
    rows = world.session.execute(
        sa.select(Mail.to_address, Mail.subject, Mail.text)
        .where(Mail.account_id.in_(wanted))
        .order_by(Mail.created_at, Mail.to_address, Mail.subject)
    )
    return [(row[0], row[1], row[2]) for row in rows]
