"""What joining leaves of a person: offers of membership, and equality answers.

Equality answers carry no name: the person's own are found by working out the links of their applications, with the
platform's key, which the services are handed from here.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from flask import current_app

from core.admissions import content
from core.admissions.content.shapes import EqualityQuestion
from core.admissions.models import Application, MembershipOffer
from core.admissions.queries import equality
from core.admissions.service.equality import forget_in
from core.admissions.states import OFFERED, REFUSED
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.text import N_
from core.people.personal.registry import Part, contribute
from core.people.personal.rows import change, listed, rows


def _keys() -> dict[str, str]:
    config = current_app.config["Q"]
    return {"secret_key": config.secret_key, "before": config.secret_key_before}


_APPLICATIONS = (
    sa.select(Application.id)
    .where(Application.account_id == sa.bindparam("account"))
    .order_by(Application.created_at)
)  # fmt: skip


def _applications(session: ScopedSession, account_id: str) -> list[str]:
    return list(session.scalars(_APPLICATIONS, {"account": account_id}))


def _label(question: EqualityQuestion, category: str) -> str:
    """A category in words; its key, should no nation have it any more."""
    known = {one.key: one.label.en for nation in question.sets for one in nation.categories()}
    return known.get(category, category)


def export(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """Offers of membership at one site, and the equality answers of one's applications there, in words."""
    offers = (
        sa.select(
            MembershipOffer.state, MembershipOffer.offered_at, MembershipOffer.lapses_at, MembershipOffer.ended_at,
            MembershipOffer.state_why.label("reason"),
        )
        .where(MembershipOffer.account_id == account_id)
        .order_by(MembershipOffer.offered_at)
    )  # fmt: skip
    yield from listed(N_("Offers of membership"), rows(session, offers))
    answered = []
    for one in _applications(session, account_id):
        given = equality.given(session, application_id=one, **_keys())
        answered += [
            {"question": question.label.en, "answer": _label(question, given[question.key])}
            for question in content.equality().questions
            if question.key in given
        ]
    yield from listed(N_("Answers to equality questions"), answered)


def erase(session: ScopedSession, account_id: str) -> int:
    """Delete the equality answers; end an offer that stands, and leave of offers that there was one."""
    count = forget_in(session, application_ids=_applications(session, account_id), **_keys())
    stands = MembershipOffer.state == OFFERED
    ended = (
        sa.update(MembershipOffer)
        .where(MembershipOffer.account_id == account_id)
        .values(
            state=sa.case((stands, REFUSED), else_=MembershipOffer.state), state_why="",
            ended_at=sa.case((stands, clock.now()), else_=MembershipOffer.ended_at), version=MembershipOffer.version + 1,
        )
    )  # fmt: skip
    return count + change(session, ended)


contribute(
    Part(
        "admissions_joining", (MembershipOffer.__tablename__, "admissions_equality_response"), export, erase,
        N_("That membership was offered and what became of it, without a name: partners report how many joined."),
        per_tenant=True,
        about=lambda who: [
            sa.select(MembershipOffer.id).where(MembershipOffer.account_id == who),
            sa.select(Application.id).where(Application.account_id == who),
        ],
    )
)  # fmt: skip
