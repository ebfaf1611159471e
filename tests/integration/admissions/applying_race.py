"""One of two processes that give a file for the same application, or move it to other sites, at the same moment.

`main` is what `tests.support.racing` runs: it does its part and gives what it was told.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.admissions.models import Application, Attachment
from core.admissions.queries import applying
from core.admissions.service import attachments, drafts, transfers
from core.admissions.service.transfers import Place
from core.data.engine import create_engine
from core.data.files import Folder, new_key
from core.data.scope import Scope
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import DomainError
from core.kernel.ids import new_id
from core.kernel.uploads import Upload
from core.kernel.views import SYSTEM
from tests.support.racing import think

THINKING = 0.5
"""How long the controls think between reading and writing, in seconds."""
Job = dict[str, Any]


def upload(job: Job) -> Upload:
    return Upload(f"{job['name']}.pdf", "application/pdf", f"%PDF-1.7\n{job['name']}\n%%EOF".encode())


def give(session: ScopedSession, job: Job) -> str:
    """Give a file for the question "cv"."""
    mine = applying.mine(session, job["application"], job["account"])
    attachments.give(session, mine, job["account"], "cv", upload(job), Folder(Path(job["folder"])))
    return "given"


def give_naively(session: ScopedSession, job: Job) -> str:
    """The control, which must go beyond the limit: count, think, then write."""
    kept = sa.select(sa.func.count(Attachment.id)).where(Attachment.application_id == job["application"])
    if (session.scalar(kept) or 0) >= attachments.MOST_FILES:
        raise DomainError
    session.rollback()
    think(THINKING)
    with transaction(session):
        session.execute(sa.insert(Attachment), [file_row(session, job["application"], upload(job))])
    return "given"


def file_row(session: ScopedSession, application_id: str, upload: Upload) -> Job:
    """A file that was replaced, as a row."""
    now = clock.now()
    return {
        "id": new_id(), "tenant_id": session.scope.tenant_id, "application_id": application_id, "question": "cv",
        "name": upload.name, "mime": upload.mime, "size": len(upload.content), "sha256": upload.sha256,
        "key": new_key(session.scope.tenant_id or 0), "at": now, "stored_at": now, "removed_at": now,
    }  # fmt: skip


def transfer(session: ScopedSession, job: Job) -> str:
    """Move the application to the job's site."""
    transfers.transfer(
        session, SYSTEM, Place(job["tenant"], job["application"]), version=1, target_tenant_id=job["to"], window_id=job["window"],
        why="Moved house", store=Folder(Path(job["folder"])), post=lambda _, __: None,
    )  # fmt: skip
    return "moved"


def transfer_naively(session: ScopedSession, job: Job) -> str:
    """The control, which must leave somebody at two sites: look, think, then write."""
    row = session.execute(sa.select(*Application.__table__.c).where(Application.id == job["application"])).one()
    session.rollback()
    if row.state != "submitted":
        raise DomainError
    think(THINKING)
    new = {
        **row._mapping, "id": new_id(), "tenant_id": job["to"], "window_id": job["window"], "reference": drafts.new_reference(),
        "moved_tenant_id": job["tenant"], "moved_id": row.id,
    }  # fmt: skip
    leaving = sa.update(Application).where(Application.id == row.id)
    with transaction(session):
        session.execute(
            leaving.values(state="transferred", moved_tenant_id=job["to"], moved_id=new["id"]).execution_options()
        )
        session.execute(sa.insert(Application), [new])
    return "moved"


PARTS = {"give": give, "give_naively": give_naively, "transfer": transfer, "transfer_naively": transfer_naively}


def main(job: Job, begin: Callable[[], object]) -> str:
    """Do `job["part"]`; "refused" where it was."""
    engine = create_engine(job["url"])
    everywhere = job["part"].startswith("transfer")
    with ScopedSession(
        scope=Scope.platform("race") if everywhere else Scope.tenant(job["tenant"]), bind=engine
    ) as session:
        session.scalar(sa.select(Application.id).limit(1))  # connected and ready before the start
        session.rollback()
        begin()
        try:
            told = PARTS[job["part"]](session, job)
        except DomainError:
            told = "refused"
    engine.dispose()
    return told
