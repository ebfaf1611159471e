"""Reading form versions, and how many applications are on each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from core.admissions.form.changes import Change, drafts_move
from core.admissions.form.keys import Taken, taken_by
from core.admissions.form.schema import FormSchema
from core.admissions.models import Application, FormVersion, Window
from core.admissions.queries import versions as versions_of
from core.admissions.queries.sight import clear_of
from core.admissions.states import DRAFT
from core.data.session import ScopedSession
from core.kernel import clock


@dataclass(frozen=True, slots=True)
class Version(versions_of.Written):
    """One form version without its content."""

    change: str


class Whole(NamedTuple):
    """A version with its content."""

    version: Version
    schema: FormSchema


_VERSIONS = versions_of.reading(FormVersion, FormVersion.change)
_ONE = _VERSIONS.add_columns(FormVersion.content).where(FormVersion.number == sa.bindparam("wanted"))
_NEWEST = sa.select(sa.func.max(FormVersion.number)).where(FormVersion.state == "published")


def versions(session: ScopedSession) -> list[Version]:
    """Every version, newest first."""
    return [Version(*row) for row in session.execute(_VERSIONS)]


def one(session: ScopedSession, number: int) -> Whole:
    """A version by its number, with its content. Raises NotFound."""
    *columns, content = versions_of.numbered(session, _ONE, number)
    return Whole(Version(*columns), FormSchema.model_validate(content))


def newest_published(session: ScopedSession) -> Whole | None:
    """The version that new windows take; None before the first."""
    number = session.scalar(_NEWEST)
    return one(session, number) if number is not None else None


def draft_number(session: ScopedSession) -> int | None:
    """The number of the one draft, where there is one."""
    return versions_of.draft_number(session, FormVersion)


def taken(session: ScopedSession) -> Taken:
    """Every key of every version that was ever published."""
    contents = session.scalars(sa.select(FormVersion.content).where(FormVersion.state != "draft"))
    return taken_by(FormSchema.model_validate(content) for content in contents)


def same_drafts(session: ScopedSession, number: int, change: Change) -> list[str]:
    """The ids of the published versions before `number` whose drafts may take it, `change` being what it does to the one
    before: back to the last breaking one, for what was typed for a version before that need not fit."""
    if not drafts_move(change):
        return []
    rows = session.execute(
        sa.select(FormVersion.id, FormVersion.change)
        .where(FormVersion.number < number, FormVersion.state != "draft")
        .order_by(FormVersion.number.desc())
    )
    found = []
    for row in rows:
        found.append(row.id)
        if not drafts_move(Change(row.change)):
            break
    return found


class Use(NamedTuple):
    """How much is on a version: applications not submitted yet, others, and windows that new applications can still begin in."""

    drafts: int
    others: int
    windows: int


def in_use(session: ScopedSession, reader: str | None = None) -> dict[str, Use]:
    """What is on each version (by id) across all sites; needs a session of the whole platform. Counts only, no person; for
    a page, as far as the account `reader` may see the applications."""
    is_draft = sa.case((Application.state == DRAFT, 1), else_=0)
    applications = session.execute(
        sa.select(Application.form_version_id, sa.func.sum(is_draft), sa.func.count())
        .where(clear_of(reader))
        .group_by(Application.form_version_id)
    )
    windows = session.execute(
        sa.select(Window.form_version_id, sa.func.count()).where(*to_come()).group_by(Window.form_version_id)
    )
    counts = {key: (int(drafts), int(total)) for key, drafts, total in applications}
    ahead = {key: int(number) for key, number in windows}
    return {
        key: Use(counts.get(key, (0, 0))[0], counts.get(key, (0, 0))[1] - counts.get(key, (0, 0))[0], ahead.get(key, 0))
        for key in {*counts, *ahead}
    }


def to_come() -> Sequence[sa.ColumnElement[bool]]:
    """Windows in which applications can still begin, now or later."""
    return Window.state.in_(("draft", "published")), Window.closes_at > clock.now()
