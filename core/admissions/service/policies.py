"""The national policy: versions that are published whole and never changed again."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.admissions.models import PolicyVersion
from core.admissions.queries import policies
from core.admissions.queries.policies import Published
from core.admissions.rules import NationalPolicy, canonical, sha256
from core.data import audit
from core.data.audit import UK
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, Refused
from core.kernel.ids import new_id
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.kernel.views import SYSTEM, Actor

LONGEST_NOTE = 500
NO_POLICY = N_("There is no national policy yet. Take in the first one.")


def _allowed(actor: Actor) -> None:
    if not actor.can(Permission.ADMISSIONS_CONFIGURE):
        raise Forbidden(Permission.ADMISSIONS_CONFIGURE)


def _insert(session: ScopedSession, actor: Actor, policy: NationalPolicy, number: int, note: str) -> bool:
    """Add version `number` in the caller's transaction; whether nobody else was quicker."""
    row: dict[str, Any] = {
        "id": new_id(), "number": number, "content": policy.model_dump(mode="json"), "sha256": sha256(canonical(policy)),
        "note": note, "published_by": actor.account_id, "published_at": clock.now(),
    }  # fmt: skip
    try:
        with session.begin_nested():
            session.execute(sa.insert(PolicyVersion), [row])
    except IntegrityError:
        return False
    audit.record(
        session, actor=actor, action="policy.publish", subject=f"policy:{number}", after={"sha256": row["sha256"]}, why=note,
        tenant_id=UK,
    )  # fmt: skip
    return True


def newest_in(session: ScopedSession, actor: Actor) -> Published:
    """The newest version, in the caller's transaction: where there is none yet, the one that the platform comes with."""
    found = policies.newest(session)
    if found is None:
        _insert(session, actor, NationalPolicy(), 1, "")
        found = policies.newest(session)
    if found is None:
        raise Refused(NO_POLICY)
    return found


def ensure_first(session: ScopedSession, actor: Actor = SYSTEM) -> str:
    """Publish version 1, the one that the platform comes with, where there is none; the id of the newest. Raises Forbidden."""
    _allowed(actor)
    with transaction(session):
        return newest_in(session, actor).id


def publish(session: ScopedSession, actor: Actor, *, after: int, policy: NationalPolicy, note: str) -> int:
    """Publish `policy` as the version that follows number `after`; its number. Windows keep the version that they pin.

    Its own `version` is set to that number. Raises Forbidden, Invalid (no note), Conflict when `after` is not the newest any
    more, and Refused where nothing differs or nothing is published yet.
    """
    _allowed(actor)
    note = note.strip()
    if not note or len(note) > LONGEST_NOTE:
        raise Invalid({"note": N_("Say why, in at most 500 characters")})
    with transaction(session):
        newest = policies.newest(session)
        if newest is None:
            raise Refused(NO_POLICY)
        number = after + 1
        wanted = policy.model_copy(update={"version": str(number)})
        if newest.number != after:
            raise Conflict
        if wanted == newest.policy.model_copy(update={"version": str(number)}):
            raise Refused(N_("Nothing differs from the newest version."))
        if not _insert(session, actor, wanted, number, note):
            raise Conflict
    return number
