"""What a newly published form version takes with it: drafts of applications under way, and windows still to be applied in.

Each tenant's rows in one conditional update, in the transaction that publishes, with an entry in that tenant's own trail.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.admissions.form.changes import Change
from core.admissions.models import Application, FormVersion, Window, WindowAmendment
from core.admissions.queries import forms
from core.admissions.states import DRAFT
from core.data import audit
from core.data.locks import hold_in_order
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.views import Actor
from core.tenancy.models import Tenant


@dataclass(frozen=True, slots=True)
class Moved:
    """How many drafts and windows took the version."""

    drafts: int
    windows: int


def take_over(session: ScopedSession, actor: Actor, *, number: int, change: Change, why: str) -> Moved:
    """Move what moves to version `number`, which is published, in the caller's transaction (platform scope).

    Windows in which people can still begin take it whatever its kind: a draft that stays is on its application's own
    version. Drafts take it unless the change is breaking.
    """
    target = str(session.scalar(sa.select(FormVersion.id).where(FormVersion.number == number)))
    before = forms.same_drafts(session, number, change)
    older = list(
        session.scalars(sa.select(FormVersion.id).where(FormVersion.number < number, FormVersion.state == "published"))
    )
    drafts = windows = 0
    for tenant_id in session.scalars(sa.select(Tenant.id).order_by(Tenant.id)).all():
        moved = _drafts(session, tenant_id, before, target) if before else 0
        pinned = _windows(session, actor, tenant_id, older, target, why)
        if moved or pinned:
            audit.record(
                session, actor=actor, action="form.take_over", subject=f"form:{number}", why=why, tenant_id=tenant_id,
                after={"change": change.value, "drafts": moved, "windows": pinned},
            )  # fmt: skip
        drafts, windows = drafts + moved, windows + pinned
    return Moved(drafts, windows)


def _drafts(session: ScopedSession, tenant_id: int, before: list[str], target: str) -> int:
    which = (
        Application.tenant_id == tenant_id, Application.state == DRAFT, Application.form_version_id.in_(before),
    )  # fmt: skip
    hold_in_order(session, Application, *which)
    done: Any = session.execute(
        sa.update(Application)
        .where(*which)
        .values(form_version_id=target, version=Application.version + 1)
    )  # fmt: skip
    return int(done.rowcount)


def _windows(session: ScopedSession, actor: Actor, tenant_id: int, older: list[str], target: str, why: str) -> int:
    """Pin the windows to come; a published one keeps a note of it among its amendments."""
    to_come = (Window.tenant_id == tenant_id, Window.form_version_id.in_(older), *forms.to_come())
    found = session.execute(sa.select(Window.id, Window.state, Window.form_version_id).where(*to_come)).all()
    if not found:
        return 0
    done: Any = session.execute(
        sa.update(Window)
        .where(Window.id.in_([row.id for row in found]), *to_come)
        .values(form_version_id=target, version=Window.version + 1)
    )
    rows = [
        {
            "id": new_id(), "tenant_id": tenant_id, "window_id": row.id, "at": clock.now(), "by": actor.account_id, "why": why[:500],
            "before": {"form_version_id": row.form_version_id}, "after": {"form_version_id": target},
        }
        for row in found
        if row.state == "published"
    ]  # fmt: skip
    if rows:
        session.execute(sa.insert(WindowAmendment), rows)
    return int(done.rowcount)
