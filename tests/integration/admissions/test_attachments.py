"""Files that applicants give: known by their content, made harmless, read by few, kept with what was submitted."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image

from core.admissions import downloads
from core.admissions.form.schema import FormSchema
from core.admissions.models import Answer, AnswerRevision, Attachment, Conflict, Submission
from core.admissions.queries import applying, attachments
from core.admissions.service import attachments as service
from core.admissions.service import drafts, submitting
from core.data.files import Store
from core.data.session import ScopedSession, transaction
from core.kernel import clock, uploads
from core.kernel.errors import NotFound, Refused
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.kernel.uploads import Upload, cleaned
from core.kernel.views import SYSTEM, Actor
from core.people import limits
from tests.factories.admissions import make_form, make_window, said, small_form
from tests.factories.assessing import make_assessor, make_assignment
from tests.factories.people import client_of, make_person
from tests.support.app_fixtures import FrozenClock

PDF = b"%PDF-1.7\nwords of a CV\n%%EOF\n"


def form_with_file() -> FormSchema:
    """The small form with a file that need not be given."""
    content = small_form().model_dump(mode="json")
    content["sections"][1]["questions"].append(
        {"key": "cv", "kind": "file", "label": said("Your CV"), "required": False, "identifying": True}
    )
    return FormSchema.model_validate(content)


def picture(kind: str = "JPEG") -> bytes:
    """A picture that says where it was taken."""
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    out = BytesIO()
    Image.new("RGB", (40, 20), "red").save(out, kind, exif=exif)
    return out.getvalue()


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession], frozen_clock: FrozenClock) -> ScopedSession:
    """A session on Scotland's rows, with an open window whose form asks for a file."""
    session = session_for("scotland")
    make_window(session, make_form(session, form_with_file()))
    return session


@pytest.fixture
def store(app: Flask) -> Store:
    """The application's store."""
    found: Store = app.extensions[downloads.FILES]
    return found


@pytest.fixture
def ann(app: Flask, session: ScopedSession) -> tuple[str, str]:
    """(an applicant, her application), which could be submitted."""
    assert session.scope.tenant_id
    account = make_person(app, "ann@example.org", name="Ann Roy")
    who = Actor(account, "")
    made = drafts.start(session, actor=who, eligible={"based_here": True}, locale="en", is_member=False)
    wishes = {"job": drafts.Wish("Nurse", 0), "story": drafts.Wish("Falls.", 0)}
    drafts.save(session, applying.mine(session, made, account), account, wishes)
    return account, made


def give(
    session: ScopedSession, ann: tuple[str, str], store: Store, content: bytes = PDF, name: str = "cv.pdf"
) -> None:
    account, made = ann
    service.give(session, applying.mine(session, made, account), account, "cv", cleaned(content, name), store)


def submit(session: ScopedSession, ann: tuple[str, str]) -> None:
    account, made = ann
    mine = applying.mine(session, made, account)
    checked = submitting.checked_sum(mine)
    submitting.submit(session, mine, Actor(account, ""), checked=checked, post=lambda _, __: None)


def ask_for_more(session: ScopedSession, application_id: str) -> None:
    due = clock.now() + timedelta(days=3)
    submitting.ask(session, application_id, SYSTEM, sections=["more"], question="?", due_at=due, known=["more"])


def rows(session: ScopedSession) -> list[Any]:
    session.rollback()
    return list(session.execute(sa.select(Attachment.key, Attachment.removed_at).order_by(Attachment.id)))


def test_a_file_is_given_with_the_form_seen_and_taken_back(app: Flask, session: ScopedSession, ann: Any) -> None:
    account, made = ann
    client, part = client_of(app, account), f"/scotland/apply/{made}/part/more"
    page = client.get(part).text
    assert 'enctype="multipart/form-data"' in page
    answer = client.submit(part, {"again": "yes", "cv": (BytesIO(picture()), "../../Ann \u202egpj.exe")})
    assert answer.status_code == 303, answer.text
    page = client.get(part).text
    assert "Ann gpj.jpg" in page
    got = client.get(f"/scotland/apply/{made}/file/cv")
    assert got.headers["Content-Disposition"].startswith("attachment; ")
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert b"taken at home" not in got.data
    assert not Image.open(BytesIO(got.data)).getexif()
    assert client.submit(part, {"again": "yes", "remove": "cv"}).status_code == 303
    assert client.get(f"/scotland/apply/{made}/file/cv").status_code == 404
    assert "Ann gpj.jpg" not in client.get(part).text
    assert [value["name"] if value else value for value in _trail(session)] == ["Ann gpj.jpg", None]


def _trail(session: ScopedSession) -> list[Any]:
    session.rollback()
    of = AnswerRevision.question == "cv"
    return list(session.scalars(sa.select(AnswerRevision.value).where(of).order_by(AnswerRevision.id)))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"MZ not a picture", "Choose a PDF, PNG or JPEG file."),
        (b"<html><script>alert(1)</script>", "Choose a PDF, PNG or JPEG file."),
        (b"\x89PNG\r\n\x1a\n broken", "damaged"),
        (b"%PDF-1.7 cut off", "damaged"),
        (PDF + b"x" * 400_000, "at most 10 MB"),
    ],
    ids=["program", "html", "broken", "cut off", "too large"],
)
def test_what_cannot_be_taken_is_said_and_the_words_are_saved(
    app: Flask, session: ScopedSession, ann: Any, content: bytes, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 400_000)
    account, made = ann
    client, part = client_of(app, account), f"/scotland/apply/{made}/part/more"
    answer = client.submit(part, {"again": "yes", "cv": (BytesIO(content), "cv.pdf")})
    assert answer.status_code == 422
    assert words in answer.text
    session.rollback()
    assert session.scalar(sa.select(Answer.value).where(Answer.question == "again")) is True
    assert rows(session) == []


def test_the_later_of_two_files_stays_and_what_was_submitted_is_never_swept(
    session: ScopedSession, ann: Any, store: Store, frozen_clock: FrozenClock
) -> None:
    give(session, ann, store, PDF + b"one\n%%EOF")
    give(session, ann, store, PDF + b"two\n%%EOF")
    (one, removed), (two, there) = rows(session)
    assert removed
    assert there is None
    submit(session, ann)
    account, made = ann
    ask_for_more(session, made)
    service.remove(session, applying.mine(session, made, account), account, "cv")
    frozen_clock.advance(days=8)
    session.rollback()
    assert service.sweep(session, store, clock.now()) >= 1
    assert store.get(one) is None
    assert store.get(two) == PDF + b"two\n%%EOF"
    assert [key for key, _ in rows(session)] == [two]
    (sent,) = session.scalars(sa.select(Submission.answers)).all()
    assert cleaned(PDF + b"two\n%%EOF", "").sha256 in sent


def test_what_a_killed_process_left_is_swept_after_a_day(
    session: ScopedSession, ann: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dying between the content and the answer leaves a place that is taken for a day, and never an answer without its content."""
    before = {key for key, _ in store.listed(session.scope.tenant_id or 0)}

    class PowerCut(BaseException):
        """What no handler catches."""

    def die(*_: Any) -> None:
        raise PowerCut

    monkeypatch.setattr(service, "_answer", die)
    with pytest.raises(PowerCut):
        give(session, ann, store)
    left = {key for key, _ in store.listed(session.scope.tenant_id or 0)} - before
    assert len(left) == 1
    assert [key for key, removed in rows(session) if removed is None] == []
    service.sweep(session, store, clock.now())
    assert left <= {key for key, _ in store.listed(session.scope.tenant_id or 0)}
    service.sweep(session, store, clock.now() + timedelta(days=2))
    assert not left & {key for key, _ in store.listed(session.scope.tenant_id or 0)}
    assert rows(session) == []


def test_an_application_has_so_many_files_at_most(session: ScopedSession, ann: Any, store: Store) -> None:
    account, made = ann
    mine = applying.mine(session, made, account)
    for number in range(service.MOST_FILES):
        upload = Upload(f"{number}.pdf", "application/pdf", PDF + str(number).encode())
        service.give(session, mine, account, "cv", upload, store)
    with pytest.raises(Refused):
        service.give(session, mine, account, "cv", Upload("x.pdf", "application/pdf", PDF), store)
    with pytest.raises(NotFound):
        service.give(session, mine, account, "story", Upload("x.pdf", "application/pdf", PDF), store)


def test_who_reads_a_file(app: Flask, session: ScopedSession, ann: Any, store: Store) -> None:
    """Its writer; once submitted the lead and an assessor who has declared; nobody in conflict, nobody of another site."""
    account, made = ann
    give(session, ann, store)
    lead = make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")])
    wales = make_person(app, "wales@example.org", grants=[(Role.PARTNER_LEAD, "wales")])
    (attachment,) = session.scalars(sa.select(Attachment.id)).all()
    path = f"/manage/admissions/applications/{made}/files/{attachment}"
    leads = client_of(app, lead)
    assert leads.get(f"/scotland{path}").status_code == 404  # a draft
    submit(session, ann)
    session.rollback()
    assert leads.get(f"/scotland{path}").data == PDF
    assert leads.get(f"/scotland/manage/admissions/applications/{made}").text.count("cv.pdf") >= 1
    assert client_of(app, wales).get(f"/wales{path}").status_code == 404
    reader = make_person(app, "reader@example.org")
    assignment = make_assignment(session, made, make_assessor(session, reader), "offered")
    assert attachments.for_assessor(session, reader, made) == []
    with transaction(session):
        session.execute(
            sa.text("update admissions_assignment set state = 'assessing', level = 'none', declared_at = created_at where id = :id and tenant_id = :tenant").bindparams(id=assignment, tenant=session.scope.tenant_id),
            execution_options={"unscoped_reason": "test"},
        )  # fmt: skip
    assert [file.name for file in attachments.for_assessor(session, reader, made)] == ["cv.pdf"]
    assert attachments.one_for_assessor(session, reader, made, attachment).key
    for person in (lead, reader):
        with transaction(session):
            row = {
                "id": new_id(), "tenant_id": session.scope.tenant_id, "application_id": made, "account_id": person,
                "source": "set", "kind": "other", "why": "", "by": None, "at": clock.now(), "ended_at": None,
                "ended_by": None, "end_why": "",
            }  # fmt: skip
            session.execute(sa.insert(Conflict), [row])
    assert attachments.for_assessor(session, reader, made) == []
    assert leads.get(f"/scotland{path}").status_code == 404
    assert client_of(app, account).get(f"/scotland/apply/{made}/file/cv").data == PDF


def test_nothing_is_stored_beyond_the_limit(
    session: ScopedSession, ann: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place among the files of an application is taken first: what is refused never reaches the store."""
    before = set(store.listed(2))
    monkeypatch.setattr(service, "MOST_FILES", 2)
    give(session, ann, store)
    give(session, ann, store, name="newer.pdf")
    with pytest.raises(Refused, match="too many files"):
        give(session, ann, store, name="third.pdf")
    assert {key for key, _ in set(store.listed(2)) - before} == {key for key, _ in rows(session)}


def test_a_file_whose_storing_failed_is_nobodys_answer_and_its_place_is_swept(
    session: ScopedSession, ann: Any, store: Store, monkeypatch: pytest.MonkeyPatch, frozen_clock: FrozenClock
) -> None:
    """Also where the same content was submitted before: nobody is led to content that is not there."""
    account, made = ann
    give(session, ann, store, name="first.pdf")
    submit(session, ann)
    ask_for_more(session, made)
    monkeypatch.setattr(store, "put", _full)
    with pytest.raises(OSError, match="no room"):
        give(session, ann, store, name="second.pdf")
    assert attachments.own(session, account, made, "cv").name == "first.pdf"
    assert [one.name for one in attachments.for_lead(session, None, made)] == ["first.pdf"]
    assert len(rows(session)) == 2
    frozen_clock.advance(hours=25)
    service.sweep(session, store, clock.now())
    assert len(rows(session)) == 1


def _full(key: str, content: bytes) -> None:
    raise OSError("no room")


def test_files_sent_too_often_wait_and_what_was_typed_is_kept(app: Flask, session: ScopedSession, ann: Any) -> None:
    account, made = ann
    client, part = client_of(app, account), f"/scotland/apply/{made}/part/more"
    limits.limiter.enabled = True
    limits.limiter.reset()
    try:
        sent = [client.submit(part, {"again": "yes", "cv": (BytesIO(b"no file"), "cv.txt")}) for _ in range(31)]
    finally:
        limits.limiter.enabled = False
    assert [one.status_code for one in sent] == [422] * 30 + [429]
    assert "You have sent many files in a short time" in sent[-1].text
    assert 'name="again"' in sent[-1].text
    assert session.scalar(sa.select(Answer.value).where(Answer.question == "again")) is True
