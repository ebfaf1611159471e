"""Offers of membership: what an accepted application leads to, once its decision is released.

An offer is accepted together with the compact, refused, or lapses with notice; a partner's lead can renew one that lapsed.
There is no limit to how many stand or are accepted. An offer has no card of its own among My items: the application's
says that there is a decision, the same words whichever it is, and leads to the offer.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.models import Application, MembershipOffer
from core.admissions.queries import compact
from core.admissions.queries.sight import clear_of
from core.admissions.service.accepting import CHANGED, accept_in
from core.admissions.states import ACCEPTED, JOINED, LAPSED, OFFER, OFFERED, REFUSED
from core.data import audit
from core.data.locks import hold_in_order
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import is_id, new_id
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.kernel.views import SYSTEM, Actor, TenantRef
from core.people.models import Account, Cohort
from core.people.service.membership import join_in

STANDS_FOR = timedelta(days=60)
"""How long an offer stands. The source names no time; two months leave room for leave and for asking an employer."""
REMINDED_BEFORE = timedelta(days=7)
LEAST_NOTICE = timedelta(days=3)
"""Between the reminder and the end there are at least three days, also when the reminder is late: the end waits for it."""
LONGEST_RENEWAL = timedelta(days=183)
LONGEST_WHY = 500
GONE = N_("This offer does not stand any more.")
CORRECTED = N_("The decision was corrected: this application is not accepted any more.")
NOT_LAPSED = N_("Only an offer that has lapsed can be renewed.")


class Person(NamedTuple):
    """Somebody to write to about their offer; `at` (UTC) is when it lapses or lapsed."""

    account_id: str
    email: str
    locale: str
    application_id: str
    at: datetime


Post = Callable[[ScopedSession, Person], None]
"""Writes a letter in the transaction of the step that it tells of."""


def offer_in(session: ScopedSession, *, accounts: Mapping[str, str], at: datetime) -> list[str]:
    """Offer membership for accepted applications ({application: account}) from `at` (UTC) on, in the caller's transaction and
    in two statements for any number; the offers' ids.

    For the transaction that releases decisions: an offer tells the outcome, so there is none before.
    """
    lapses_at = at + STANDS_FOR
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(), "tenant_id": session.scope.tenant_id, "application_id": application_id, "account_id": account_id,
            "state": OFFERED, "offered_at": at, "lapses_at": lapses_at, "reminded_at": None, "ended_at": None, "state_why": "",
            "version": 1,
        }
        for application_id, account_id in accounts.items()
    ]  # fmt: skip
    if rows:
        session.execute(sa.insert(MembershipOffer), rows)
    return [row["id"] for row in rows]


def take_back_in(session: ScopedSession, *, application_ids: Collection[str], at: datetime) -> None:
    """End the offers that stand of applications whose acceptance is corrected, in the caller's transaction.

    Whoever joined stays a member: the caller asks for those afterwards, since a person may accept in this very moment.
    """
    hold_in_order(session, MembershipOffer, MembershipOffer.application_id.in_(application_ids))
    session.execute(
        sa.update(MembershipOffer)
        .where(MembershipOffer.application_id.in_(application_ids), MembershipOffer.state.in_(OFFER.sources("take_back")))
        .values(state=OFFER.target("take_back", OFFERED), ended_at=at, version=MembershipOffer.version + 1)
    )  # fmt: skip


def offer_again_in(session: ScopedSession, *, application_ids: Collection[str], at: datetime) -> None:
    """Make the offers that lapsed of applications that were declined and are accepted after all anew, from `at` (UTC) on, in
    the caller's transaction. There is one offer for an application; one that the person turned down stays down."""
    lapses_at = at + STANDS_FOR
    session.execute(
        sa.update(MembershipOffer)
        .where(MembershipOffer.application_id.in_(application_ids), MembershipOffer.state.in_(OFFER.sources("offer_again")))
        .values(
            state=OFFER.target("offer_again", LAPSED), offered_at=at, lapses_at=lapses_at, reminded_at=None, ended_at=None,
            state_why="", version=MembershipOffer.version + 1,
        )
    )  # fmt: skip


def _stands() -> sa.ColumnElement[bool]:
    """The condition that the offer's application is accepted still: a late correction takes the ground from an offer."""
    return sa.exists().where(
        Application.tenant_id == MembershipOffer.tenant_id, Application.id == MembershipOffer.application_id,
        Application.state == ACCEPTED,
    )  # fmt: skip


def _end(session: ScopedSession, event: str, now: datetime, *where: sa.ColumnElement[bool]) -> Any:
    """The conditional update that ends an offer; its row, or None where it matched nothing."""
    return session.execute(
        sa.update(MembershipOffer)
        .where(MembershipOffer.state.in_(OFFER.sources(event)), *where)
        .values(state=OFFER.target(event, OFFERED), ended_at=now, version=MembershipOffer.version + 1)
        .returning(MembershipOffer.id, MembershipOffer.account_id, MembershipOffer.application_id, MembershipOffer.lapses_at)
    ).one_or_none()  # fmt: skip


def _mine(application_id: str, actor: Actor) -> tuple[sa.ColumnElement[bool], ...]:
    return MembershipOffer.application_id == application_id, MembershipOffer.account_id == actor.account_id


def _why_not(session: ScopedSession, application_id: str, actor: Actor) -> NotFound | Refused:
    """Why an offer could not be answered: there is none of this person's, or it does not stand."""
    there = session.scalar(sa.select(MembershipOffer.id).where(*_mine(application_id, actor)))
    return NotFound() if there is None else Refused(GONE)


def _closed(session: ScopedSession, actor: Actor, ended: Any, event: str, state: str, **after: Any) -> None:
    audit.record(
        session, actor=actor, action=f"offer.{event}", subject=ended.application_id, before={"state": OFFERED},
        after={"state": state, **after},
    )  # fmt: skip


def accept(
    session: ScopedSession, actor: Actor, *, application_id: str, home: TenantRef, shown: str, post: Post
) -> None:
    """Accept one's offer and with it the compact: from today one is a member, with `home` as home tenant.

    `shown` is the id of the compact's version that the person read. Until the clock has written that an offer lapsed it can
    be accepted: nobody is turned away by a minute. Raises NotFound, Conflict (`shown` is not the newest version), Refused
    (the offer does not stand; a member already).
    """
    now = clock.now()
    with transaction(session):
        ended = _end(session, "join", now, *_mine(application_id, actor), compact.is_newest(shown), _stands())
        if ended is None:
            if session.scalar(sa.select(compact.is_newest(shown))) is not True:
                raise Conflict(CHANGED)
            raise _why_not(session, application_id, actor)
        accept_in(session, ended.account_id, shown, now)
        join_in(
            session, actor, account_id=ended.account_id, home=home, cohort=Cohort.LATER, since=clock.london(now).date(),
            why="offer accepted",
        )  # fmt: skip
        _closed(session, actor, ended, "join", JOINED, compact=shown)
        person = session.execute(sa.select(Account.email, Account.locale).where(Account.id == ended.account_id)).one()
        post(session, Person(ended.account_id, person.email, person.locale, application_id, now))


def refuse(session: ScopedSession, actor: Actor, *, application_id: str) -> None:
    """Say no to one's offer. Raises NotFound, Refused (it does not stand any more)."""
    with transaction(session):
        ended = _end(session, "refuse", clock.now(), *_mine(application_id, actor))
        if ended is None:
            raise _why_not(session, application_id, actor)
        _closed(session, actor, ended, "refuse", REFUSED)


def remind(session: ScopedSession, at: datetime, post: Post) -> int:
    """Write once to everybody whose offer lapses within a week; how many letters. For the session's tenant.

    Due is whoever was not written to yet, whenever this runs. Where little time is left, or none, the end moves: there are
    three days after each reminder.
    """
    least = at + LEAST_NOTICE
    due = (
        MembershipOffer.state == OFFERED, MembershipOffer.reminded_at.is_(None),
        MembershipOffer.lapses_at <= at + REMINDED_BEFORE, _stands(),
    )  # fmt: skip
    if session.scalar(sa.select(MembershipOffer.id).where(*due).limit(1)) is None:
        return 0
    with transaction(session):
        hold_in_order(session, MembershipOffer, *due)
        claimed = session.execute(
            sa.update(MembershipOffer)
            .where(*due)
            .values(
                reminded_at=at, version=MembershipOffer.version + 1,
                lapses_at=sa.case((MembershipOffer.lapses_at < least, least), else_=MembershipOffer.lapses_at),
            )
            .returning(MembershipOffer.id, MembershipOffer.account_id, MembershipOffer.application_id, MembershipOffer.lapses_at)
        ).all()  # fmt: skip
        people = _reachable(session, [row.account_id for row in claimed])
        written = 0
        for row in claimed:
            if (person := people.get(row.account_id)) is not None:
                post(session, Person(row.account_id, person.email, person.locale, row.application_id, row.lapses_at))
                written += 1
    return written


def _reachable(session: ScopedSession, account_ids: list[str]) -> dict[str, Any]:
    """Addresses and languages, by account, of those whose accounts are open."""
    if not account_ids:
        return {}
    query = sa.select(Account.id, Account.email, Account.locale)
    return {
        row.id: row for row in session.execute(query.where(Account.id.in_(account_ids), Account.disabled_at.is_(None)))
    }


def lapse(session: ScopedSession, at: datetime, post: Post) -> int:
    """End the offers whose time is over and whose people were given notice; how many. For the session's tenant.

    Each in a transaction of its own: who held several offers and then waited for the trail would wait in a circle with
    somebody who accepts one of them.
    """
    over = (
        MembershipOffer.state == OFFERED, MembershipOffer.lapses_at < at, MembershipOffer.reminded_at.is_not(None), _stands(),
    )  # fmt: skip
    due = session.execute(sa.select(MembershipOffer.id, MembershipOffer.account_id).where(*over)).all()
    people = _reachable(session, [row.account_id for row in due])
    session.rollback()
    return sum(
        _lapse_one(session, at, post, people.get(row.account_id), MembershipOffer.id == row.id, *over) for row in due
    )


def _lapse_one(session: ScopedSession, at: datetime, post: Post, person: Any, *where: sa.ColumnElement[bool]) -> bool:
    """Whether the offer was ended: it may be accepted in the meantime, or ended by another worker."""
    with transaction(session):
        ended = _end(session, "lapse", at, *where)
        if ended is None:
            return False
        _closed(session, SYSTEM, ended, "lapse", LAPSED)
        if person is not None:
            told = Person(ended.account_id, person.email, person.locale, ended.application_id, ended.lapses_at)
            post(session, told)
    return True


def renew(
    session: ScopedSession, actor: Actor, *, offer_id: str, version: int, until: datetime, why: str, post: Post
) -> None:
    """Let a lapsed offer stand again until `until` (UTC), for a stated reason; the person gets a letter.

    Raises Forbidden, NotFound (also where the actor may not see the application), Invalid (`until`, `why`), Conflict, and
    Refused for an offer that has not lapsed or an application that is not accepted any more.
    """
    if not actor.can(Permission.TENANT_ADMISSIONS_MANAGE):
        raise Forbidden(Permission.TENANT_ADMISSIONS_MANAGE)
    now, why = clock.now(), why.strip()
    wrong: dict[str, str] = {}
    if not now + LEAST_NOTICE <= until <= now + LONGEST_RENEWAL:
        wrong["until"] = N_("Choose a day that is at least three days and at most six months away")
    if not why or len(why) > LONGEST_WHY:
        wrong["why"] = N_("Say why, in at most 500 characters")
    if wrong:
        raise Invalid(wrong)
    if not is_id(offer_id):
        raise NotFound
    mine = (MembershipOffer.id == offer_id, clear_of(actor.account_id, MembershipOffer.application_id))
    with transaction(session):
        row = session.execute(
            sa.update(MembershipOffer)
            .where(*mine, MembershipOffer.state.in_(OFFER.sources("renew")), MembershipOffer.version == version, _stands())
            .values(
                state=OFFERED, lapses_at=until, reminded_at=now if until <= now + REMINDED_BEFORE else None, ended_at=None, state_why=why,
                version=MembershipOffer.version + 1,
            )
            .returning(MembershipOffer.account_id, MembershipOffer.application_id)
        ).one_or_none()  # fmt: skip
        if row is None:
            raise _why_not_renewed(session, version, *mine)
        audit.record(
            session, actor=actor, action="offer.renew", subject=row.application_id, before={"state": LAPSED},
            after={"state": OFFERED, "lapses_at": until.isoformat()}, why=why,
        )  # fmt: skip
        if (person := _reachable(session, [row.account_id]).get(row.account_id)) is not None:
            post(session, Person(row.account_id, person.email, person.locale, row.application_id, until))


def _why_not_renewed(
    session: ScopedSession, version: int, *mine: sa.ColumnElement[bool]
) -> NotFound | Conflict | Refused:
    """Why an offer could not be renewed: it is not there, its application is not accepted, it has not lapsed, or is another
    version."""
    there = session.execute(
        sa.select(MembershipOffer.state, MembershipOffer.version, _stands().label("stands")).where(*mine)
    ).one_or_none()
    if there is None:
        return NotFound()
    if not there.stands:
        return Refused(CORRECTED)
    return Conflict() if there.state == LAPSED and there.version != version else Refused(NOT_LAPSED)
