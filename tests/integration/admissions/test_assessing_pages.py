"""The assessor's pages: nothing before declaring, nothing of others before sealing, names only where the window shows them."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.content.shapes import CRITERIA
from core.admissions.models import Application, ScoreDraft
from core.admissions.service import redacting
from core.data.session import ScopedSession
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import Role
from core.kernel.views import Actor
from tests.factories.assessing import make_assessment, make_assessor
from tests.factories.people import client_of
from tests.integration.admissions.panel import Panel
from tests.support.client import FormClient, without_token

ROOM = "/scotland/assess/"
STORY = "We made the ward safer."


@pytest.fixture
def panel(app: Flask, session_for: Callable[[str], ScopedSession]) -> Panel:
    return Panel(app, session_for("scotland"))


def browser(panel: Panel, actor: Actor) -> FormClient:
    """A browser in which somebody is signed in."""
    panel.session.rollback()
    return client_of(panel.app, str(actor.account_id))


def filled(level: str = "3") -> dict[str, str]:
    """Every field of the scores."""
    return dict.fromkeys(CRITERIA, level) | {f"{key}_why": f"Why {key}." for key in CRITERIA}


def test_from_the_list_to_sealed_scores(panel: Panel) -> None:
    ann = panel.assessor("ann")
    client = browser(panel, ann)
    assert "Nothing waits for you" in client.get(ROOM).text
    assignment = panel.give(panel.application("zoe"), "ann")
    page = f"{ROOM}{assignment}/"
    assert "Assess</a>" in client.get("/scotland/").text
    assert "Declare interests" in client.get(ROOM).text
    text = client.get(page).text
    assert "Nothing of the application is shown before you do" in text
    assert STORY not in text
    assert "Zoe Applicant" in text
    assert "checked" not in text
    assert client.get(f"{page}scores").status_code == 422
    assert client.submit(page, {"level": "minor"}).status_code == 422
    assert client.submit(page, {"level": "none"}).status_code == 303
    text = client.get(f"{page}scores").text
    assert STORY in text
    assert "checked" not in text  # no level and no recommendation is chosen beforehand
    answer = client.submit(f"{page}scores", {"experience": "4"})
    assert answer.headers["Location"].endswith("problems=")
    assert "Say why." in client.get(answer.headers["Location"]).text
    answer = client.submit(f"{page}scores", {**filled(), "knowledge": "unable", "recommendation": "unsure"})
    assert answer.headers["Location"].endswith("/check")
    text = client.get(f"{page}scores/check").text
    assert "Not able to score" in text
    assert client.submit(f"{page}scores/check", form="seal").status_code == 303
    text = client.get(page).text
    assert "Sealed" in text
    assert "0 of 1" in text
    assert "You: Not sure" in text
    assert client.get(f"{page}scores").status_code == 303
    assert "Nothing waits for you" in client.get(ROOM).text
    assert assignment in client.get(f"{ROOM}?show=sealed").text


def test_null_and_4_mean_is_4_with_coverage_one_of_two_never_2_on_the_page(panel: Panel) -> None:
    application = panel.application("zoe")
    panel.sealed("bob", application, {**dict.fromkeys(CRITERIA, 4), "knowledge": None})
    ann, assignment = panel.sealed("ann", application, 4)
    lead = browser(panel, panel.lead)
    for text in (
        browser(panel, ann).get(f"{ROOM}{assignment}/").text,
        lead.get(f"/scotland/manage/admissions/applications/{application}/assessments").text,
    ):
        row = text.split("Knowledge</th>")[1].split("</tr>")[0]
        assert "4.00" in row
        assert "1 of 2" in row
        assert "2.00" not in row


@pytest.mark.parametrize("blindness", ["none", "until_sealed", "always"])
def test_who_applied_is_shown_only_where_the_window_says_so(panel: Panel, blindness: str) -> None:
    panel.blind(blindness)
    ann = panel.assessor("ann")
    application = panel.application("zoe", {"job": "Nurse at Perth", "story": STORY})
    assignment = panel.give(application, "ann")
    client, page = browser(panel, ann), f"{ROOM}{assignment}/"

    def named() -> set[bool]:
        pages = [
            page,
            *([f"{page}scores", f"{page}scores/check"] if panel.task(ann, assignment).state == "assessing" else []),
        ]
        texts = [client.get(one).text for one in pages] + [client.get(ROOM).text, client.get("/scotland/me/").text]
        assert all("Zoe" not in text for text in texts[-2:])
        return {"Zoe" in text or "Perth" in text for text in texts[:-2]}

    assert named() == {blindness == "none"}
    panel.declare(ann, assignment)
    assert named() == {blindness == "none"}
    panel.score(ann, assignment)
    panel.seal(ann, assignment)
    assert named() == {blindness != "always"}
    for kind in ("csv", "xlsx"):
        assert b"Zoe" not in client.get(f"{ROOM}?show=sealed&format={kind}").data


def test_each_application_to_assess_is_told_by_its_reference_and_how_far_it_is_scored(panel: Panel) -> None:
    ann = panel.assessor("ann")
    application = panel.application("zoe")
    reference = panel.session.scalar(sa.select(Application.reference).where(Application.id == application))
    assignment = panel.give(application, "ann")
    panel.declare(ann, assignment)
    client = browser(panel, ann)
    items = client.get("/scotland/me/").text
    assert f">{reference}</a>" in items
    assert "An application to assess" in items
    assert "0 of 5 scored" in client.get(ROOM).text
    client.submit(
        f"{ROOM}{assignment}/scores", {"experience": "4", "experience_why": "Said so.", "knowledge": "unable"}
    )
    assert "2 of 5 scored" in client.get(ROOM).text


def test_sealed_scores_are_entries_with_their_headings_on_a_phone(panel: Panel) -> None:
    ann = panel.assessor("ann")
    assignment = panel.give(panel.application("zoe"), "ann")
    panel.declare(ann, assignment)
    panel.score(ann, assignment)
    panel.seal(ann, assignment)
    table = browser(panel, ann).get(f"{ROOM}{assignment}/").text.split('aria-label="Sealed scores"')[0]
    assert table.rstrip().endswith('class="table stacked" role="region" tabindex="0"')
    cells = browser(panel, ann).get(f"{ROOM}{assignment}/").text
    for heading in ("You", "Mean", "Scored by", "Apart"):
        assert f'data-label="{heading}"' in cells, heading


def test_two_tabs_see_both_texts_and_the_script_is_told(panel: Panel) -> None:
    ann = panel.assessor("ann")
    assignment = panel.give(panel.application("zoe"), "ann")
    panel.declare(ann, assignment)
    client, page = browser(panel, ann), f"{ROOM}{assignment}/scores"
    first = {"rev-knowledge_why": "0", "knowledge_why": "From the first tab"}
    told = client.submit(page, first, headers={"Accept": "application/json"})
    assert told.get_json()["revisions"]["knowledge_why"] == 1
    late = client.submit(page, {"rev-knowledge_why": "0", "knowledge_why": "From the second"})
    assert late.status_code == 409
    assert "From the first tab" in late.text
    assert "From the second" in late.text
    told = client.submit(
        page, {"rev-knowledge_why": "0", "knowledge_why": "Third"}, headers={"Accept": "application/json"}
    )
    assert told.status_code == 409
    assert told.get_json()["lost"] == ["knowledge_why"]
    text = client.get(page).text
    assert "From the second" in text
    assert "kept" in text


def test_a_newer_version_is_shown_with_what_is_different(panel: Panel) -> None:
    ann = panel.assessor("ann")
    application = panel.application("zoe")
    assignment = panel.give(application, "ann")
    panel.declare(ann, assignment)
    panel.score(ann, assignment)
    panel.again(application, "We made two wards safer.")
    client, page = browser(panel, ann), f"{ROOM}{assignment}/"
    text = client.get(f"{page}scores").text
    assert "A newer version was submitted" in text
    assert "We made two wards safer." in text
    assert "Version 1" in text
    assert "Read what is different" in client.get(f"{page}scores/check").text
    assert client.submit(f"{page}scores", form="newer").status_code == 303
    text = client.get(f"{page}scores").text
    assert "Version 2" in text
    assert STORY not in text
    assert "ann says why." in text


def test_redactions_stand_everywhere_an_assessor_looks(panel: Panel) -> None:
    ann = panel.assessor("ann")
    application = panel.application("zoe", {"job": "Nurse", "story": "At Perth Royal we counted falls. Perth Royal!"})
    assignment = panel.give(application, "ann")
    redacting.redact(
        panel.session,
        panel.lead,
        application,
        question="story",
        words="Perth Royal",
        replacement="[a hospital]",
        key=new_token(),
    )
    panel.declare(ann, assignment)
    panel.again(application, "We, of PERTH ROYAL, did more.")
    client, page = browser(panel, ann), f"{ROOM}{assignment}/"
    panel.score(ann, assignment)
    for path in ("", "scores", "scores/check"):
        assert "perth" not in client.get(page + path).text.lower()
    assert "At [a hospital] we counted falls. [a hospital]!" in client.get(f"{page}scores").text
    assert "We, of [a hospital], did more." in client.get(f"{page}scores").text


def test_who_is_not_on_the_panel_and_other_sites(panel: Panel) -> None:

    stranger = panel.person("stranger", Role.ASSESSOR)
    ann = panel.assessor("ann")
    assignment = panel.give(panel.application("zoe"), "ann")
    client = browser(panel, stranger)
    assert "You are not on the panel of this site yet" in client.get(ROOM).text
    missing = client.get(f"{ROOM}{new_id()}/")
    assert missing.status_code == 404
    assert without_token(client.get(f"{ROOM}{assignment}/").text) == without_token(missing.text)
    theirs = browser(panel, ann)
    assert theirs.get(f"/wales/assess/{assignment}/").status_code == 403
    assert theirs.get("/assess/").status_code == 404
    assert browser(panel, panel.lead).get(ROOM).status_code == 403


def test_who_is_in_conflict_gets_the_same_bytes_as_without_the_application(panel: Panel) -> None:
    ann = panel.assessor("ann")
    kept = panel.give(panel.application("yan"), "ann")
    client = browser(panel, ann)
    places = (ROOM, f"{ROOM}?show=over", f"{ROOM}?q=Q", f"{ROOM}?format=csv", "/scotland/me/")

    def look() -> list[str]:
        return [without_token(client.get(place).text) for place in places]

    before = look()
    hidden = panel.give(panel.application("zoe"), "ann")
    assert look() != before
    panel.declare(ann, hidden, "major")
    assert look() == before
    missing = without_token(client.get(f"{ROOM}{new_id()}/").text)
    for path in ("", "scores", "turn-down", "recuse", "scores/check"):
        assert without_token(client.get(f"{ROOM}{hidden}/{path}").text) == missing, path
    assert client.get(f"{ROOM}{kept}/").status_code == 200


def test_fifty_assignments_cost_what_one_costs(panel: Panel, statements: Callable[[], Any]) -> None:
    ann = panel.assessor("ann", capacity=100)
    client = browser(panel, ann)

    def cost() -> int:
        client.get(ROOM)
        with statements() as seen:
            assert client.get(ROOM).status_code == 200
        return len(seen)

    panel.give(panel.application("first"), "ann")
    one = cost()
    for number in range(30):
        panel.give(panel.application(f"p{number}"), "ann")
    assert cost() == one


def test_others_scores_cost_the_same_however_many_there_are(panel: Panel, statements: Callable[[], Any]) -> None:
    application = panel.application("zoe")
    ann, assignment = panel.sealed("ann", application)
    client, page = browser(panel, ann), f"{ROOM}{assignment}/"

    def cost() -> int:
        client.get(page)
        with statements() as seen:
            assert client.get(page).status_code == 200
        return len(seen)

    one = cost()
    for number in range(5):
        panel.assessor(f"more{number}")
        make_assessment(panel.session, panel.give(application, f"more{number}", "assessing"))
    assert cost() == one


def test_declarations_are_decided_on_their_page(panel: Panel) -> None:
    ann = panel.assessor("ann")
    assignment = panel.give(panel.application("zoe"), "ann")
    lead, place = browser(panel, panel.lead), "/scotland/manage/admissions/declarations"
    assert "Nothing waits for you" in lead.get(place).text
    panel.declare(ann, assignment, "minor", "We met at a course")
    assert "Ann Person" in lead.get(place).text
    page = f"{place}/{assignment}"
    assert "We met at a course" in lead.get(page).text
    assert lead.submit(page, {"decision": "allow", "why": ""}).status_code == 422
    assert lead.submit(page, {"decision": "allow", "why": "Years ago"}).status_code == 303
    assert lead.get(page).status_code == 404
    assert "To be scored" in browser(panel, ann).get(ROOM).text


def test_scores_are_opened_again_on_their_page(panel: Panel) -> None:
    application = panel.application("zoe")
    ann, assignment = panel.sealed("ann", application, 2)
    place = f"/scotland/manage/admissions/applications/{application}/assessments"
    assert "Open again" not in browser(panel, panel.lead).get(place).text
    central = browser(panel, panel.central)
    assert "Open again" in central.get(place).text
    page = f"{place}/{assignment}/reopen"
    assert central.submit(page, {"why": " "}).status_code == 422
    assert central.submit(page, {"why": "Read the wrong answer"}).status_code == 303
    client = browser(panel, ann)
    assert "opened your scores again" in client.get(f"{ROOM}{assignment}/").text
    assert "ann says why." in client.get(f"{ROOM}{assignment}/scores").text


def test_a_lead_who_assesses_reads_no_scores_before_sealing(panel: Panel) -> None:

    application = panel.application("zoe")
    panel.sealed("ann", application, 2)
    place = f"/scotland/manage/admissions/applications/{application}/assessments"
    assert "ann says why." in browser(panel, panel.lead).get(place).text
    account = str(panel.lead.account_id)
    panel.assessors["lead"] = (account, make_assessor(panel.session, account))
    panel.give(application, "lead")
    text = browser(panel, panel.lead).get(place).text
    assert "ann says why." not in text
    assert "Times sealed" not in text
    assert "once you have sealed your own scores" in text


def test_hostile_words_are_shown_as_they_are(panel: Panel) -> None:
    ann = panel.assessor("ann")
    application = panel.application("zoe", {"job": "Nurse", "story": "<script>alert(1)</script> שלום =1+1"})
    assignment = panel.give(application, "ann")
    panel.declare(ann, assignment)
    client, page = browser(panel, ann), f"{ROOM}{assignment}/scores"
    text = client.get(page).text
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text
    long = "word " * 10_000
    answer = client.submit(page, {**filled(), "knowledge_why": long})
    assert answer.headers["Location"].endswith("problems=")
    assert "Use at most 4000 characters" in client.get(answer.headers["Location"]).text
    held = panel.session.scalar(sa.select(ScoreDraft.value).where(ScoreDraft.field == "knowledge_why"))
    assert held == long.strip()
