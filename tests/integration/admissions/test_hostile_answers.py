"""Whatever people write is shown, counted, sent and exported as what it is: words."""

import csv
import json
from collections.abc import Callable
from html.parser import HTMLParser
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.form.answers import tidy, words_in
from core.admissions.form.schema import FormSchema
from core.admissions.models import Submission, Window
from core.data.session import ScopedSession
from core.kernel.permissions import Role
from core.work.delivery import MailServer, compose
from core.work.models import Mail
from tests.factories.admissions import make_form, make_window, small_form
from tests.factories.assessing import make_submitted
from tests.factories.people import PASSWORD, client_of, make_person
from tests.unit.web.test_sheets import sheet_of

PASTE = ("improvement " * 4200)[:50_000].strip()
FORMULAS = (
    '=HYPERLINK("http://evil.example","click")', "+441234567890+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0", "\t=1+1", "\uff1d1+1",
)  # fmt: skip
TEXTS = {
    "html": '<script>alert(1)</script><img src=x onerror=alert(2)>"\'>{{ 7*7 }} {% raw %} &lt;b&gt;',
    "right to left": "مرحبا بالعالم שלום \u202eevil\u202c end",
    "emoji": "👩🏽‍⚕️ improves 🏥 é\u0301 \U0001f469\u200d\U0001f52c",
    "paste": PASTE,
    "formulas": "\n".join(FORMULAS),
}  # fmt: skip


class Parts(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def harmless(page: str, text: str) -> None:
    """The page says the text, and nothing of it became a part of the page."""
    parts = Parts(page)
    shown = " ".join(parts.text.split())
    assert " ".join(text.split()) in shown
    assert not any(tag == "img" and attrs.get("src") == "x" for tag, attrs in parts.elements)
    assert not any(name.startswith("on") for _, attrs in parts.elements for name in attrs)
    assert not any(tag == "script" and not attrs.get("src") for tag, attrs in parts.elements)


def roomy() -> FormSchema:
    """The small form with a limit that a paste of 50 KB does not pass."""
    return FormSchema.model_validate_json(small_form().model_dump_json().replace('"words":20', '"words":2000'))


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    """A session on Scotland's rows, with an open window."""
    session = session_for("scotland")
    make_window(session, make_form(session, roomy()))
    return session


@pytest.mark.parametrize("name", list(TEXTS))
def test_from_the_form_to_the_file(app: Flask, session: ScopedSession, name: str) -> None:
    """One text all the way: section, check, submission, copy by mail, the lead's page and list, files, one's own data."""
    text = TEXTS[name]
    kept = tidy(text)
    account = make_person(app, "ann@example.org", name=f"Ann {kept}"[:80].strip())
    ann = client_of(app, account)
    lead = client_of(app, make_person(app, "lead@example.org", name="Isla", grants=[(Role.PARTNER_LEAD, "scotland")]))
    place = ann.submit("/scotland/apply/start", {"based_here": "yes"}).headers["Location"]
    answer = ann.submit(f"{place}part/about", {"job": text[:150], "story": text}, follow_redirects=True)
    assert answer.status_code == 200
    too_long = words_in(kept) > 2000
    assert ("Use at most 2000 words" in answer.text) == too_long
    harmless(ann.get(f"{place}part/about").text, kept)
    harmless(ann.get(f"{place}check").text, kept)
    if too_long:  # counted on the server; every word is there to be shortened
        kept = " ".join(kept.split()[:2000])
        ann.submit(f"{place}part/about", {"story": kept})
    done = ann.submit(f"{place}check", {}, follow_redirects=True, form=f"{place}submit")
    assert done.status_code == 200
    harmless(ann.get(place).text, kept)
    session.rollback()
    [sent] = session.scalars(sa.select(Submission)).all()
    assert json.loads(sent.answers)["story"] == kept
    _mail(session, kept)
    own = sent.application_id
    page = lead.get(f"/scotland/manage/admissions/applications/{own}").text
    harmless(page, kept)
    assert f"{words_in(kept)} word" in page
    _files(session, lead, kept)
    _own_data(ann, kept)


def _mail(session: ScopedSession, kept: str) -> None:
    [copy] = session.scalars(sa.select(Mail)).all()
    assert " ".join(kept.split()) in " ".join(copy.text.split())
    harmless(copy.html, kept)
    wire = compose(copy, MailServer("smtp", "q@example.org"))
    assert [name for name in wire if name.lower() in {"bcc", "cc"}] == []
    assert max(map(len, wire.as_bytes().splitlines())) < 998


def _files(session: ScopedSession, lead: Any, kept: str) -> None:
    window = session.scalar(sa.select(Window.id))
    path = f"/scotland/manage/admissions/windows/{window}/applications"
    assert str(words_in(kept)) in lead.get(path).text
    rows = list(csv.DictReader(StringIO(lead.get(f"{path}?format=csv").text.removeprefix("\ufeff"))))
    assert [row["Words"] for row in rows] == [str(words_in(kept))]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for row in rows for cell in row.values())
    cells = sheet_of(lead.get(f"{path}?format=xlsx").data)
    assert str(words_in(kept)) in str(cells)


def _own_data(ann: Any, kept: str) -> None:
    answer = ann.submit("/account/data", {"password": PASSWORD})
    assert answer.status_code == 200, answer.text
    with ZipFile(BytesIO(answer.data)) as file:
        page, data = file.read("your-data.html").decode(), file.read("your-data.json").decode()
    harmless(page, kept)
    assert kept in {one["value"] for part in json.loads(data)["sections"] if part["heading"] == "Applications" for application in part["data"] for one in application["answers"]}  # fmt: skip


def test_a_name_that_is_a_formula_is_text_in_a_file(app: Flask, session: ScopedSession) -> None:
    lead = client_of(app, make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")]))
    window, form = session.execute(sa.select(Window.id, Window.form_version_id)).one()
    for number, name in enumerate(FORMULAS):
        person = make_person(app, f"p{number}@example.org", name=name)
        make_submitted(session, window, form, person, reference=f"Q-{number}")
    path = f"/scotland/manage/admissions/windows/{window}/applications?sort=reference"
    rows = list(csv.DictReader(StringIO(lead.get(f"{path}&format=csv").text.removeprefix("\ufeff"))))
    assert [row["Name"] for row in rows] == [f"'{name.strip()}" for name in FORMULAS]
    cells = str(sheet_of(lead.get(f"{path}&format=xlsx").data))
    assert all(name.strip()[:8] in cells for name in FORMULAS)
