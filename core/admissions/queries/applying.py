"""Reading applications for the person whose they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.form.schema import FormSchema
from core.admissions.instants import ANSWER_GRACE, Lateness, WindowTimes
from core.admissions.models import Answer, Application, Extension, FormVersion, InfoRequest, Submission, Window
from core.admissions.states import INFO_REQUESTED, LIVE, REAPPLY, TRANSFERRED
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.errors import NotFound
from core.kernel.ids import is_id

SCHEMAS_KEPT = 32
_schemas: dict[str, FormSchema] = {}


def schema_of(sha256: str, content: Mapping[str, Any]) -> FormSchema:
    """A form version's content as a schema; what has been read once is kept by its hash, since it never changes."""
    found = _schemas.get(sha256)
    if found is None:
        if len(_schemas) >= SCHEMAS_KEPT:
            _schemas.clear()
        found = _schemas[sha256] = FormSchema.model_validate(content)
    return found


class Held(NamedTuple):
    """An answer as it stands, and how often it was changed: what a save must name to take its place."""

    value: Any
    revision: int


@dataclass(frozen=True, slots=True)
class Mine:
    """One application with its window, its form and its answers. `sections` are those that may be changed now: all of a
    draft's, those that more was asked about, or none. `due_at` is the day for the latter."""

    id: str
    reference: str
    state: str
    version: int
    locale: str
    seconds: int
    submitted_at: datetime | None
    lateness: str
    window_id: str
    window_name: str
    times: WindowTimes
    extended_to: datetime | None
    form_version_id: str
    schema: FormSchema
    answers: Mapping[str, Held]
    sections: frozenset[str]
    asked: str
    due_at: datetime | None

    @property
    def values(self) -> dict[str, Any]:
        """The answers alone, by question."""
        return {key: held.value for key, held in self.answers.items()}

    @property
    def closes_at(self) -> datetime:
        """The instant this person is told."""
        return self.times.shown_close(self.extended_to)

    def taken(self, now: datetime) -> Lateness | None:
        """Whether a change or a submission is taken at `now`: by the window, or by the day that more was asked by.
        Either has its hidden grace."""
        if self.due_at is not None:
            if now <= self.due_at:
                return Lateness.ON_TIME
            return Lateness.IN_GRACE if now <= self.due_at + ANSWER_GRACE else None
        return self.times.taken(now, self.extended_to)


_WINDOW = (Window.state, Window.opens_at, Window.closes_at, Window.grace_seconds, Window.released_at)


def times_of(
    state: str, opens_at: datetime, closes_at: datetime, grace: int, released_at: datetime | None
) -> WindowTimes:
    """A window's columns as the instants that its state follows from."""
    return WindowTimes(state, opens_at, closes_at, timedelta(seconds=grace), released_at)


_MINE = (
    sa.select(
        Application.id, Application.reference, Application.state, Application.version, Application.locale, Application.seconds,
        Application.submitted_at, Application.lateness, Application.window_id, Window.name, *_WINDOW,
        Extension.closes_at.label("extended_to"), FormVersion.id.label("form_version_id"), FormVersion.sha256, FormVersion.content,
        InfoRequest.sections, InfoRequest.question, InfoRequest.due_at,
    )
    .join(Window, (Window.tenant_id == Application.tenant_id) & (Window.id == Application.window_id))
    .join(FormVersion, FormVersion.id == Application.form_version_id)
    .outerjoin(
        Extension,
        (Extension.tenant_id == Application.tenant_id)
        & (Extension.window_id == Application.window_id)
        & (Extension.account_id == Application.account_id),
    )
    .outerjoin(
        InfoRequest,
        (InfoRequest.tenant_id == Application.tenant_id)
        & (InfoRequest.application_id == Application.id)
        & (InfoRequest.state == "open"),
    )
    .where(Application.id == sa.bindparam("wanted"), Application.account_id == sa.bindparam("account_id"))
)  # fmt: skip
_ANSWERS = sa.select(Answer.question, Answer.value, Answer.revision).where(
    Answer.application_id == sa.bindparam("wanted")
)


def mine(session: ScopedSession, application_id: str, account_id: str) -> Mine:
    """One's own application, in two statements. Raises NotFound: missing, another person's, or another tenant's."""
    values = {"wanted": application_id, "account_id": account_id}
    row = session.execute(_MINE, values).one_or_none() if is_id(application_id) else None
    if row is None:
        raise NotFound
    schema = schema_of(row.sha256, row.content)
    answers = {
        one.question: Held(one.value, one.revision) for one in session.execute(_ANSWERS, {"wanted": application_id})
    }
    open_sections = frozenset(section.key for section in schema.sections) if row.state == "draft" else frozenset()
    if row.state == INFO_REQUESTED:
        open_sections = frozenset(row.sections or ())
    return Mine(
        id=row.id, reference=row.reference, state=row[2], version=row.version, locale=row.locale, seconds=row.seconds,
        submitted_at=row.submitted_at, lateness=row.lateness, window_id=row.window_id, window_name=row.name,
        times=times_of(*tuple(row)[10:15]), extended_to=row.extended_to, form_version_id=row.form_version_id, schema=schema,
        answers=answers, sections=open_sections, asked=row.question or "",
        due_at=row.due_at if row.state == INFO_REQUESTED else None,
    )  # fmt: skip


def answers_of(session: ScopedSession, application_id: str) -> dict[str, Any]:
    """The answers as they stand now, by question."""
    return {one.question: one.value for one in session.execute(_ANSWERS, {"wanted": application_id})}


_LIVE_IN = sa.select(Application.id).where(
    Application.window_id == sa.bindparam("window"),
    Application.account_id == sa.bindparam("account"),
    Application.state.in_(LIVE),
)
_LAST_ENDED = (
    sa.select(Application.id)
    .where(Application.account_id == sa.bindparam("account"), Application.state.in_(sorted(REAPPLY)))
    .order_by(Application.created_at.desc(), Application.id.desc())
    .limit(1)
)


def live_in(session: ScopedSession, window_id: str, account_id: str) -> str | None:
    """The id of the application that a person has in a window, where it counts still."""
    return session.scalar(_LIVE_IN, {"window": window_id, "account": account_id})


def last_ended(session: ScopedSession, account_id: str) -> str | None:
    """The id of the person's last application at this site whose answers a new one takes over."""
    return session.scalar(_LAST_ENDED, {"account": account_id})


def moved_to(session: ScopedSession, application_id: str, account_id: str) -> tuple[int, str] | None:
    """(the site's id, the application's id there) of one's own application that was moved to another area."""
    row = session.execute(
        sa.select(Application.moved_tenant_id, Application.moved_id).where(
            Application.id == application_id, Application.account_id == account_id, Application.state == TRANSFERRED
        )
    ).one_or_none()
    return (int(row[0]), str(row[1])) if row is not None and row[0] is not None else None


class Opening(NamedTuple):
    """A window that somebody could apply in, with the form it pins."""

    id: str
    name: str
    times: WindowTimes
    extended_to: datetime | None
    form_version_id: str
    schema: FormSchema


_BEGUN = (
    sa.select(
        Window.id, Window.name, *_WINDOW, Extension.closes_at.label("extended_to"), FormVersion.id.label("form_version_id"),
        FormVersion.sha256, FormVersion.content,
    )
    .join(FormVersion, FormVersion.id == Window.form_version_id)
    .outerjoin(
        Extension,
        (Extension.tenant_id == Window.tenant_id)
        & (Extension.window_id == Window.id)
        & (Extension.account_id == sa.bindparam("account")),
    )
    .where(Window.state == "published", Window.opens_at <= sa.bindparam("now"))
    .order_by(Window.opens_at.desc())
    .limit(5)
)  # fmt: skip


def opening(session: ScopedSession, account_id: str | None) -> Opening | None:
    """The window that takes this person's work now, by its dates or by their extension; None where there is none."""
    now = clock.now()
    for row in session.execute(_BEGUN, {"account": account_id, "now": now}):
        times = times_of(*tuple(row)[2:7])
        if times.taken(now, row.extended_to) is not None:
            schema = schema_of(row.sha256, row.content)
            return Opening(row.id, row.name, times, row.extended_to, row.form_version_id, schema)
    return None


def submissions(session: ScopedSession, application_id: str) -> list[Submission]:
    """What was submitted, first to last."""
    query = sa.select(Submission).where(Submission.application_id == application_id).order_by(Submission.number)
    return list(session.scalars(query))
