"""The central team's work on the application form: one draft at a time, published whole, never changed again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.admissions import content
from core.admissions.form.changes import Change, least
from core.admissions.form.keys import Taken
from core.admissions.form.schema import FormSchema
from core.admissions.models import FormVersion
from core.admissions.queries import forms
from core.admissions.service import form_moves
from core.data import audit
from core.data.audit import UK
from core.data.conditional import update_as_seen
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import new_id
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.kernel.views import SYSTEM, Actor

PUBLISHED_STAYS = N_("This version is published. It never changes: begin a new draft.")
NO_FORM = N_("There is no form yet. Take in the first one.")
MILDER = N_("What was changed is graver than that. Choose another kind.")


@dataclass(frozen=True, slots=True)
class Known:
    """What an edit must heed: keys that have had their meaning, and the published form that the draft began as."""

    taken: Taken
    published: FormSchema


Edit = Callable[[FormSchema, Known], FormSchema]


def _allowed(actor: Actor) -> None:
    if not actor.can(Permission.ADMISSIONS_CONFIGURE):
        raise Forbidden(Permission.ADMISSIONS_CONFIGURE)


def _told(session: ScopedSession, actor: Actor, action: str, number: int, why: str = "", **after: Any) -> None:
    audit.record(
        session, actor=actor, action=f"form.{action}", subject=f"form:{number}", after=after, why=why, tenant_id=UK
    )


def _row(schema: FormSchema, number: int, actor: Actor, now: datetime, **more: Any) -> dict[str, Any]:
    return {
        "id": new_id(), "number": number, "content": schema.model_dump(mode="json"), "sha256": schema.sha256(), "version": 1,
        "created_by": actor.account_id, "created_at": now, "note": "", **more,
    }  # fmt: skip


def ensure_first(session: ScopedSession, actor: Actor = SYSTEM, schema: FormSchema | None = None) -> str:
    """Publish version 1 (from `schema`, else from the form that the platform comes with) where nothing is published yet; the
    id of the newest published version. Raises Forbidden, and Refused where there is a draft but nothing published."""
    _allowed(actor)
    with transaction(session):
        newest = forms.newest_published(session)
        if newest is not None:
            return newest.version.id
        first, now = schema or content.first_form(), clock.now()
        row = _row(
            first, 1, actor, now, state="published", change=Change.BREAKING.value, published_by=actor.account_id, published_at=now
        )  # fmt: skip
        try:
            with session.begin_nested():
                session.execute(sa.insert(FormVersion), [row])
        except IntegrityError:  # another process was quicker
            newest = forms.newest_published(session)
            if newest is None:
                raise Refused(NO_FORM) from None
            return newest.version.id
        _told(session, actor, "publish", 1, change=Change.BREAKING.value, sha256=row["sha256"])
        return str(row["id"])


def new_draft(session: ScopedSession, actor: Actor) -> int:
    """Begin a draft as a copy of the newest published version; the draft's number, or that of the one there is already.

    Raises Forbidden, and Refused where nothing is published yet.
    """
    _allowed(actor)
    with transaction(session):
        newest = forms.newest_published(session)
        if newest is None:
            raise Refused(NO_FORM)
        if (there := forms.draft_number(session)) is not None:
            return there
        last = session.scalar(sa.select(sa.func.max(FormVersion.number))) or 0
        row = _row(
            newest.schema, last + 1, actor, clock.now(), state="draft", change=Change.EDITORIAL.value,
            published_by=None, published_at=None,
        )  # fmt: skip
        try:
            with session.begin_nested():
                session.execute(sa.insert(FormVersion), [row])
        except IntegrityError:  # somebody began one at the same moment: theirs is the draft
            return last + 1
        _told(session, actor, "draft", last + 1, copy_of=newest.version.number)
        return last + 1


def _draft(session: ScopedSession, number: int, version: int) -> tuple[FormSchema, FormSchema]:
    """A draft's content and that of the newest published version. Raises NotFound, Refused (published) and Conflict."""
    found = forms.one(session, number)
    if not found.version.is_draft:
        raise Refused(PUBLISHED_STAYS)
    if found.version.version != version:
        raise Conflict
    newest = forms.newest_published(session)
    if newest is None:
        raise Refused(NO_FORM)
    return found.schema, newest.schema


def _step(session: ScopedSession, number: int, version: int, **values: Any) -> None:
    """The conditional update: only a draft that nobody changed meanwhile. Raises NotFound, Refused (published), Conflict."""
    update_as_seen(
        session, FormVersion, FormVersion.number == number, version, states=("draft",), closed=PUBLISHED_STAYS, **values
    )


def change_draft(
    session: ScopedSession, actor: Actor, *, number: int, version: int, edit: Edit, what: str, key: str
) -> FormSchema:
    """Do one `edit` (of core.admissions.form.editing) to the draft, if it is still at `version`; the form as it is then.

    `what` and `key` are for the audit trail: `question.add`, the question's key. Raises Forbidden, NotFound, Conflict,
    Refused for a published version, and what the edit raises (Invalid, Refused, NotFound).
    """
    _allowed(actor)
    with transaction(session):
        schema, published = _draft(session, number, version)
        after = edit(schema, Known(forms.taken(session), published))
        _step(session, number, version, content=after.model_dump(mode="json"), sha256=after.sha256())
        _told(session, actor, "edit", number, what=what, key=key, sha256=after.sha256())
    return after


def discard(session: ScopedSession, actor: Actor, *, number: int, version: int) -> None:
    """Throw a draft away: nobody has answered it. Raises Forbidden, NotFound, Conflict and Refused (published)."""
    _allowed(actor)
    with transaction(session):
        _draft(session, number, version)
        done: Any = session.execute(
            sa.delete(FormVersion).where(
                FormVersion.number == number, FormVersion.state == "draft", FormVersion.version == version
            )
        )
        if done.rowcount != 1:
            raise Conflict
        _told(session, actor, "discard", number)


def publish(
    session: ScopedSession, actor: Actor, *, number: int, version: int, change: Change, note: str
) -> form_moves.Moved:
    """Publish the draft as `change`; what moved to it. Needs a session of the whole platform, for drafts of every partner.

    Raises Forbidden, NotFound, Conflict, Invalid (`change` milder than what was done; an empty note), and Refused for a
    version that is published, in which nothing changed, or that lacks words in a language.
    """
    _allowed(actor)
    if not note.strip():
        raise Invalid({"note": N_("Say what changes, for whoever looks at this later")})
    with transaction(session):
        schema, published = _draft(session, number, version)
        if schema.sha256() == published.sha256():
            raise Refused(N_("Nothing differs from the published version."))
        if missing := schema.untranslated():
            raise Refused(N_("Words are missing in one of the languages: %(where)s."), where=", ".join(missing))
        if list(Change).index(change) < list(Change).index(least(published, schema)):
            raise Invalid({"change": MILDER})
        now = clock.now()
        _step(
            session, number, version, state="published", change=change.value, note=note.strip()[:500],
            sha256=schema.sha256(), published_by=actor.account_id, published_at=now,
        )  # fmt: skip
        _told(session, actor, "publish", number, why=note.strip(), change=change.value, sha256=schema.sha256())
        return form_moves.take_over(session, actor, number=number, change=change, why=note.strip())


def catch_up(session: ScopedSession, actor: Actor) -> form_moves.Moved:
    """Bring drafts to the newest version that began on an older one in the moment it was published. Platform session.

    Raises Forbidden, and Refused before the first form.
    """
    _allowed(actor)
    with transaction(session):
        newest = forms.newest_published(session)
        if newest is None:
            raise Refused(NO_FORM)
        change = Change(newest.version.change)
        return form_moves.take_over(session, actor, number=newest.version.number, change=change, why="catch up")


def retire(session: ScopedSession, actor: Actor, *, number: int, why: str) -> None:
    """Take a published version out of use. Needs a session of the whole platform.

    Raises Forbidden, NotFound, and Refused for the newest one, or while drafts or windows to come are on it.
    """
    _allowed(actor)
    with transaction(session):
        found, newest = forms.one(session, number), forms.newest_published(session)
        if newest is None or found.version.state != "published" or newest.version.number == number:
            raise Refused(N_("Only a published version that has a newer one can be retired."))
        use = forms.in_use(session).get(found.version.id)
        if use is not None and (use.drafts or use.windows):
            raise Refused(
                N_("This version is in use still: %(drafts)s drafts, %(windows)s windows."),
                drafts=use.drafts, windows=use.windows,
            )  # fmt: skip
        done: Any = session.execute(
            sa.update(FormVersion)
            .where(FormVersion.number == number, FormVersion.state == "published")
            .values(state="retired", version=FormVersion.version + 1)
        )
        if done.rowcount != 1:
            raise NotFound
        _told(session, actor, "retire", number, why=why)
