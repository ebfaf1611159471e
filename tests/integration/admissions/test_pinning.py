"""What windows pin: the national policy's versions, the usual rules, free choice until the opening, amendments afterwards."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from core.admissions.models import PolicyVersion
from core.admissions.queries import policies, rules, windows
from core.admissions.rules import STANDARD, Catalogue, ConfigRefused, NationalPolicy, PolicyException, standard_config
from core.admissions.service import pinning
from core.admissions.service import policies as policy_service
from core.admissions.service import windows as window_service
from core.admissions.service.usual_rules import Rules
from core.admissions.service.windows import Plan
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import new_token
from core.kernel.permissions import ROLE_PERMISSIONS, Role
from core.kernel.views import Actor
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import make_policy, make_rules
from tests.factories.people import make_person

PLUGINS = frozenset({"assessment_rules"})
LAY = "lay_panel@1.0.0"


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    return session_for("scotland")


@pytest.fixture
def catalogue(app: Flask) -> Catalogue:
    found: Catalogue = app.extensions["q.rulebook"].catalogue()
    return found


@pytest.fixture
def lead(app: Flask) -> Actor:
    account = make_person(app, "lead@example.org", name="Isla", grants=[(Role.PARTNER_LEAD, "scotland")])
    return Actor(account, "Isla", frozenset({Role.PARTNER_LEAD}), ROLE_PERMISSIONS[Role.PARTNER_LEAD])


@pytest.fixture
def central(app: Flask) -> Actor:
    account = make_person(app, "central@example.org", name="Cen", grants=[(Role.CENTRAL_TEAM, "uk")])
    return Actor(account, "Cen", frozenset({Role.CENTRAL_TEAM}), ROLE_PERMISSIONS[Role.CENTRAL_TEAM])


@pytest.fixture
def pin(session: ScopedSession, catalogue: Catalogue, lead: Actor) -> Callable[..., None]:
    """Pin as the lead does: `pin(window_id, version, rule=…, config=…)`."""

    def do(
        window_id: str,
        version: int,
        actor: Actor = lead,
        plugins: frozenset[str] = PLUGINS,
        why: str = "",
        **changes: Any,
    ) -> None:
        policy = changes.pop("policy_id", None) or policy_service.ensure_first(session)
        usual = Rules(STANDARD, {}, policy, "none", 42, 28)
        pinning.pin(
            session, actor, window_id, version, replace(usual, **changes), catalogue=catalogue, plugins=plugins, why=why
        )  # fmt: skip

    return do


def test_the_first_policy_is_taken_in_once_and_never_changes(session: ScopedSession) -> None:
    first = policy_service.ensure_first(session)
    assert policy_service.ensure_first(session) == first
    [one] = policies.versions(session)
    assert (one.number, one.policy, one.by) == (1, NationalPolicy(), "")
    for statement in (sa.update(PolicyVersion).values(note="other"), sa.delete(PolicyVersion)):
        with pytest.raises(DBAPIError), transaction(session):
            session.execute(statement)


def test_a_new_policy_follows_the_newest_and_says_why(session: ScopedSession, central: Actor, lead: Actor) -> None:
    policy_service.ensure_first(session)
    wanted = NationalPolicy(
        exceptions=(PolicyException(rule="double_mark_sample", min_assessors=1, decision="board-7"),)
    )
    with pytest.raises(Forbidden):
        policy_service.publish(session, lead, after=1, policy=wanted, note="why")
    with pytest.raises(Invalid):
        policy_service.publish(session, central, after=1, policy=wanted, note=" ")
    with pytest.raises(Refused, match="Nothing differs"):
        policy_service.publish(session, central, after=1, policy=NationalPolicy(), note="why")
    assert policy_service.publish(session, central, after=1, policy=wanted, note="Sampling is tried.") == 2
    newest = policies.newest(session)
    assert newest is not None
    assert (newest.number, newest.policy.version, newest.note, newest.by) == (2, "2", "Sampling is tried.", "Cen")
    assert newest.policy.minimum_for("double_mark_sample") == 1
    with pytest.raises(Conflict):
        policy_service.publish(session, central, after=1, policy=NationalPolicy(max_assessors=5), note="too late")
    with pytest.raises(NotFound):
        policies.one(session, 3)


def test_every_window_that_is_published_pins_rules(session: ScopedSession, lead: Actor) -> None:
    form, now = make_form(session), clock.now()
    plan = Plan("Spring", now + timedelta(days=5), now + timedelta(days=30), 0, form)
    window_id = window_service.plan(session, lead, plan, new_token())
    assert rules.pinned(session, window_id) is None
    window_service.publish(session, lead, window_id, 1)
    found = rules.pinned(session, window_id)
    assert found is not None
    assert (found.rule, found.config, found.policy_number) == (STANDARD, standard_config(), 1)
    assert len(found.secret) > 40


def test_the_next_window_takes_the_rules_of_the_one_before(
    session: ScopedSession, lead: Actor, pin: Callable[..., None]
) -> None:
    form, now = make_form(session), clock.now()
    pin(make_window(session, form, 5, 30), 0, rule=LAY, blindness="always", assess_days=30)
    next_id = window_service.plan(
        session, lead, Plan("Autumn", now + timedelta(days=50), now + timedelta(days=80), 0, form), new_token()
    )
    window_service.publish(session, lead, next_id, 1)
    found = rules.pinned(session, next_id)
    assert found is not None
    assert (found.rule, found.blindness, found.assess_days, found.config["n_assessors"]) == (LAY, "always", 30, 3)


def test_where_the_policy_allows_no_usual_rules_somebody_must_choose(
    session: ScopedSession, lead: Actor, pin: Callable[..., None]
) -> None:
    form, now = make_form(session), clock.now()
    policy = make_policy(session, min_assessors=4)
    draft = window_service.plan(
        session, lead, Plan("Spring", now + timedelta(days=5), now + timedelta(days=9), 0, form), new_token()
    )
    with pytest.raises(Refused, match="Choose rules for this window first"):
        window_service.publish(session, lead, draft, 1)
    pin(draft, 0, policy_id=policy, config={"n_assessors": 4, "max_assessors": 5})
    window_service.publish(session, lead, draft, 1)
    assert windows.one(session, draft).state == "published"


def test_windows_from_before_get_the_usual_rules(session: ScopedSession) -> None:
    form = make_form(session)
    window_id, draft = make_window(session, form), make_window(session, form, 40, 50, state="draft")
    assert pinning.pin_missing(session) == 1
    assert pinning.pin_missing(session) == 0
    found = rules.pinned(session, window_id)
    assert found is not None
    assert found.rule == STANDARD
    assert rules.pinned(session, draft) is None


def test_bounds_are_checked_when_it_is_saved(session: ScopedSession, pin: Callable[..., None]) -> None:
    window_id = make_window(session, make_form(session), 5, 30)
    with pytest.raises(ConfigRefused) as refused:
        pin(window_id, 0, config={"threshold": 3.5, "n_assessors": 1, "sign_off": ["partner_lead"]})
    assert {one.field for one in refused.value.problems} == {"threshold", "n_assessors", "sign_off"}
    with pytest.raises(ConfigRefused):
        pin(window_id, 0, rule="double_mark_sample@1.0.0")
    for wrong in (
        {"blindness": "half"},
        {"assess_days": 0},
        {"appeal_days": 366},
        {"policy_id": "no"},
        {"rule": "no@1.0.0"},
    ):
        with pytest.raises(Invalid):
            pin(window_id, 0, **wrong)
    assert rules.pinned(session, window_id) is None


def test_only_packs_of_plugins_that_are_on_or_pinned_already(
    session: ScopedSession, pin: Callable[..., None], catalogue: Catalogue
) -> None:
    window_id = make_window(session, make_form(session), 5, 30)
    with pytest.raises(Invalid):
        pin(window_id, 0, plugins=frozenset())
    pin(window_id, 0)
    now = rules.pinned(session, window_id)
    assert set(pinning.choices(catalogue, frozenset(), now)) == {STANDARD}
    pin(window_id, 1, plugins=frozenset(), config={"threshold": 2.75})
    with pytest.raises(Invalid):
        pin(window_id, 2, plugins=frozenset(), rule=LAY)


def test_until_it_opens_freely_afterwards_by_amendment(
    session: ScopedSession, pin: Callable[..., None], frozen_clock: Any
) -> None:
    window_id = make_window(session, make_form(session), 5, 30)
    pin(window_id, 0)
    pin(window_id, 1, config={"threshold": 2.75})
    with pytest.raises(Conflict):
        pin(window_id, 1)
    assert windows.amendments(session, window_id) == []
    frozen_clock.advance(days=6)
    with pytest.raises(Invalid) as missing:
        pin(window_id, 2, config={"threshold": 2.5})
    assert "why" in missing.value.field_errors
    pin(window_id, 2, config={"threshold": 2.5}, assess_days=50, why="The panel asked for it.")
    [amended] = windows.amendments(session, window_id)
    assert amended.before == {"config.threshold": 2.75, "assess_days": 42}
    assert amended.after == {"config.threshold": 2.5, "assess_days": 50}
    assert amended.why == "The panel asked for it."
    with pytest.raises(Invalid, match="Nothing is different"):
        pin(window_id, 3, config={"threshold": 2.5}, assess_days=50, why="again")


@pytest.mark.parametrize("state", ["cancelled", "released"])
def test_what_is_over_stays(session: ScopedSession, pin: Callable[..., None], state: str) -> None:
    changes = {"state": "cancelled"} if state == "cancelled" else {"released_at": clock.now()}
    window_id = make_window(session, make_form(session), -50, -30, **changes)
    make_rules(session, window_id, policy_service.ensure_first(session))
    with pytest.raises(Refused, match="its rules stay as they are"):
        pin(window_id, 1, why="too late")


def test_nobody_else_pins_and_no_other_sites_window(
    session: ScopedSession, session_for: Callable[[str], ScopedSession], pin: Callable[..., None]
) -> None:
    window_id = make_window(session, make_form(session), 5, 30)
    member = Actor("a" * 26, "Mem", frozenset({Role.MEMBER}), frozenset())
    with pytest.raises(Forbidden):
        pin(window_id, 0, actor=member)
    wales = session_for("wales")
    elsewhere = make_window(wales, make_form(wales, number=1002), 5, 30)
    with pytest.raises(NotFound):
        pin(elsewhere, 0)
