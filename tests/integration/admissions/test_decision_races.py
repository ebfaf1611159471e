"""Two who do the same thing at the same moment, each with a connection of their own: it happens once."""

from collections.abc import Callable
from functools import partial
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.models import Application, Decision, DecisionLetter, MembershipOffer, ReleaseBatch
from core.admissions.queries import batches as reading
from core.admissions.service import deciding, moderating, offers, releasing
from core.admissions.service.deciding import Wish
from core.data.audit import verify
from core.data.session import ScopedSession, transaction
from core.kernel.errors import Refused
from core.kernel.ids import new_token
from core.kernel.views import Actor, TenantRef
from core.work.models import Mail
from tests.factories.joining import make_compact
from tests.integration.admissions.deciding_rig import SITE, Rig, post
from tests.support.racing import at_once

AT_ONCE = 4
SCOTLAND = TenantRef(2, "scotland", "Scotland", "nation")


@pytest.fixture
def rig(session_for: Callable[[str], ScopedSession]) -> Rig:
    return Rig(session_for("scotland"))


def _race(app: Flask, rig: Rig, action: Callable[[ScopedSession, int], object], callers: int = AT_ONCE) -> list[object]:
    """What the action gave to each of several callers at the rig's tenant."""
    rig.session.rollback()
    assert rig.session.scope.tenant_id is not None
    return at_once(app, rig.session.scope.tenant_id, action, callers)


def _count(rig: Rig, model: type) -> int:
    rig.session.rollback()
    return rig.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_a_batch_released_at_once_goes_out_once(app: Flask, rig: Rig) -> None:
    batch = rig.ready(rig.applicant("ann"), rig.applicant("bob", "decline"))
    seen = reading.one(rig.session, rig.lead.account_id, batch)
    found = _race(
        app, rig, lambda s, _: releasing.release(s, rig.lead, seen.id, seen.version, seen.size, site=SITE, post=post)
    )
    assert found.count(2) == 1
    assert (_count(rig, Mail), _count(rig, DecisionLetter), _count(rig, MembershipOffer)) == (2, 4, 1)
    assert verify(rig.session).ok


def test_without_the_conditional_update_it_goes_out_more_than_once(app: Flask, rig: Rig) -> None:
    """The negative control: who looks first and writes then sends as many letters as there are callers."""
    batch = rig.ready(rig.applicant("ann"))
    looked = Barrier(AT_ONCE)

    def careless(session: ScopedSession, _: int) -> int:
        state = session.scalar(sa.select(ReleaseBatch.state).where(ReleaseBatch.id == batch))
        found = reading.letter_facts(session, None, batch)
        session.rollback()
        looked.wait()
        if state != "open":
            return 0
        with transaction(session):
            for one in found:
                post(session, releasing.outgoing(one, "subject", ["text"]))
        return len(found)

    assert _race(app, rig, careless).count(1) == AT_ONCE
    assert _count(rig, Mail) == AT_ONCE


def test_a_decision_moderated_at_once_is_moderated_once(app: Flask, rig: Rig) -> None:
    decision = rig.sign(rig.applicant("ann"))
    people = [rig.central, rig.second]
    found = _race(app, rig, lambda s, n: moderating.moderate(s, people[n % 2], {decision: 1}))
    assert found.count(1) == 1


def test_moderated_and_returned_at_once_is_one_of_them(app: Flask, rig: Rig) -> None:
    decision = rig.sign(rig.applicant("ann"))

    def act(session: ScopedSession, number: int) -> object:
        if number % 2:
            return moderating.moderate(session, rig.central, {decision: 1})
        moderating.send_back(session, rig.second, decision, 1, "why")
        return 1

    assert _race(app, rig, act).count(1) == 1


def test_an_application_signed_at_once_has_one_decision(app: Flask, rig: Rig) -> None:
    ann = rig.applicant("ann")
    found = _race(
        app, rig, lambda s, _: deciding.sign(s, rig.lead, rig.window_id, ann, Wish("accept"), new_token())
    )  # fmt: skip
    assert sum(isinstance(one, str) for one in found) == 1
    assert _count(rig, Decision) == 1


def test_of_an_offer_accepted_and_taken_back_at_once_one_holds(app: Flask, rig: Rig) -> None:
    """Nobody is a member whose application is declined, whoever comes first."""
    compact_id = make_compact(rig.session)
    for number in range(5):
        ann = rig.applicant(f"ann{number}")
        rig.released(ann)
        wish = Wish("decline", "scores", "Typed wrongly.")
        made = deciding.correct(rig.session, rig.lead, rig.window_id, ann, wish, new_token())
        rig.moderate(made)
        batch = rig.held(made, name=f"Corrections {number}")
        seen = reading.one(rig.session, rig.lead.account_id, batch)
        found = _race(app, rig, partial(_join_or_decline, rig, f"ann{number}", ann, seen, compact_id), 2)
        assert found.count(Refused) == 1, found
        state, offer = rig.session.execute(
            sa.select(Application.state, MembershipOffer.state)
            .join(MembershipOffer, MembershipOffer.application_id == Application.id)
            .where(Application.id == ann)
        ).one()
        assert (state, offer) in {("accepted", "joined"), ("declined", "lapsed")}


def _join_or_decline(
    rig: Rig, name: str, application: str, batch: reading.Batch, compact_id: str, session: ScopedSession, number: int
) -> None:
    if number:
        releasing.release(session, rig.lead, batch.id, batch.version, batch.size, site=SITE, post=post)
    else:
        offers.accept(
            session, Actor(rig.people[name], ""), application_id=application, home=SCOTLAND, shown=compact_id,
            post=lambda *_: None,
        )  # fmt: skip


def test_letters_sent_again_at_once_are_sent_once(app: Flask, rig: Rig) -> None:
    batch = rig.ready(rig.applicant("ann"))
    rig.release(batch)
    with transaction(rig.session):
        rig.session.execute(sa.update(Mail).values(state="failed").execution_options(synchronize_session=False))
    found = _race(app, rig, lambda s, _: releasing.resend(s, rig.lead, batch, post=post))
    assert sorted(str(one) for one in found) == ["0"] * (AT_ONCE - 1) + ["1"]
    assert _count(rig, Mail) == 2
