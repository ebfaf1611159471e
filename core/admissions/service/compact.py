"""The central team's work on the compact: one draft at a time, published whole, never changed again."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.admissions import compact, content
from core.admissions.compact import CompactText, Edit
from core.admissions.models import CompactVersion
from core.admissions.queries import compact as queries
from core.data import audit
from core.data.audit import UK
from core.data.conditional import update_as_seen
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, Refused
from core.kernel.ids import new_id
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.kernel.views import SYSTEM, Actor

PUBLISHED_STAYS = N_("This version is published. It never changes: begin a new draft.")
NONE_YET = N_("There is no compact yet. Publish the first one.")
LONGEST_NOTE = 500


def _allowed(actor: Actor) -> None:
    if not actor.can(Permission.ADMISSIONS_CONFIGURE):
        raise Forbidden(Permission.ADMISSIONS_CONFIGURE)


def _told(session: ScopedSession, actor: Actor, action: str, number: int, why: str = "", **after: Any) -> None:
    audit.record(
        session, actor=actor, action=f"compact.{action}", subject=f"compact:{number}", after=after, why=why, tenant_id=UK
    )  # fmt: skip


def _insert(session: ScopedSession, actor: Actor, text: CompactText, **values: Any) -> str | None:
    """A new version's id; None where another process made that number first."""
    row = {
        "id": new_id(), "number": text.version, "content": text.model_dump(mode="json"), "sha256": text.sha256(), "note": "",
        "asks_again": False, "version": 1, "created_by": actor.account_id, "created_at": clock.now(), "published_by": None,
        "published_at": None, **values,
    }  # fmt: skip
    try:
        with session.begin_nested():
            session.execute(sa.insert(CompactVersion), [row])
    except IntegrityError:
        return None
    return str(row["id"])


def ensure_first(session: ScopedSession, actor: Actor = SYSTEM) -> str:
    """Publish version 1, the compact that the platform comes with, where nothing is published yet; the newest version's id.

    It asks nobody anew: members who are there already accepted its like when they joined. Raises Forbidden, and Refused
    where there is a draft but nothing published.
    """
    _allowed(actor)
    with transaction(session):
        newest = queries.newest(session)
        if newest is not None:
            return newest.version.id
        first = compact.read(content.compact().model_dump(mode="json"))
        made = _insert(
            session, actor, first, state="published", published_by=actor.account_id, published_at=clock.now()
        )
        if made is None:
            newest = queries.newest(session)
            if newest is None:
                raise Refused(NONE_YET)
            return newest.version.id
        _told(session, actor, "publish", first.version, sha256=first.sha256(), asks_again=False)
        return made


def new_draft(session: ScopedSession, actor: Actor) -> int:
    """Begin a draft as a copy of the newest published version; its number, or that of the draft there is already.

    Raises Forbidden, and Refused where nothing is published yet.
    """
    _allowed(actor)
    with transaction(session):
        newest = queries.newest(session)
        if newest is None:
            raise Refused(NONE_YET)
        if (there := queries.draft_number(session)) is not None:
            return there
        number = newest.version.number + 1
        if _insert(session, actor, newest.text.model_copy(update={"version": number}), state="draft") is not None:
            _told(session, actor, "draft", number, copy_of=newest.version.number)
        return number  # where another process was quicker, theirs is the draft


def _draft(session: ScopedSession, number: int, version: int) -> CompactText:
    """A draft's text. Raises NotFound, Refused (published) and Conflict (another version than was looked at)."""
    found = queries.one(session, number)
    if not found.version.is_draft:
        raise Refused(PUBLISHED_STAYS)
    if found.version.version != version:
        raise Conflict
    return found.text


def _step(session: ScopedSession, number: int, version: int, **values: Any) -> None:
    """The conditional update: only a draft that nobody changed meanwhile. Raises NotFound, Refused (published), Conflict."""
    update_as_seen(
        session, CompactVersion, CompactVersion.number == number, version, states=("draft",), closed=PUBLISHED_STAYS, **values
    )  # fmt: skip


def change_draft(session: ScopedSession, actor: Actor, *, number: int, version: int, edit: Edit, what: str) -> None:
    """Do one `edit` (of core.admissions.compact) to the draft, if it is still at `version`. `what` is for the audit trail.

    Raises Forbidden, NotFound, Conflict, Refused for a published version, and what the edit raises.
    """
    _allowed(actor)
    with transaction(session):
        after = edit(_draft(session, number, version))
        _step(session, number, version, content=after.model_dump(mode="json"), sha256=after.sha256())
        _told(session, actor, "edit", number, what=what, sha256=after.sha256())


def discard(session: ScopedSession, actor: Actor, *, number: int, version: int) -> None:
    """Throw a draft away: nobody has accepted it. Raises Forbidden, NotFound, Conflict and Refused (published)."""
    _allowed(actor)
    with transaction(session):
        _draft(session, number, version)
        gone = session.execute(
            sa.delete(CompactVersion)
            .where(
                CompactVersion.number == number, CompactVersion.state == "draft", CompactVersion.version == version
            )
            .returning(CompactVersion.id)
        ).one_or_none()  # fmt: skip
        if gone is None:
            raise Conflict
        _told(session, actor, "discard", number)


def publish(session: ScopedSession, actor: Actor, *, number: int, version: int, note: str, asks_again: bool) -> None:
    """Publish the draft for good. From then on it is what people accept; with `asks_again` members are asked, too.

    Raises Forbidden, NotFound, Conflict, Invalid (no note), and Refused for a version that is published, in which nothing
    changed, or that lacks words.
    """
    _allowed(actor)
    note = note.strip()
    if not note or len(note) > LONGEST_NOTE:
        raise Invalid({"note": N_("Say what changes, in at most 500 characters")})
    with transaction(session):
        text, newest = _draft(session, number, version), queries.newest(session)
        if newest is not None and text.words_only() == newest.text.words_only():
            raise Refused(N_("Nothing differs from the published version."))
        compact.whole(text)
        _step(
            session, number, version, state="published", note=note, asks_again=asks_again, published_by=actor.account_id,
            published_at=clock.now(),
        )  # fmt: skip
        _told(session, actor, "publish", number, why=note, sha256=text.sha256(), asks_again=asks_again)
