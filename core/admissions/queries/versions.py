"""What reading numbered versions has in common: of the form, of the compact, of the national policy."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.data.session import ScopedSession
from core.kernel.errors import NotFound
from core.people.models import Account

LARGEST = 1_000_000
"""Versions are numbered from 1; nobody makes as many as this, and no database takes any number at all."""


@dataclass(frozen=True, slots=True)
class Written:
    """What is known of a version besides its content. `made_by` and `published_by` are names, empty for the platform itself."""

    id: str
    number: int
    state: str
    note: str
    version: int
    sha256: str
    made_by: str
    made_at: datetime
    published_by: str
    published_at: datetime | None

    @property
    def is_draft(self) -> bool:
        """Whether it can still be changed."""
        return self.state == "draft"


def reading(model: Any, *more: Any) -> Any:
    """The statement that reads versions of `model` as `Written`, and then the columns `more`, the newest first."""
    maker, publisher = aliased(Account), aliased(Account)
    return (
        sa.select(
            model.id, model.number, model.state, model.note, model.version, model.sha256, sa.func.coalesce(maker.name, ""),
            model.created_at, sa.func.coalesce(publisher.name, ""), model.published_at, *more,
        )
        .outerjoin(maker, maker.id == model.created_by)
        .outerjoin(publisher, publisher.id == model.published_by)
        .order_by(model.number.desc())
    )  # fmt: skip


def numbered(session: ScopedSession, statement: Any, number: int) -> Any:
    """The row that `statement` has of the version `wanted`. Raises NotFound."""
    known = 0 < number < LARGEST
    row = session.execute(statement, {"wanted": number}).one_or_none() if known else None
    if row is None:
        raise NotFound
    return row


def draft_number(session: ScopedSession, model: Any) -> int | None:
    """The number of the one draft, where there is one."""
    found: int | None = session.scalar(sa.select(model.number).where(model.state == "draft"))
    return found
