"""Windows: plan, change, publish, amend, cancel, and more time for one person. Each is one transaction, audited."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.admissions.instants import WindowState
from core.admissions.models import Application, Extension, FormVersion, Window, WindowAmendment
from core.admissions.models.windows import MOST_GRACE_SECONDS
from core.admissions.queries import windows
from core.admissions.queries.windows import WindowRow
from core.admissions.service.policies import newest_in
from core.admissions.service.usual_rules import pin_usual
from core.admissions.states import DRAFT
from core.data import audit
from core.data.conditional import update_as_seen
from core.data.idempotency import once
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Forbidden, Invalid, Refused
from core.kernel.ids import new_id
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.kernel.views import SYSTEM, Actor
from core.tenancy import noticeboard
from core.tenancy.models import ShelfItem

PLUGIN = "admissions"
"""Under this name the room's cards stand on the noticeboard."""
PATH = "/apply/"
LONGEST_NAME, LONGEST_WHY = 80, 500
FURTHEST = timedelta(days=5 * 366)
EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)
"""Q began in 2015: an earlier year is a slip of the finger."""
OVER = N_("This window is over. Give one person more time, or plan another window.")
NO_WHY = N_("Say why, in at most 500 characters")
STATE_CHANGED = N_("This cannot be done now: the window's state has changed.")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a window says. Instants are aware UTC; `form_version_id` is of a published version."""

    name: str
    opens_at: datetime
    closes_at: datetime
    grace_seconds: int
    form_version_id: str

    @classmethod
    def of(cls, row: WindowRow) -> "Plan":
        """A window as it stands."""
        return cls(row.name, row.opens_at, row.closes_at, row.grace_seconds, row.form_version_id)

    def values(self) -> dict[str, Any]:
        """The columns."""
        return {name: getattr(self, name) for name in self.__slots__}

    def told(self) -> dict[str, Any]:
        """The same as JSON, for the trail and the history."""
        return {key: v.isoformat() if isinstance(v, datetime) else v for key, v in self.values().items()}


def may_manage(actor: Actor) -> None:
    """Raise Forbidden unless the actor runs this site's windows: its lead, or the central team."""
    if not actor.can(Permission.TENANT_ADMISSIONS_MANAGE):
        raise Forbidden(Permission.TENANT_ADMISSIONS_MANAGE)


def _check(plan: Plan) -> None:
    """Raise Invalid, by field, for what no window can say."""
    wrong: dict[str, str] = {}
    if not plan.name.strip() or len(plan.name) > LONGEST_NAME:
        wrong["name"] = N_("Give the window a name of at most 80 characters")
    if plan.opens_at < EARLIEST:
        wrong["opens_at"] = N_("Check the year")
    if plan.closes_at <= plan.opens_at:
        wrong["closes_at"] = N_("The closing time must be after the opening time")
    elif plan.closes_at > clock.now() + FURTHEST:
        wrong["closes_at"] = N_("That is more than five years away: check the year")
    if not 0 <= plan.grace_seconds <= MOST_GRACE_SECONDS:
        wrong["grace_minutes"] = N_("Enter a number of minutes from 0 to 1,440")
    if not plan.form_version_id:
        wrong["form_version_id"] = N_("Choose a version of the form")
    if wrong:
        raise Invalid(wrong)


def reason(why: str) -> str:
    """The reason without space around it. Raises Invalid when there is none, or it is too long."""
    why = why.strip()
    if not why or len(why) > LONGEST_WHY:
        raise Invalid({"why": NO_WHY})
    return why


def _form_is_published(form_version_id: Any) -> sa.ColumnElement[bool]:
    return sa.exists().where(FormVersion.id == form_version_id, FormVersion.state == "published")


def _step(
    session: ScopedSession, row: WindowRow, version: int, *more: sa.ColumnElement[bool], source: str, **values: Any
) -> None:
    """The conditional update that every change begins with: this version, this state, and `more`. Raises NotFound,
    Conflict (another version), Refused (another state, or `more` does not hold)."""
    update_as_seen(
        session, Window, Window.id == row.id, version, *more, states=(source,), closed=STATE_CHANGED, unmet=STATE_CHANGED, **values
    )  # fmt: skip


def _told(
    session: ScopedSession, actor: Actor, action: str, window_id: str, before: Mapping[str, Any] | None,
    after: Mapping[str, Any], why: str = "",
) -> None:  # fmt: skip
    audit.record(
        session, actor=actor, action=f"window.{action}", subject=f"window:{window_id}", before=before, after=after, why=why
    )  # fmt: skip


_PUBLISHED = sa.select(Window.name, Window.opens_at, Window.closes_at, Window.grace_seconds).where(
    Window.state == "published", Window.id != sa.bindparam("but"), Window.opens_at <= sa.bindparam("until")
)
_IS_PUBLISHED = sa.select(_form_is_published(sa.bindparam("form")))


def _alone(session: ScopedSession, window_id: str, plan: Plan) -> None:
    """Raise Invalid when another published window of this area runs, its grace included, at the same time.

    Asked after the entry in the audit trail: whoever writes there waits for whoever wrote before, so that of two windows
    published at the same moment the second sees the first.
    """
    others = session.execute(_PUBLISHED, {"but": window_id, "until": plan.closes_at + timedelta(days=1)})
    ends = plan.closes_at + timedelta(seconds=plan.grace_seconds)
    for other in others:
        if other.opens_at <= ends and plan.opens_at <= other.closes_at + timedelta(seconds=other.grace_seconds):
            raise Invalid({"opens_at": N_("Another window of this area is open at that time. Choose other dates.")})


def show_card(session: ScopedSession, window_id: str, plan: Plan) -> None:
    """Put the window on the noticeboard, where the UK site finds it. Its grace is nobody's to know."""
    noticeboard.publish(
        session, plugin=PLUGIN, ref=window_id, kind=noticeboard.WINDOW, title=plan.name, summary="", starts_at=plan.opens_at,
        ends_at=plan.closes_at, place="", path=PATH, audience="public",
    )  # fmt: skip


def plan(session: ScopedSession, actor: Actor, wanted: Plan, form_key: str) -> str:
    """A draft window; its id. The same form sent twice makes one. Raises Forbidden, Invalid, and Refused for a form version
    that is not published or a form key that is missing or was used for something else."""
    may_manage(actor)
    _check(wanted)
    with transaction(session):
        key = once(session, form_key, f"window.plan:{actor.account_id}")
        if key.result is not None:
            return key.result
        if not session.scalar(_IS_PUBLISHED, {"form": wanted.form_version_id}):
            raise Invalid({"form_version_id": N_("Choose a version of the form that is published")})
        newest_in(session, SYSTEM)  # a draft's rules can be chosen at once
        window_id = new_id()
        values = {
            "id": window_id, "tenant_id": session.scope.tenant_id, **wanted.values(), "state": "draft", "released_at": None,
            "state_why": "", "version": 1, "created_by": actor.account_id, "created_at": clock.now(),
        }  # fmt: skip
        session.execute(sa.insert(Window), [values])
        key.keep(window_id)
        _told(session, actor, "plan", window_id, None, {"state": "draft", **wanted.told()})
    return window_id


def change(session: ScopedSession, actor: Actor, window_id: str, version: int, wanted: Plan) -> None:
    """Change a draft, if it is still at `version`. Raises Forbidden, NotFound, Invalid, Conflict, Refused (no draft)."""
    may_manage(actor)
    row = windows.one(session, window_id)
    _check(wanted)
    with transaction(session):
        _step(session, row, version, _form_is_published(wanted.form_version_id), source="draft", **wanted.values())
        _told(session, actor, "change", window_id, Plan.of(row).told(), wanted.told())


def publish(session: ScopedSession, actor: Actor, window_id: str, version: int) -> None:
    """Publish a draft: from its opening instant on it takes applications, and its card stands on the noticeboard. Where
    nobody chose rules for assessing, it pins the usual ones.

    Raises Forbidden, NotFound, Conflict, and Refused for what is no draft, has closed already, has a form that is no longer
    published, runs at the same time as another window of the area, or has no rules that the national policy allows.
    """
    may_manage(actor)
    row = windows.one(session, window_id)
    wanted = Plan.of(row)
    if row.state == "draft" and wanted.closes_at <= clock.now():
        raise Refused(N_("The closing time is past. Change the dates first."))
    with transaction(session):
        _step(
            session, row, version, _form_is_published(Window.form_version_id), Window.closes_at > clock.now(),
            source="draft", state="published",
        )  # fmt: skip
        _told(session, actor, "publish", window_id, {"state": "draft"}, {"state": "published", **wanted.told()})
        try:
            _alone(session, window_id, wanted)
        except Invalid as overlap:
            raise Refused(overlap.field_errors["opens_at"]) from None
        pin_usual(session, actor, window_id)
        show_card(session, window_id, wanted)


def amend(session: ScopedSession, actor: Actor, window_id: str, version: int, wanted: Plan, why: str) -> None:
    """Change a published window for a stated reason; the card follows, and the history keeps both.

    Until it opens everything can be changed; from then on its opening and its form stay. No date is put before the present.
    Raises Forbidden, NotFound, Invalid, Conflict, Refused (a draft, cancelled, or over).
    """
    may_manage(actor)
    row = windows.one(session, window_id)
    before, now = Plan.of(row), clock.now()
    state = row.times.state(now)
    if state not in {WindowState.SCHEDULED, WindowState.OPEN, WindowState.GRACE}:
        raise Refused(OVER if row.state == "published" else STATE_CHANGED)
    _check(wanted)
    why = reason(why)
    wrong = _too_late(before, wanted, now, begun=state is not WindowState.SCHEDULED)
    if wrong:
        raise Invalid(wrong)
    if wanted == before:
        raise Invalid({}, N_("Nothing is different."))
    old, new = before.told(), wanted.told()
    changed = [key for key in new if new[key] != old[key]]
    with transaction(session):
        _step(
            session, row, version,
            _form_is_published(wanted.form_version_id) | (Window.form_version_id == wanted.form_version_id),
            source="published", **wanted.values(),
        )  # fmt: skip
        was, becomes = {key: old[key] for key in changed}, {key: new[key] for key in changed}
        entry = {
            "id": new_id(), "tenant_id": session.scope.tenant_id, "window_id": window_id, "at": now, "by": actor.account_id,
            "before": was, "after": becomes, "why": why,
        }  # fmt: skip
        session.execute(sa.insert(WindowAmendment), [entry])
        _told(session, actor, "amend", window_id, was, becomes, why)
        _alone(session, window_id, wanted)
        show_card(session, window_id, wanted)
        if wanted.closes_at != before.closes_at:
            move_dates(session, window_id, wanted.closes_at)


def move_dates(session: ScopedSession, window_id: str, closes_at: datetime, account_id: str | None = None) -> None:
    """Bring the date on the shelves of those with a draft in step with a new closing, in the caller's transaction: of one
    person, else of everybody who has no more time than that. `closes_at` is UTC."""
    longer = (
        sa.select(Extension.id)
        .where(
            Extension.window_id == window_id, Extension.account_id == Application.account_id, Extension.closes_at > closes_at
        )
        .exists()
    )  # fmt: skip
    whose = Application.account_id == account_id if account_id is not None else ~longer
    drafts = sa.select(Application.id).where(Application.window_id == window_id, Application.state == DRAFT, whose)
    session.execute(
        sa.update(ShelfItem)
        .where(
            ShelfItem.origin_tenant_id == session.scope.tenant_id, ShelfItem.plugin == PLUGIN, ShelfItem.ref.in_(drafts)
        )
        .values(when=closes_at, changed_at=clock.now())
    )


def _too_late(before: Plan, wanted: Plan, now: datetime, *, begun: bool) -> dict[str, str]:
    """What a published window can no longer change, by field."""
    wrong: dict[str, str] = {}
    if begun and wanted.opens_at != before.opens_at:
        wrong["opens_at"] = N_("The window has opened: this can no longer be changed")
    elif not begun and wanted.opens_at != before.opens_at and wanted.opens_at < now:
        wrong["opens_at"] = N_("Choose a time that is still to come")
    if wanted.closes_at <= now and wanted.closes_at != before.closes_at:
        wrong["closes_at"] = N_("Choose a time that is still to come")
    if begun and wanted.form_version_id != before.form_version_id:
        wrong["form_version_id"] = N_("The window has opened: this can no longer be changed")
    return wrong


def cancel(session: ScopedSession, actor: Actor, window_id: str, version: int, why: str) -> None:
    """Cancel a draft or a published window, for a stated reason; the card comes down.

    Raises Forbidden, NotFound, Invalid (no reason), Conflict, and Refused once somebody has submitted an application in it.
    """
    may_manage(actor)
    row = windows.one(session, window_id)
    why = reason(why)
    if row.state == "cancelled":
        raise Refused(STATE_CHANGED)
    submitted = (
        sa.select(Application.id)
        .where(Application.window_id == window_id, Application.submitted_at.is_not(None))
        .limit(1)
    )
    with transaction(session):
        _step(session, row, version, source=row.state, state="cancelled", state_why=why)
        _told(session, actor, "cancel", window_id, {"state": row.state}, {"state": "cancelled"}, why)
        if session.scalar(submitted):  # after the entry in the trail, as in `_alone`: a submission before it is seen
            raise Refused(N_("Applications were submitted in this window: it cannot be cancelled any more."))
        noticeboard.withdraw(session, plugin=PLUGIN, ref=window_id)
