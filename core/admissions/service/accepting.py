"""Accepting the compact, by somebody who joins or by a member who is asked anew; saying that one does not; the one letter."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from core.admissions.models import CompactAcceptance, CompactNotice, CompactRefusal, CompactVersion
from core.admissions.queries import compact as queries
from core.data import audit, upserts
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, Refused
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.kernel.text import N_
from core.kernel.views import Actor
from core.people.models import Account, Affiliation, Membership

CHANGED = N_("The compact was changed while you were reading. This is the newest version: read it, then accept it.")
LONGEST_WORDS = 1000


def accept_in(session: ScopedSession, account_id: str, version_id: str, at: datetime) -> bool:
    """Write down, in the caller's transaction, that somebody accepted the newest version; False if they had already.

    Raises Conflict where `version_id` is not the newest: nobody accepts what they were not shown.
    """
    if session.scalar(sa.select(queries.is_newest(version_id))) is not True:
        raise Conflict(CHANGED)
    row = {"id": new_id(), "account_id": account_id, "compact_version_id": version_id, "at": at}
    made = (
        upserts.insert(session, CompactAcceptance).values(row).on_conflict_do_nothing().returning(CompactAcceptance.id)
    )
    return session.execute(made).one_or_none() is not None


def _of_a_member(actor: Actor) -> str:
    if actor.account_id is None or Role.MEMBER not in actor.roles:
        raise Forbidden("member", N_("Members accept the compact. It is accepted when you join."))
    return actor.account_id


def accept(session: ScopedSession, actor: Actor, version_id: str) -> None:
    """A member accepts the newest version. Said twice it is the same. Raises Forbidden (no member) and Conflict (`version_id`,
    the one that was shown, is not the newest)."""
    account_id = _of_a_member(actor)
    with transaction(session):
        if accept_in(session, account_id, version_id, clock.now()):
            audit.record(
                session, actor=actor, action="compact.accept", subject=account_id, after={"version": version_id}
            )


def refuse(session: ScopedSession, actor: Actor, version_id: str, words: str) -> None:
    """A member does not accept the newest version, and may say why; the words can be said anew. The membership stays: the
    central team reads it and talks to the person.

    Raises Forbidden (no member), Invalid (too many words), Conflict (not the newest), Refused (accepted already).
    """
    account_id, words = _of_a_member(actor), words.strip()
    if len(words) > LONGEST_WORDS:
        raise Invalid({"words": N_("At most 1,000 characters")})
    with transaction(session):
        if session.scalar(sa.select(queries.is_newest(version_id))) is not True:
            raise Conflict(CHANGED)
        accepted = sa.select(CompactAcceptance.id).where(
            CompactAcceptance.account_id == account_id, CompactAcceptance.compact_version_id == version_id
        )
        if session.scalar(accepted) is not None:
            raise Refused(N_("You have accepted this version. If you want to leave Q, write to us."))
        values = {"words": words, "at": clock.now()}
        row = {"id": new_id(), "account_id": account_id, "compact_version_id": version_id, **values}
        said = (
            upserts.insert(session, CompactRefusal)
            .values(row)
            .on_conflict_do_update(
                index_elements=["account_id", "compact_version_id"], set_=values, where=CompactRefusal.words != words
            )
            .returning(CompactRefusal.id)
        )
        if session.execute(said).one_or_none() is not None:  # else the same was said before
            audit.record(
                session, actor=actor, action="compact.refuse", subject=account_id, after={"version": version_id}
            )


class Changed(NamedTuple):
    """A member to write to about a version that asks anew."""

    account_id: str
    email: str
    locale: str


def tell_members(session: ScopedSession, at: datetime, post: Callable[[ScopedSession, Changed], None]) -> int:
    """Write to each member whose home is the session's tenant and who is asked to accept a newer version, once for a version;
    how many letters. Due is whoever was not written to yet, whenever this runs."""
    version_id = session.scalar(sa.select(CompactVersion.id).where(CompactVersion.number == queries.ASKED))
    if version_id is None:
        return 0
    told = sa.exists().where(CompactNotice.account_id == Account.id, CompactNotice.compact_version_id == version_id)
    said_no = sa.exists().where(
        CompactRefusal.account_id == Account.id, CompactRefusal.compact_version_id == version_id
    )
    due = (
        sa.select(Account.id, Account.email, Account.locale)
        .join(Affiliation, (Affiliation.account_id == Account.id) & Affiliation.ends_on.is_(None))
        .join(Membership, Membership.account_id == Account.id)
        .where(
            Affiliation.home_tenant_id == session.scope.tenant_id, queries.is_member(), Account.disabled_at.is_(None),
            ~queries.has_accepted(Account.id), ~told, ~said_no,
        )
    )  # fmt: skip
    people = {row.id: Changed(*row) for row in session.execute(due)}
    if not people:
        return 0
    rows = [{"id": new_id(), "account_id": one, "compact_version_id": version_id, "at": at} for one in sorted(people)]
    with transaction(session):
        claimed = session.scalars(
            upserts.insert(session, CompactNotice)
            .values(rows)
            .on_conflict_do_nothing()
            .returning(CompactNotice.account_id)
        ).all()
        for account_id in claimed:  # another worker has written to those that were there already
            post(session, people[account_id])
    return len(claimed)
