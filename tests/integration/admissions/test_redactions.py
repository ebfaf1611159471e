"""What assessors do not get to see, and translations that all of them get: by the lead, before, and for everybody."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.models import Redaction, Submission, Translation
from core.admissions.queries import oversight
from core.admissions.service import redacting
from core.data.session import ScopedSession
from core.kernel.errors import Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import new_id, new_token
from tests.factories.people import client_of
from tests.integration.admissions.panel import Panel

ROOM = "/scotland/manage/admissions/"
ANSWERS = {"job": "Nurse at Perth", "story": "At Perth we counted falls."}


@pytest.fixture
def panel(app: Flask, session_for: Callable[[str], ScopedSession]) -> Panel:
    return Panel(app, session_for("scotland"))


def test_a_redaction_never_alters_the_submission(panel: Panel) -> None:
    application = panel.application("zoe", ANSWERS)
    stored = panel.session.execute(sa.select(Submission.answers, Submission.sha256)).one()
    assert redacting.redact(
        panel.session, panel.lead, application, question="story", words="Perth", replacement="[a town]", key=new_token()
    ) == 1  # fmt: skip
    assert panel.session.execute(sa.select(Submission.answers, Submission.sha256)).one() == stored
    [row] = oversight.redactions(panel.session, application)
    assert (row.question, row.replacement, row.places) == ("story", "[a town]", 1)
    redacting.show_again(panel.session, panel.lead, application, row.id)
    assert oversight.redactions(panel.session, application) == []
    with pytest.raises(Refused):
        redacting.show_again(panel.session, panel.lead, application, row.id)
    assert panel.session.scalar(sa.select(sa.func.count(Redaction.id))) == 1  # ended, not deleted


def test_a_name_is_hidden_in_every_answer_at_once(panel: Panel) -> None:
    application = panel.application(
        "zoe", {"job": "Nurse at perth", "story": "At Perth we counted falls. Perth is small."}
    )

    def hide(words: str) -> int:
        return redacting.redact(
            panel.session, panel.lead, application, question=redacting.EVERYWHERE, words=words, replacement="[a town]",
            key=new_token(),
        )  # fmt: skip

    with pytest.raises(Invalid) as wrong:
        hide("Dundee")
    assert wrong.value.field_errors == {"words": redacting.NOWHERE}
    assert hide("Perth") == 3
    ann = panel.assessor("ann")
    assignment = panel.give(application, "ann")
    panel.declare(ann, assignment)
    page = client_of(panel.app, str(ann.account_id)).get(f"/scotland/assess/{assignment}/scores").text
    assert "Nurse at [a town]" in page
    assert "At [a town] we counted falls. [a town] is small." in page
    assert "perth" not in page.lower()
    rows = oversight.redactions(panel.session, application)
    assert {(row.question, row.places) for row in rows} == {("job", 1), ("story", 2)}
    redacting.show_again(panel.session, panel.lead, application, rows[0].id)  # each answer by itself
    assert len(oversight.redactions(panel.session, application)) == 1


def test_who_may_redact(panel: Panel) -> None:
    application = panel.application("zoe", ANSWERS)
    ann = panel.assessor("ann")
    with pytest.raises(Forbidden):
        redacting.redact(
            panel.session, ann, application, question="story", words="Perth", replacement="[x]", key=new_token()
        )
    with pytest.raises(NotFound):
        redacting.redact(
            panel.session, panel.lead, new_id(), question="story", words="Perth", replacement="[x]", key=new_token()
        )
    with pytest.raises(NotFound):
        redacting.show_again(panel.session, panel.lead, application, new_id())


def test_the_page_shows_it_as_an_assessor_would_see_it_first(panel: Panel) -> None:
    panel.blind("always")
    application = panel.application("zoe", ANSWERS)
    client = client_of(panel.app, str(panel.lead.account_id))
    page = f"{ROOM}applications/{application}/redact"

    def seen(text: str) -> str:
        return text.split('id="seen"')[1].split("As it was submitted", maxsplit=1)[0]

    assert "At Perth we counted falls." in seen(client.get(page).text)
    assert "Nurse" not in seen(client.get(page).text)
    wish = {"question": "story", "words": "Perth", "replacement": "[a town]"}
    answer = client.submit(page, {**wish, "go": "preview"})
    assert answer.status_code == 200
    assert "At [a town] we counted falls." in seen(answer.text)
    panel.session.rollback()
    assert panel.session.scalar(sa.select(sa.func.count(Redaction.id))) == 0
    answer = client.submit(page, {**wish, "words": "Dundee", "go": "hide"})
    assert answer.status_code == 422
    assert "Copy them exactly" in answer.text
    assert client.submit(page, {**wish, "go": "hide"}).status_code == 303
    text = client.get(page).text
    assert "At [a town] we counted falls." in seen(text)
    assert "At Perth we counted falls." in text.split("As it was submitted")[1]
    assert client.submit(page, form="/end").status_code == 303
    assert "At Perth we counted falls." in seen(client.get(page).text)


def test_a_translation_is_for_everybody_or_nobody(panel: Panel) -> None:
    application = panel.application("zoe", ANSWERS)
    submission = panel.session.scalars(sa.select(Submission.id)).one()
    texts = {"job": "Nyrs", "story": "Yn Perth, cyfrifwyd cwympiadau."}
    with pytest.raises(Invalid) as wrong:
        redacting.translate(panel.session, panel.lead, application, submission, {"job": "Nyrs"})
    assert set(wrong.value.field_errors) == {"story"}
    ann = panel.assessor("ann")
    assignment = panel.give(application, "ann")
    with pytest.raises(Refused):
        redacting.translate(panel.session, panel.lead, application, submission, texts)
    later = panel.again(application, ANSWERS["story"])
    redacting.translate(panel.session, panel.lead, application, later, texts)  # nobody reads that version yet
    with pytest.raises(Refused):
        redacting.translate(panel.session, panel.lead, application, later, texts)
    panel.declare(ann, assignment)
    client = client_of(panel.app, str(ann.account_id))
    text = client.get(f"/scotland/assess/{assignment}/scores").text
    assert '<blockquote lang="cy">Yn Perth, cyfrifwyd cwympiadau.</blockquote>' in text
    redacting.redact(
        panel.session, panel.lead, application, question="story", words="Perth", replacement="[tref]", key=new_token()
    )
    text = client.get(f"/scotland/assess/{assignment}/scores").text
    assert "Yn [tref], cyfrifwyd cwympiadau." in text


def test_the_translation_page_keeps_what_was_typed(panel: Panel) -> None:
    application = panel.application("zoe", ANSWERS)
    client = client_of(panel.app, str(panel.lead.account_id))
    page = f"{ROOM}applications/{application}/translate"
    answer = client.submit(page, {"story": "Wedi ei gadw"})
    assert answer.status_code == 422
    assert "Wedi ei gadw" in answer.text
    assert "Translate this answer" in answer.text
    assert client.submit(page, {"job": "Nyrs", "story": "Cwympiadau"}).status_code == 303
    text = client.get(page).text
    assert "There is a translation." in text
    assert "Cwympiadau" in text
    panel.session.rollback()
    assert panel.session.scalars(sa.select(Translation.locale)).all() == ["cy"]
    assert "Logged" in client.get(f"{ROOM}windows/{panel.window_id}/prepare").text
