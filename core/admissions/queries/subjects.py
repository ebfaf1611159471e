"""What the audit trail's entries about joining Q were about, by the names that its readers know."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from core.admissions.models import Application, Window
from core.admissions.queries.sight import HANGING
from core.data.session import ScopedSession


def names(session: ScopedSession, ids: Collection[str]) -> dict[str, str]:
    """{id: name} of those among `ids` that are here, in one statement: a window by its name; an application, and what hangs on
    one, by its reference and nothing else. Of the session's tenant alone where it has one."""
    if not ids:
        return {}
    hanging: list[Any] = [
        sa.select(model.id, Application.reference)
        .join(Application, (Application.tenant_id == model.tenant_id) & (Application.id == model.application_id))
        .where(model.id.in_(ids))
        for model in HANGING
    ]
    found = sa.union_all(
        sa.select(Window.id, Window.name).where(Window.id.in_(ids)),
        sa.select(Application.id, Application.reference).where(Application.id.in_(ids)),
        *hanging,
    )
    return {row[0]: row[1] for row in session.execute(found)}
