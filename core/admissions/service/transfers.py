"""Moving a submitted application to another area: the central team's step, in one transaction across two sites.

No row changes its tenant. The application at the old site ends as `transferred`; a new one at the other site takes copies of
all that was ever written and submitted, each submitted text with the hash it had, what is hidden of it and its translations.
Both name each other. Who was in conflict with the old one is with the new one, and so are whoever assessed it before and
whoever on the other site's panel has a reason to be.

Nothing has to be given with it: what is moved is submitted, and when more is asked the request has a day of its own.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.admissions import conflict_rules
from core.admissions.instants import WindowState
from core.admissions.models import (
    Answer,
    AnswerRevision,
    Application,
    Assessment,
    Assessor,
    Assignment,
    Attachment,
    Conflict,
    Decision,
    InfoRequest,
    Redaction,
    Submission,
    Translation,
    Window,
)
from core.admissions.models.applications import IS_LIVE
from core.admissions.queries.applying import times_of
from core.admissions.queries.sight import clear_of
from core.admissions.service import conflicts, shelving
from core.admissions.service.drafts import new_reference
from core.admissions.service.ending_assignments import expire_in
from core.admissions.service.windows import reason
from core.admissions.states import ASSESSING, SEALED, SUBMITTED, TRANSFERRED, UNDER_WAY
from core.data import audit, upserts
from core.data.conditional import update_as_seen
from core.data.files import Store, new_key
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Forbidden, Invalid, Refused
from core.kernel.ids import new_id
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.kernel.views import Actor

WRITTEN = (Answer, AnswerRevision, InfoRequest)
"""What was written beside the submissions, and is copied row by row."""
BESIDE = (Redaction, Translation)
"""What assessors see of a submission, and what they do not: it holds at the other site too."""
TAKES = frozenset({WindowState.OPEN, WindowState.GRACE, WindowState.ASSESSING})
"""States in which a window can take an application that was submitted elsewhere."""
NOT_NOW = N_("Only an application that is submitted, and about which no decision is being made, can be moved.")
CHOOSE = N_("Choose a window that is open or being assessed, in another area.")


@dataclass(frozen=True, slots=True)
class Place:
    """An application's site, and itself there."""

    tenant_id: int
    application_id: str


@dataclass(frozen=True, slots=True)
class Moved:
    """What the applicant is written: where the application is now, and under which reference."""

    account_id: str
    locale: str
    before: str
    reference: str
    place: Place


Post = Callable[[ScopedSession, Moved], None]


def transfer(
    session: ScopedSession, actor: Actor, source: Place, *, version: int, target_tenant_id: int, window_id: str, why: str,
    store: Store, post: Post,
) -> Place:  # fmt: skip
    """Move an application to a window of another site; where it is then. Needs a session with platform scope.

    Equality answers are not moved here: `equality.carry` does it afterwards, in a transaction that holds nothing else.

    Raises Forbidden, Invalid (no reason; a window that takes nothing), NotFound (missing, or the actor is in conflict with
    it), the kernel's Conflict (another version), and Refused when it is not submitted, a decision about it is being made, or
    the applicant has an application in that window already.
    """
    if not actor.can(Permission.ADMISSIONS_CONFIGURE):
        raise Forbidden(Permission.ADMISSIONS_CONFIGURE)
    why, now, new = reason(why), clock.now(), Place(target_tenant_id, new_id())
    keys = _copy_contents(session, source, new, store)  # before the transaction; what it does not take is swept later
    with transaction(session):
        row = _leave(session, actor, source, version, new, now)
        conflicts.hold_assignments(
            session, Assignment.tenant_id == source.tenant_id, Assignment.application_id == source.application_id
        )  # before the trails, as whoever seals takes them
        for tenant_id in sorted({source.tenant_id, new.tenant_id}):  # one order: two moves cannot wait in a circle
            _note(session, actor, tenant_id, source, new, why)
        _may_go(session, source, new, window_id, now)
        reference = _arrive(session, row, source, new, window_id, now)
        for model in WRITTEN:
            _carry(session, model, source, new)
        versions = _carry(session, Submission, source, new)
        for beside in BESIDE:
            _carry_beside(session, beside, source, new, versions)
        _carry(session, Attachment, source, new, lambda one: {"key": keys[one["key"]]})
        _carry(session, Conflict, source, new, where=Conflict.ended_at.is_(None))
        _bar_assessors(session, source, new, now)
        conflicts.derive_for_application_in(session, new.application_id, tenant_id=new.tenant_id)
        expire_in(session, source.tenant_id, [source.application_id], why, now)
        shelving.show(session, row.account_id, source.application_id, TRANSFERRED, tenant_id=source.tenant_id)
        shelving.show(session, row.account_id, new.application_id, SUBMITTED, tenant_id=new.tenant_id)
        post(session, Moved(row.account_id, row.locale, row.reference, reference, new))
    return new


def _leave(session: ScopedSession, actor: Actor, source: Place, version: int, new: Place, now: datetime) -> Any:
    """End the application at the old site: the conditional update that the step begins with. The row as it is then."""
    here = (Application.tenant_id == source.tenant_id, Application.id == source.application_id)
    return update_as_seen(
        session, Application, sa.and_(*here, clear_of(actor.account_id)), version, states=(SUBMITTED,), closed=NOT_NOW,
        returning=tuple(Application.__table__.c), state=TRANSFERRED, changed_at=now, moved_tenant_id=new.tenant_id,
        moved_id=new.application_id,
    )  # fmt: skip


def _note(session: ScopedSession, actor: Actor, tenant_id: int, source: Place, new: Place, why: str) -> None:
    """The entry in one site's trail; both sites have one."""
    left = tenant_id == source.tenant_id
    own, other = (source, new) if left else (new, source)
    audit.record(
        session, actor=actor, action="application.transfer" if left else "application.arrive", subject=own.application_id,
        after={"state": TRANSFERRED if left else SUBMITTED, "other_site": other.tenant_id, "other": other.application_id},
        why=why, tenant_id=tenant_id,
    )  # fmt: skip


def _may_go(session: ScopedSession, source: Place, new: Place, window_id: str, now: datetime) -> None:
    """Raise Refused for a decision that is being made, Invalid for a window that takes nothing now.

    Asked after the entries in the trails: whoever wrote there before, a signed decision for instance, is seen.
    """
    deciding = sa.select(Decision.id).where(
        Decision.tenant_id == source.tenant_id, Decision.application_id == source.application_id,
        Decision.state.in_(sorted(UNDER_WAY)),
    )  # fmt: skip
    if session.scalar(deciding.limit(1)) is not None:
        raise Refused(NOT_NOW)
    window = session.execute(
        sa.select(Window.state, Window.opens_at, Window.closes_at, Window.grace_seconds, Window.released_at).where(
            Window.tenant_id == new.tenant_id, Window.id == window_id
        )
    ).one_or_none()
    if source.tenant_id == new.tenant_id or window is None or times_of(*window).state(now) not in TAKES:
        raise Invalid({"window": CHOOSE})


def _arrive(session: ScopedSession, row: Any, source: Place, new: Place, window_id: str, now: datetime) -> str:
    """The application at the new site; its reference. Raises Refused where the person has one in that window already."""
    reference = new_reference()
    values = {
        **row._mapping, "id": new.application_id, "tenant_id": new.tenant_id, "reference": reference, "window_id": window_id,
        "state": SUBMITTED, "version": 1, "changed_at": now, "previous_id": None, "moved_tenant_id": source.tenant_id,
        "moved_id": source.application_id, "state_why": "",
    }  # fmt: skip
    claim = upserts.insert(session, Application).values(**values).on_conflict_do_nothing(
        index_elements=["tenant_id", "window_id", "account_id"], index_where=IS_LIVE
    )  # fmt: skip
    if session.execute(claim.returning(Application.id)).one_or_none() is None:
        raise Refused(N_("This person has an application in that window already."))
    return reference


def _bar_assessors(session: ScopedSession, source: Place, new: Place, now: datetime) -> None:
    """Put whoever assessed the application at the old site in conflict with it at the new one, where nobody can see what they
    scored: they neither assess it again nor sign, moderate or look at an appeal."""
    begun = (
        sa.select(Assessor.account_id)
        .join(Assignment, (Assignment.tenant_id == Assessor.tenant_id) & (Assignment.assessor_id == Assessor.id))
        .outerjoin(
            Assessment, (Assessment.tenant_id == Assignment.tenant_id) & (Assessment.assignment_id == Assignment.id)
        )
        .where(
            Assignment.tenant_id == source.tenant_id, Assignment.application_id == source.application_id,
            Assignment.state.in_((ASSESSING, SEALED)) | Assessment.id.is_not(None),
        )
        .distinct()
        .order_by(Assessor.account_id)
    )  # fmt: skip
    for account_id in session.scalars(begun).all():
        conflicts.bar_in(session, new.application_id, account_id, conflict_rules.ASSESSED, now, tenant_id=new.tenant_id)


def _carry(
    session: ScopedSession, model: Any, source: Place, new: Place,
    change: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None, where: sa.ColumnElement[bool] | None = None,
) -> dict[str, str]:  # fmt: skip
    """Copy the rows of `model` that hang on the application; new ids by old ones. In the order in which they were made, since
    ids grow with time."""
    query = (
        sa.select(*model.__table__.c)
        .where(model.tenant_id == source.tenant_id, model.application_id == source.application_id)
        .order_by(model.id)
    )
    found = [dict(one) for one in session.execute(query if where is None else query.where(where)).mappings()]
    of = {"tenant_id": new.tenant_id, "application_id": new.application_id}
    return _put(session, model, [{**one, **of, **(change(one) if change else {})} for one in found])


def _carry_beside(session: ScopedSession, model: Any, source: Place, new: Place, versions: Mapping[str, str]) -> None:
    """Copy the rows of `model` that hang on submitted versions; `versions` are the new ones by the old."""
    query = (
        sa.select(*model.__table__.c)
        .where(model.tenant_id == source.tenant_id, model.submission_id.in_(versions))
        .order_by(model.id)
    )
    found = session.execute(query).mappings()
    _put(
        session, model, [{**one, "tenant_id": new.tenant_id, "submission_id": versions[one["submission_id"]]} for one in found]
    )  # fmt: skip


def _put(session: ScopedSession, model: Any, found: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Write rows under ids of their own: new ids by those they came with."""
    rows = [(one["id"], {**one, "id": new_id()}) for one in found]
    if rows:
        session.execute(sa.insert(model), [row for _, row in rows])
    return {old: row["id"] for old, row in rows}


def _copy_contents(session: ScopedSession, source: Place, new: Place, store: Store) -> dict[str, str]:
    """Copies of the files' contents for the other site: new keys by old ones.

    No file can be added meanwhile: only an application that is submitted is moved, at the version that was looked at.
    """
    keys = session.scalars(
        sa.select(Attachment.key).where(
            Attachment.tenant_id == source.tenant_id, Attachment.application_id == source.application_id
        )
    ).all()
    copies = {}
    for key in keys:
        copies[key] = new_key(new.tenant_id)
        content = store.get(key)
        if content is not None:  # one that is lost here is not found there either; its row still says what it was
            store.put(copies[key], content)
    return copies
