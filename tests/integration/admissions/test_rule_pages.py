"""The pages of rules: choosing within the national policy, trying on past cases, proposals, the central team's overview."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.jobs import rules as rule_jobs
from core.admissions.models import Conflict, PolicyVersion, ShadowRun, WindowRules
from core.admissions.queries import policies, rules
from core.admissions.rules import NationalPolicy, Proposal, RuleConfig, Snapshot
from core.admissions.service import replaying
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from plugins.assessment_rules.lay_panel import LayPanel
from plugins.assessment_rules.standard import Standard
from tests.factories.people import client_of, make_person
from tests.integration.admissions.scored import Panel
from tests.support.client import FormClient, without_token
from tests.support.statements import Counter

LAY = "lay_panel@1.0.0"
POLICY, OVERVIEW = "/console/admissions/policy/", "/console/admissions/rules/"


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    return session_for("scotland")


@pytest.fixture
def panel(app: Flask, session: ScopedSession) -> Panel:
    return Panel(app, session)


@pytest.fixture
def at(panel: Panel) -> str:
    return f"/scotland/manage/admissions/windows/{panel.window}"


@pytest.fixture
def lead_id(app: Flask) -> str:
    return make_person(app, "lead@example.org", name="Isla", grants=[(Role.PARTNER_LEAD, "scotland")])


@pytest.fixture
def lead(app: Flask, lead_id: str) -> FormClient:
    return client_of(app, lead_id)


@pytest.fixture
def central(app: Flask) -> FormClient:
    return client_of(app, make_person(app, "central@example.org", name="Cen", grants=[(Role.CENTRAL_TEAM, "uk")]))


def pinned(panel: Panel) -> rules.Pinned:
    panel.session.rollback()
    found = rules.pinned(panel.session, panel.window)
    assert found is not None
    return found


def work(app: Flask, panel: Panel) -> str:
    """Do the shadow run that was asked for last; its id."""
    panel.session.rollback()
    run_id = panel.session.scalar(sa.select(ShadowRun.id).order_by(ShadowRun.at.desc()))
    assert run_id
    with app.app_context():
        rule_jobs.shadow_run(panel.session, run_id=run_id)
    return run_id


def test_a_leads_choice_is_an_amendment_with_its_reason(panel: Panel, lead: FormClient, at: str) -> None:
    edit = f"{at}/rules/edit?rule=standard@1.0.0"
    answer = lead.submit(edit, {"set-threshold": "2.75", "blindness": "always"})
    assert answer.status_code == 422
    assert "Say why, in at most 500 characters" in answer.text
    assert 'value="2.75"' in answer.text
    answer = lead.submit(edit, {"set-threshold": "2.75", "blindness": "always", "why": "The panel wants it."})
    assert answer.status_code == 303
    assert (pinned(panel).config["threshold"], pinned(panel).blindness) == (2.75, "always")
    text = lead.get(at).text
    assert "The panel wants it." in text
    assert "Mean score to accept: 2.5 → 2.75" in text
    assert "Assessors see who applies → Hidden from assessors throughout" in text
    text = lead.get(f"{at}/rules").text
    assert "Mean score to accept: 2.75" in text
    assert "standard: 2.5" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"set-threshold": "3.5"}, "The national policy allows 2.25 to 3."),
        ({"set-threshold": "high"}, "Enter a number"),
        ({"set-threshold": "nan"}, "Enter a number"),
        ({"set-n_assessors": "1"}, "The national policy asks for at least 2 assessors."),
        ({"set-n_assessors": "2.5"}, "Enter a whole number"),
        ({"set-n_assessors": "0"}, "Enter 1 or more"),
        ({"set-n_assessors": "4"}, "cannot have fewer assessors at most than at first"),
        ({}, "Nothing is different."),
        ({"set-sign_off": "partner_lead"}, "The central team must be among those who sign."),
        ({"assess_days": "0"}, "Enter a number of days from 1 to 365"),
        ({"blindness": "half"}, "Choose one of the answers"),
        ({"policy_id": "x"}, "Choose a version of the national policy"),
        ({"version": "9"}, "Somebody changed this"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    panel: Panel, lead: FormClient, at: str, changes: dict[str, str], words: str
) -> None:
    before = pinned(panel)
    if changes == {
        "set-floor": ""
    }:  # no floor is a change of its own: below the bounds only where the floor's least is above
        changes = {}
    answer = lead.submit(f"{at}/rules/edit?rule=standard@1.0.0", {"why": "kept words", **changes})
    assert answer.status_code == 422
    assert words in answer.text
    assert "There is a problem" in answer.text
    assert "kept words" in answer.text
    assert pinned(panel) == before


def test_rules_that_are_not_offered_have_no_page(lead: FormClient, at: str) -> None:
    assert lead.get(f"{at}/rules/edit?rule=gone@1.0.0").status_code == 404
    assert lead.get(f"{at}/rules/tried/{new_id()}").status_code == 404
    assert lead.get(f"{at}/proposals/{new_id()}").status_code == 404


def test_rules_new_to_a_site_are_tried_on_its_past_cases_before_they_are_used(
    app: Flask, panel: Panel, lead: FormClient, at: str
) -> None:
    panel.application(4, 4)
    panel.application(1, 1)
    panel.ask()
    edit = f"{at}/rules/edit?rule={LAY}"
    answer = lead.submit(edit, {"why": "Lay voices"})
    assert answer.status_code == 422
    assert "Try them on past cases first" in answer.text
    answer = lead.submit(edit, {"why": "Lay voices", "step": "try"})
    assert answer.status_code == 303
    assert "being tried" in lead.get(answer.location).text
    run_id = work(app, panel)
    assert answer.location.endswith(run_id)
    text = lead.get(answer.location).text
    assert "The mean of 4.00 reaches 2.50 and no criterion is too low." in text
    assert "Scores are missing from this role: assessor from outside the applicant’s employer (0 of 1)." in text
    stale = lead.submit(answer.location, {"sha": "0" * 64}, form="agree")
    assert stale.status_code == 422
    assert "not the one that you looked at" in stale.text
    assert lead.submit(answer.location, form="agree").status_code == 303
    assert "Agreed." in lead.get(answer.location).text
    # What was agreed to is what may be used, not something else under the same name.
    assert lead.submit(edit, {"why": "Lay voices", "set-threshold": "3"}).status_code == 422
    assert lead.submit(f"{edit}&tried={run_id}", {"why": "Lay voices"}).status_code == 303
    assert pinned(panel).rule == LAY


def test_rules_that_fail_on_a_past_case_cannot_be_agreed_to(
    app: Flask, panel: Panel, lead: FormClient, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.application(4, 4)
    panel.ask()
    location = lead.submit(f"{at}/rules/edit?rule={LAY}", {"why": "Lay voices", "step": "try"}).location

    def fail(self: LayPanel, snapshot: Snapshot, config: RuleConfig, policy: NationalPolicy) -> Proposal:
        raise ZeroDivisionError

    monkeypatch.setattr(LayPanel, "propose", fail)
    work(app, panel)
    text = lead.get(location).text
    assert "These rules failed on a past case." in text
    assert "Agree to what changes" not in text


def test_without_past_cases_there_is_nothing_to_try(panel: Panel, lead: FormClient, at: str) -> None:
    answer = lead.submit(f"{at}/rules/edit?rule={LAY}", {"why": "Lay voices", "step": "try"})
    assert answer.status_code == 422
    assert "There are no past cases" in answer.text
    assert lead.submit(f"{at}/rules/edit?rule={LAY}", {"why": "Lay voices"}).status_code == 303
    assert pinned(panel).rule == LAY


def conflict(panel: Panel, application_id: str, account_id: str) -> None:
    row = {
        "id": new_id(), "tenant_id": panel.session.scope.tenant_id, "application_id": application_id, "account_id": account_id,
        "source": "set", "kind": "employer", "why": "", "by": None, "at": clock.now(),
    }  # fmt: skip
    with transaction(panel.session):
        panel.session.execute(sa.insert(Conflict), [row])


def test_the_list_of_proposals_is_filtered_sorted_and_exported(panel: Panel, lead: FormClient, at: str) -> None:
    panel.application(4, 4)
    waiting = panel.application()
    assert waiting
    answer = lead.submit(f"{at}/proposals", form="ask")
    assert answer.status_code == 303
    text = lead.get(f"{at}/proposals").text
    assert "The mean of 4.00 reaches 2.50 and no criterion is too low." in text
    assert "No proposal yet" in text
    assert text.count('<th scope="row">') == 2
    assert lead.get(f"{at}/proposals?outcome=accept").text.count('<th scope="row">') == 1
    assert lead.get(f"{at}/proposals?outcome=none").text.count('<th scope="row">') == 1
    assert "No application fits this filter." in lead.get(f"{at}/proposals?outcome=failed").text
    for sort in ("reference", "-submitted", "sealed", "-outcome", "at"):
        assert lead.get(f"{at}/proposals?sort={sort}").status_code == 200
    sheet = lead.get(f"{at}/proposals?format=csv").text
    assert "The mean of 4.00" in sheet
    assert sheet.count("\r\n") == 3


def test_reasons_are_said_in_the_readers_language(app: Flask, session_for: Callable[[str], ScopedSession]) -> None:
    panel = Panel(app, session_for("wales"))
    panel.application(4, 4)
    panel.ask()
    lead = client_of(app, make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "wales")]))
    lead.get("/wales/language/cy?next=/wales/")
    text = lead.get(f"/wales/manage/admissions/windows/{panel.window}/proposals").text
    assert 'lang="cy"' in text
    assert "4.00" in text
    assert "The mean of" not in text


def test_whoever_is_in_conflict_finds_a_site_without_that_application(
    app: Flask, panel: Panel, lead: FormClient, lead_id: str, at: str
) -> None:
    panel.application(4, 4)
    hidden = panel.application(1, 1)
    panel.ask()
    lead.submit(f"{at}/rules/edit?rule={LAY}", {"why": "Lay voices", "step": "try"})
    run_id = work(app, panel)
    paths = [
        f"{at}/proposals",
        f"{at}/proposals?outcome=decline",
        f"{at}/proposals?format=csv",
        f"{at}/rules/tried/{run_id}",
    ]
    assert "below 2.50" in lead.get(paths[0]).text
    assert "below 2.50" in lead.get(paths[3]).text
    conflict(panel, hidden, lead_id)
    for path in paths:
        text = lead.get(path).text
        assert "below 2.50" not in text, path
    assert "1 past cases" in " ".join(lead.get(paths[3]).text.replace("<b>", "").replace("</b>", "").split())
    hidden_page, missing = (lead.get(f"{at}/proposals/{one}").text for one in (hidden, new_id()))
    assert without_token(hidden_page) == without_token(missing)


def test_an_applications_history_shows_every_proposal(panel: Panel, lead: FormClient, at: str) -> None:
    made = panel.application(4)
    panel.ask()
    panel.seal(made, "second", 4)
    panel.ask()
    text = lead.get(f"{at}/proposals/{made}").text
    assert "Proposal 2" in text
    assert "Assessors who have scored it so far: 1; needed: 2." in text
    assert "Partner lead, Central team" in text


def test_reading_the_list_takes_the_same_statements_however_long_it_is(
    panel: Panel, lead: FormClient, at: str, statements: Counter
) -> None:
    panel.application(4, 4)
    panel.ask()
    lead.get(f"{at}/proposals")
    with statements() as one:
        lead.get(f"{at}/proposals")
    for _ in range(4):
        panel.application(3, 3)
    panel.ask()
    with statements() as many:
        lead.get(f"{at}/proposals")
    assert len(many) == len(one)


def test_a_new_policy_is_published_only_after_its_effect_was_seen(panel: Panel, central: FormClient) -> None:
    path = f"{POLICY}new"
    changes = {"min_assessors": "3", "note": "Three pairs of eyes."}
    answer = central.submit(path, {**changes, "step": "publish"})
    assert answer.status_code == 422
    assert "Look at what changes below" in answer.text
    assert "The national policy asks for at least 3 assessors." in answer.text
    assert "Scotland" in answer.text
    seen = central.submit(path, {**changes, "step": "look"})
    assert seen.status_code == 200
    hidden = seen.text.split('name="seen"')[1].split('value="')[1].split('"')[0]
    assert len(policies.versions(panel.session)) == 1
    answer = central.submit(path, {**changes, "step": "publish", "seen": hidden})
    assert answer.location.endswith("/policy/2/")
    text = central.get(answer.location).text
    assert "Three pairs of eyes." in text
    assert "<del>2</del>" in text
    assert "<ins>3</ins>" in text
    assert pinned(panel).policy_number == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"min_assessors": "7"}, "The fewest assessors must not be more than the most."),
        ({"min_assessors": "two"}, "Enter a whole number"),
        ({"threshold_least": "3.5"}, "The least must not be more than the most."),
        ({"threshold_most": ""}, "Enter a number"),
        ({"lowest": "0"}, "Scores are whole numbers from 1 to 9."),
        ({"criteria": None}, "Name at least one criterion"),
        ({"sign_off_needs": None}, "The central team must be among those who always sign"),
        ({"exceptions": "double_mark_sample"}, "Write each exception on a line"),
        ({"exceptions": "a | 1 | x\na | 1 | y"}, "A rule pack has one exception at most."),
        ({"exceptions": "Not A Key | 1 | x"}, "Use small letters"),
        ({"note": ""}, "Say why, in at most 500 characters"),
    ],
)
def test_what_no_policy_can_say(panel: Panel, central: FormClient, changes: dict[str, Any], words: str) -> None:
    answer = central.submit(f"{POLICY}new", {"note": "kept words", "step": "publish", **changes})
    assert answer.status_code == 422
    assert words in answer.text
    assert "kept words" in answer.text or "note" in changes
    assert len(policies.versions(panel.session)) == 1


def test_before_the_first_policy_there_is_one_to_take_in(session: ScopedSession, central: FormClient) -> None:
    assert "There is no national policy yet" in central.get(POLICY).text
    assert central.submit(POLICY, form="first").status_code == 303
    assert "Version 1" in central.get(POLICY).text
    assert central.get(f"{POLICY}1/").status_code == 200
    assert central.get(f"{POLICY}2/").status_code == 404


def test_the_first_policy_is_published_by_one_press(session: ScopedSession, central: FormClient) -> None:
    assert session.scalar(sa.select(sa.func.count(PolicyVersion.id))) == 0
    assert central.get(f"{POLICY}1/").status_code == 404
    answer = central.submit(POLICY, form="policy/first")
    assert answer.status_code == 303
    assert answer.location.endswith(POLICY)
    page = central.get(POLICY).text
    assert "The first version is published." in page
    assert "Version 1" in page
    assert "policy/first" not in page
    session.rollback()
    assert session.scalar(sa.select(sa.func.count(PolicyVersion.id))) == 1


def test_the_overview_names_packs_pins_deviations_failures_and_replays(
    app: Flask, panel: Panel, central: FormClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert central.get(OVERVIEW).status_code == 200
    panel.application(4, 4)
    panel.ask()

    def fail(*_: Any) -> Proposal:
        raise ZeroDivisionError

    monkeypatch.setattr(Standard, "propose", fail)
    panel.application(4, 4)
    panel.ask()
    replaying.replay_all(panel.session, app.extensions["q.rulebook"].catalogue())
    with transaction(panel.session):
        strict = {**RuleConfig(threshold=3.0).model_dump(mode="json")}
        panel.session.execute(sa.update(WindowRules).values(config=strict))
    text = central.get(OVERVIEW).text
    assert "standard@1.0.0" in text
    assert "Mean score to accept: 3 in place of 2.5" in text
    assert "rule_raised: ZeroDivisionError" in text
    assert "what is proposed" in text
    assert "Mean score to accept: 3 in place of 2.5" in central.get(f"{OVERVIEW}?format=csv").text
