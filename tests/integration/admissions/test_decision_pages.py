"""The pages of those who decide, from the list of a window to the letters that did not arrive, and the applicant's."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.models import Appeal, Decision, DecisionFeedback
from core.data.session import ScopedSession, transaction
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.work.models import Mail
from tests.factories.assessing import make_assessment, make_assessor, make_assignment
from tests.factories.people import client_of, make_person
from tests.integration.admissions.deciding_rig import Rig, quick_people
from tests.support.client import FormClient, forms

ROOM = "/scotland/manage/admissions/"
CENTRAL = "/console/admissions/moderation"


@pytest.fixture
def rig(session_for: Callable[[str], ScopedSession]) -> Rig:
    return Rig(session_for("scotland"))


@pytest.fixture
def lead(app: Flask, rig: Rig) -> FormClient:
    """Scotland's lead, signed in."""
    assert rig.window_id
    return client_of(app, make_person(app, "isla@example.org", name="Isla", grants=[(Role.PARTNER_LEAD, "scotland")]))


@pytest.fixture
def central(app: Flask, rig: Rig) -> FormClient:
    """Somebody of the central team, signed in."""
    assert rig.window_id
    return client_of(app, make_person(app, "cara@example.org", name="Cara", grants=[(Role.CENTRAL_TEAM, "uk")]))


def _boxes(client: FormClient, path: str) -> list[str]:
    """What a page lets somebody tick."""
    return re.findall(r'name="pick" value="([^"]+)"', client.get(path).text)


def _references(page: str) -> set[str]:
    """Every reference in a page. In the middle of a form's token, something can look like one."""
    return set(re.findall(r"(?<![\w.-])Q-\w+(?![\w.-])", page))


def _confirm(client: FormClient, answer: str, ending: str) -> int:
    """Send the form of a checking page; the status."""
    [form] = [one for one in forms(answer) if one.action.endswith(ending)]
    return client.post(form.action, data=form.fields).status_code


def test_a_lead_signs_some_at_once_and_one_with_comments(rig: Rig, lead: FormClient) -> None:
    ann, bob = rig.applicant("ann", reference="Q-AAAA"), rig.applicant("bob", "decline", reference="Q-BBBB")
    assessor = make_assessor(rig.session, quick_people(rig.session, ["sue"])["sue"])
    make_assessment(rig.session, make_assignment(rig.session, bob, assessor), 2)
    page = f"{ROOM}windows/{rig.window_id}/decisions"
    assert _references(lead.get(page).text) == {"Q-AAAA", "Q-BBBB"}
    assert "Q-AAAA" in lead.get(f"{page}?format=csv").text
    assert "Q-AAAA" not in lead.get(f"{page}?show=held").text
    for typed, found in (("aaaa", {"Q-AAAA"}), ("bob", {"Q-BBBB"}), ("Q-", {"Q-AAAA", "Q-BBBB"}), ("%", set())):
        assert _references(lead.get(page, query_string={"q": typed}).text) == found, typed
    assert lead.get(page).text.count('class="tabs') == 1
    assert lead.submit(page, {"pick": [new_id()]}, form="check").status_code == 422
    check = lead.submit(page, {"pick": [ann]}, form="check")
    assert "You are about to sign 1 decision." in check.text
    assert "Q-AAAA" in check.text
    assert [_confirm(lead, check.text, "/sign") for _ in range(2)] == [303, 303]
    assert "Q-AAAA" in lead.get(f"{page}?show=signed").text
    one = f"{page}/{bob}"
    assert "As the answer shows." in lead.get(one).text
    answer = lead.submit(one, {"outcome": "decline", "comment_experience_en": "Tell us more."})
    assert answer.status_code == 422
    assert "Write this in both languages" in answer.text
    assert "Tell us more." in answer.text
    assert lead.submit(one, {"outcome": "accept"}).status_code == 422
    both = {"comment_experience_en": "Tell us.", "comment_experience_cy": "Dywedwch."}
    assert lead.submit(one, {"outcome": "decline", **both}).status_code == 303
    assert lead.submit(f"{one}/comments", {"comment_experience_en": "Tell us more."}).status_code == 303
    assert "Tell us more." in lead.get(one).text
    assert rig.decision(bob).comments["experience"]["en"] == "Tell us more."
    for missing in (f"{page}/{new_id()}", f"{ROOM}windows/{new_id()}/decisions"):
        assert lead.get(missing).status_code == 404


def test_comments_typed_while_another_signs_or_moderates_are_kept_on_the_page_that_says_so(
    rig: Rig, lead: FormClient
) -> None:
    ann = rig.applicant("ann")
    page = f"{ROOM}windows/{rig.window_id}/decisions/{ann}"
    typed = {"comment_experience_en": "Tell us much more.", "comment_experience_cy": "Dywedwch lawer mwy."}
    sign = next(one for one in forms(lead.get(page).text) if "outcome" in one.kinds)
    signed = rig.sign(ann)
    late = lead.post(page, data={**sign.fields, **typed, "outcome": "accept"})
    assert late.status_code == 422
    assert [words for words in typed.values() if words not in late.text] == []
    [change] = [one for one in forms(lead.get(f"{page}/comments").text) if "comment_experience_en" in one.kinds]
    rig.moderate(signed)
    late = lead.post(f"{page}/comments", data={**change.fields, **typed})
    assert late.status_code == 409
    assert "These comments cannot be changed now." in late.text
    assert [words for words in typed.values() if words not in late.text] == []
    assert lead.get(f"{page}/comments").location == page


def test_the_central_team_moderates_and_returns(rig: Rig, central: FormClient, lead: FormClient) -> None:
    ann, bob = rig.applicant("ann", reference="Q-AAAA"), rig.applicant("bob", reference="Q-BBBB")
    rig.sign(ann)
    returned = rig.sign(bob)
    text = central.get(CENTRAL).text
    assert "Scotland (2)" in text
    assert "Q-AAAA" in central.get(f"{CENTRAL}?format=csv&site=scotland").text
    assert "Nothing waits" in central.get(f"{CENTRAL}?site=wales").text
    assert central.submit(CENTRAL, {"pick": []}, form="check").status_code == 422
    one = f"{CENTRAL}/scotland/{returned}"
    assert central.submit(one, {"why": ""}).status_code == 422
    assert central.submit(one, {"why": "The panel did not meet."}).status_code == 303
    page = f"{ROOM}windows/{rig.window_id}/decisions/{bob}"
    assert "Returned by Cara: The panel did not meet." in lead.get(page).text
    with transaction(rig.session):  # as it is once the account is gone
        rig.session.execute(sa.update(Decision).where(Decision.id == returned).values(moderated_by=None))
    assert "Returned by nobody known: The panel did not meet." in lead.get(page).text
    [box] = _boxes(central, CENTRAL)
    check = central.submit(CENTRAL, {"pick": [box]}, form="check")
    assert "You are about to agree to 1 decision." in check.text
    assert _confirm(central, check.text, "/many") == 303
    assert _confirm(central, check.text, "/many") == 422
    assert rig.decision(ann).state == "moderated"
    again = rig.sign(bob)
    assert central.submit(f"{CENTRAL}/scotland/{again}", {"go": "moderate"}).status_code == 303
    for missing in (f"scotland/{new_id()}", f"wales/{again}", f"nowhere/{again}", f"uk/{again}"):
        assert central.get(f"{CENTRAL}/{missing}").status_code == 404


def test_a_moderator_reads_the_application_and_the_letter_before_agreeing(rig: Rig, central: FormClient) -> None:
    ann = rig.applicant("ann", reference="Q-AAAA")
    decision = rig.sign(ann)
    one = f"{CENTRAL}/scotland/{decision}"
    page = central.get(one).text
    assert "Agree to the decision" in page
    assert f'href="/scotland/manage/admissions/applications/{ann}"' in page
    assert central.get(f"/scotland/manage/admissions/applications/{ann}").status_code == 200
    assert f'href="{one}/letter"' in page
    letter = central.get(f"{one}/letter").text
    assert "This is the language in which it is sent." in letter
    assert '<article class="card stack diff" lang="cy">' in central.get(f"{one}/letter?language=cy").text
    assert central.submit(one, {"why": "The panel did not meet."}).status_code == 303
    assert f"{one}/letter" not in central.get(one).text
    for missing in (decision, new_id()):
        assert central.get(f"{CENTRAL}/scotland/{missing}/letter").status_code == 404
    for site in ("wales", "uk", "nowhere"):
        assert central.get(f"{CENTRAL}/{site}/{decision}/letter").status_code == 404


def test_a_batch_is_filled_read_and_released(rig: Rig, lead: FormClient) -> None:
    applications = [rig.applicant("ann"), rig.applicant("bob", "decline", locale="cy")]
    rig.moderate(*(rig.sign(one) for one in applications))
    new = f"{ROOM}windows/{rig.window_id}/batches/new"
    assert lead.submit(new, {"name": ""}).status_code == 422
    batch = lead.submit(new, {"name": "Spring"}).headers["Location"]
    assert "The batch is empty" in lead.get(batch).text
    assert lead.submit(batch, {"all": "1"}, form="move").status_code == 303
    boxes = _boxes(lead, batch)
    assert len(boxes) == 2
    assert lead.submit(batch, {"pick": boxes[:1], "go": "out"}, form="move").status_code == 303
    assert lead.submit(batch, {"pick": boxes[:1], "go": "in"}, form=f"{batch}/move").status_code == 303
    letter = f"{batch}/letters/{boxes[0]}"
    assert "Letter 1 of 2" in lead.get(letter).text
    assert "<ins>" not in lead.get(letter).text
    assert "Mae" in lead.get(f"{letter}?language=cy").text
    answer = lead.submit(f"{batch}/release", {"expected": "3"})
    assert answer.status_code == 422
    assert "You stated 3, and the batch holds 2. Nothing was sent." in answer.text
    assert lead.submit(f"{batch}/release", {"expected": "many"}).status_code == 422
    assert lead.submit(f"{batch}/release", {"expected": "2"}).status_code == 303
    assert "Waiting to be sent" in lead.get(batch).text
    assert "Waiting to be sent" in lead.get(f"{batch}?format=csv").text
    assert "Letter 1 of 2" in lead.get(letter).text
    with transaction(rig.session):
        failed = sa.update(Mail).values(state="failed", last_error="550 no such box")
        rig.session.execute(failed)
    assert "550 no such box" in lead.get(f"{batch}?letters=failed").text
    assert lead.submit(batch, form="resend").status_code == 303
    rig.session.rollback()
    assert sorted(rig.session.scalars(sa.select(Mail.state))) == ["failed", "failed", "queued", "queued"]
    mails = {one.to_address: one for one in rig.session.scalars(sa.select(Mail).where(Mail.state == "queued"))}
    assert "Diolch am wneud cais i ymuno â Q ar gyfer Yr Alban" in mails["bob@example.org"].text
    assert "/scotland/apply/" in mails["bob@example.org"].text
    assert "Gweld y penderfyniad" in mails["bob@example.org"].text
    assert "Spring" in lead.get(f"{ROOM}batches/").text
    other = lead.submit(new, {"name": "Other", "embargo_until": "2099-01-01T09:00"}).headers["Location"]
    assert "Thursday 1 January 2099" in lead.get(other).text
    assert lead.submit(f"{other}/edit", {"name": "Another"}).status_code == 303
    assert lead.submit(f"{other}/cancel").status_code == 303


def test_an_applicant_reads_appeals_and_says_what_they_think(app: Flask, rig: Rig, lead: FormClient) -> None:
    rig.people["ann"] = make_person(app, "ann@example.org", name="Ann")
    ann = client_of(app, rig.people["ann"])
    application = rig.applicant("ann", "decline")
    own, decided = f"/scotland/apply/{application}/", f"/scotland/apply/{application}/decision"
    batch = rig.ready(application)
    before = ann.get(own).text
    assert "Being assessed" in before
    assert "expect yours by about" in before
    for path in (decided, f"{own}appeal"):
        assert ann.get(path).status_code == 404
    rig.release(batch)
    assert "There is a decision" in ann.get(own).text
    assert "There is a decision" in ann.get("/scotland/apply/mine").text
    text = ann.get(decided).text
    assert "We are sorry to tell you" in text
    assert "Mae’n ddrwg gennym" in text
    assert "/offer" not in text
    assert ann.submit(decided, {"understood": "9"}).status_code == 422
    assert ann.submit(decided, {"understood": "4", "would_reapply": "yes", "words": "Clear."}).status_code == 303
    assert "Thank you for telling us" in ann.get(decided).text
    assert rig.session.execute(sa.select(DecisionFeedback.understood, DecisionFeedback.would_reapply)).all() == [
        (4, True)
    ]
    assert ann.submit(f"{own}appeal", {"grounds": " "}).status_code == 422
    assert ann.submit(f"{own}appeal", {"grounds": "You overlooked the second ward."}).status_code == 303
    assert "We have it since" in ann.get(decided).text
    rig.session.rollback()
    appeal_id = rig.session.scalar(sa.select(Appeal.id))
    assert "Ann" in lead.get(f"{ROOM}appeals/").text
    page = f"{ROOM}appeals/{appeal_id}"
    text = lead.get(page).text
    assert "You overlooked the second ward." in text
    read = re.search(r'href="([^"]+)">Read the application', text)
    assert read is not None, "whoever answers looks at it again"
    assert lead.get(read[1]).status_code == 200
    assert lead.submit(page, {"answer": "", "go": "dismiss"}).status_code == 422
    assert lead.submit(page, {"answer": "We read it again.\nIt stays.", "go": "dismiss"}).status_code == 303
    assert "We read it again." in ann.get(decided).text
    rig.session.rollback()
    subjects = set(rig.session.scalars(sa.select(Mail.subject).where(Mail.subject.contains("appeal"))))
    assert {one.split(":")[0] for one in subjects} == {"We have your appeal", "About your appeal"}


def test_an_upheld_appeal_is_told_with_the_new_decision(app: Flask, rig: Rig, lead: FormClient) -> None:
    rig.people["ann"] = make_person(app, "ann@example.org", name="Ann")
    ann = client_of(app, rig.people["ann"])
    application = rig.applicant("ann", "decline")
    decided = f"/scotland/apply/{application}/decision"
    rig.released(application)
    assert ann.submit(f"/scotland/apply/{application}/appeal", {"grounds": "Look again."}).status_code == 303
    assert "An email confirms it." in ann.get(decided).text
    before = _plain(ann.get(decided).text)
    rig.session.rollback()
    page = f"{ROOM}appeals/{rig.session.scalar(sa.select(Appeal.id))}"
    assert lead.submit(page, {"answer": "The score was wrong.", "go": "uphold"}).status_code == 303
    assert _plain(ann.get(decided).text) == before
    made = rig.decision(application, "signed")
    assert (made.outcome, made.override_code) == ("accept", "appeal")
    signed = made.id
    rig.moderate(signed)
    batch = rig.held(signed, name="Corrections")
    assert _plain(ann.get(decided).text) == before
    rig.release(batch)
    text = ann.get(decided).text
    assert "You were right" in text
    assert "This letter takes the place of the earlier one." in text
    assert f'<a class="btn" href="/scotland/apply/{application}/offer">Read the compact and join</a>' in text
    assert rig.session.scalar(sa.select(sa.func.count(Decision.id)).where(Decision.state == "superseded")) == 1


def test_an_applicant_withdraws_an_appeal(app: Flask, rig: Rig, lead: FormClient) -> None:
    rig.people["ann"] = make_person(app, "ann@example.org", name="Ann")
    ann = client_of(app, rig.people["ann"])
    application = rig.applicant("ann", "decline")
    own = f"/scotland/apply/{application}"
    assert ann.get(f"{own}/appeal/withdraw").status_code == 404
    rig.released(application)
    assert ann.get(f"{own}/appeal/withdraw").status_code == 422
    assert ann.submit(f"{own}/appeal", {"grounds": "Look again."}).status_code == 303
    assert f"{own}/appeal/withdraw" in ann.get(f"{own}/decision").text
    assert "cannot appeal against this decision again" in ann.get(f"{own}/appeal/withdraw").text
    assert ann.submit(f"{own}/appeal/withdraw", {}, form=1).status_code == 303
    text = ann.get(f"{own}/decision").text
    assert "You withdrew it on" in text
    assert f"{own}/appeal" not in text
    assert "Withdrawn" in lead.get(f"{ROOM}appeals/").text


def _plain(text: str) -> str:
    """A page without what is made anew for each showing: tokens, keys and nonces."""
    return re.sub(r'(name="(csrf_token|form_key)"[^>]*value="[^"]*"|value="[^"]*"[^>]*name="(csrf_token|form_key)"|nonce="[^"]*")', "", text)  # fmt: skip
