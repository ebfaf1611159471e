"""The addresses by which a calendar program reads without signing in: made, made anew, ended.

Such an address carries a token of 256 random bits and nothing about its owner. The database keeps the token's SHA-256, so the
address can be shown once only, and one that has got about is ended by making another.
"""

import sqlalchemy as sa

from core.data import audit, upserts
from core.data.idempotency import once
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Forbidden, Refused
from core.kernel.ids import new_id, new_token
from core.kernel.text import N_
from core.kernel.views import Actor
from core.people.models import AREA, CALENDAR_SCOPES, CalendarKey, Membership
from core.people.service.sign_ins import token_hash

MEMBERS_ONLY = "account.member"
"""What an address for the programme needs beyond being signed in; no role gives it."""


def make(session: ScopedSession, actor: Actor, scope: str, form_key: str) -> str | None:
    """Make the person's address for `scope` (one of CALENDAR_SCOPES), in place of any earlier one, which ends at once; its
    token. None when the same form came a second time: that token has been shown already and is not known any more.

    Raises Forbidden for nobody, and for the programme (`area`) for who is no member; ValueError for another scope.
    """
    if scope not in CALENDAR_SCOPES:
        raise ValueError(f"no calendar is read by {scope}")
    if actor.account_id is None:
        raise Forbidden(MEMBERS_ONLY)
    token = new_token()
    with transaction(session):
        key = once(session, form_key, f"calendar.{scope}:{actor.account_id}")
        if key.result is not None:
            return None
        member = _is_member(session, actor.account_id)
        if scope == AREA and not member:
            raise Forbidden(MEMBERS_ONLY, N_("The programme for members can be read by members of Q."))
        values = {"token_hash": token_hash(token), "as_member": member, "made_at": clock.now()}
        made = session.scalar(
            upserts.insert(session, CalendarKey)
            .values(id=new_id(), account_id=actor.account_id, scope=scope, **values)
            .on_conflict_do_update(index_elements=["account_id", "scope"], set_=values)
            .returning(CalendarKey.id)
        )
        key.keep(str(made))
        audit.record(session, actor=actor, action="calendar.make", subject=actor.account_id, after={"scope": scope})
    return token


def _is_member(session: ScopedSession, account_id: str) -> bool:
    open_ = Membership.left_on.is_(None) | (Membership.left_on > clock.today())
    return session.scalar(sa.select(sa.exists().where(Membership.account_id == account_id, open_))) or False


def end(session: ScopedSession, actor: Actor, scope: str) -> None:
    """End the person's address for `scope`. Raises Refused where there is none."""
    with transaction(session):
        gone = session.execute(
            sa.delete(CalendarKey)
            .where(CalendarKey.account_id == actor.account_id, CalendarKey.scope == scope)
            .returning(CalendarKey.id)
        ).one_or_none()
        if gone is None:
            raise Refused(N_("There is no such address any more."))
        audit.record(
            session, actor=actor, action="calendar.end", subject=str(actor.account_id), before={"scope": scope}
        )


def end_all_in(session: ScopedSession, account_id: str) -> None:
    """End every address of one person, in the caller's transaction: with the membership, and with the account."""
    session.execute(sa.delete(CalendarKey).where(CalendarKey.account_id == account_id))
