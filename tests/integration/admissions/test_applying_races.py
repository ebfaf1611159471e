"""Two processes at one application: files never go beyond the limit, and it is never moved to two sites."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.admissions.models import Answer, Application, Attachment
from core.admissions.service.attachments import MOST_FILES
from core.config import normalise_url
from core.data.audit import verify
from core.data.engine import create_engine
from core.data.files import Folder
from core.data.scope import Scope
from core.data.session import ScopedSession, transaction
from core.people.service import accounts
from tests.factories.admissions import make_application, make_form, make_window
from tests.factories.assessing import make_submitted
from tests.integration.admissions.applying_race import file_row, upload
from tests.integration.admissions.test_attachments import form_with_file
from tests.support.databases import Database
from tests.support.racing import together

WALES, NORTHERN_IRELAND = 3, 4


def _person(session: ScopedSession) -> str:
    with transaction(session):
        return accounts.create_confirmed(session, email="ann@example.org", name="Ann", password_hash=None)


def _race(session: ScopedSession, database: Database, folder: Path, *jobs: dict[str, Any]) -> list[str]:
    same = {"url": normalise_url(database.app_url), "tenant": session.scope.tenant_id, "folder": str(folder)}
    session.rollback()
    told: list[str] = together("tests.integration.admissions.applying_race", *({**same, **job} for job in jobs))
    session.rollback()
    return sorted(told)


def _one_place_left(session: ScopedSession) -> dict[str, str]:
    """A draft with room for one more file."""
    form, account = make_form(session, form_with_file()), _person(session)
    made = make_application(session, make_window(session, form), form, account)
    rows = [file_row(session, made, upload({"name": f"old {number}"})) for number in range(MOST_FILES - 1)]
    with transaction(session):
        session.execute(sa.insert(Attachment), rows)
    return {"account": account, "application": made}


def _files(session: ScopedSession) -> int:
    return session.scalar(sa.select(sa.func.count(Attachment.id))) or 0


def test_of_two_files_for_the_last_place_one_is_taken(
    shared: ScopedSession, other_database: Database, tmp_path: Path
) -> None:
    job = _one_place_left(shared)
    told = _race(shared, other_database, tmp_path, *({**job, "part": "give", "name": name} for name in ("one", "two")))
    assert told == ["given", "refused"]
    assert _files(shared) == MOST_FILES
    current = shared.execute(sa.select(Attachment.sha256, Attachment.key).where(Attachment.removed_at.is_(None))).one()
    named: Any = shared.scalar(sa.select(Answer.value).where(Answer.question == "cv"))
    assert named["sha256"] == current.sha256
    assert [key for key, _ in Folder(tmp_path).listed(2)] == [current.key], "what is refused is not stored"


def test_the_control_goes_beyond_the_limit(shared: ScopedSession, other_database: Database, tmp_path: Path) -> None:
    job = _one_place_left(shared)
    jobs = ({**job, "part": "give_naively", "name": name} for name in ("one", "two"))
    assert _race(shared, other_database, tmp_path, *jobs) == ["given", "given"]
    assert _files(shared) == MOST_FILES + 1


def _two_moves(session: ScopedSession, database: Database, part: str) -> list[dict[str, Any]]:
    """A submitted application, and a move of it to each of two other sites."""
    form = make_form(session)
    made = make_submitted(session, make_window(session, form), form, _person(session))
    session.rollback()
    engine, jobs = create_engine(normalise_url(database.app_url)), []
    for tenant_id in (WALES, NORTHERN_IRELAND):
        with ScopedSession(scope=Scope.tenant(tenant_id), bind=engine) as own:
            jobs.append({"application": made, "part": part, "to": tenant_id, "window": make_window(own, form)})
    engine.dispose()
    return jobs


def _live(database: Database) -> int:
    """How many applications stand, over all sites; and every trail is whole."""
    engine = create_engine(normalise_url(database.app_url))
    with ScopedSession(scope=Scope.platform("test"), bind=engine) as everywhere:
        found = everywhere.scalars(sa.select(Application.state)).all()
    for tenant_id in (WALES, NORTHERN_IRELAND):
        with ScopedSession(scope=Scope.tenant(tenant_id), bind=engine) as own:
            assert verify(own).ok
    engine.dispose()
    return list(found).count("submitted")


def test_of_two_moves_to_different_sites_one_is_made(
    shared: ScopedSession, other_database: Database, tmp_path: Path
) -> None:
    told = _race(shared, other_database, tmp_path, *_two_moves(shared, other_database, "transfer"))
    assert told == ["moved", "refused"]
    assert _live(other_database) == 1
    assert verify(shared).ok


def test_the_control_leaves_somebody_at_two_sites(
    shared: ScopedSession, other_database: Database, tmp_path: Path
) -> None:
    told = _race(shared, other_database, tmp_path, *_two_moves(shared, other_database, "transfer_naively"))
    assert told == ["moved", "moved"]
    assert _live(other_database) == 2
