"""Releasing a batch: all of it or nothing, letters as they were sealed, and what else ends or begins with it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.admissions.models import (
    Application,
    Assignment,
    Decision,
    DecisionLetter,
    MembershipOffer,
)
from core.admissions.queries import applying, queues
from core.admissions.queries import batches as reading
from core.admissions.service import batches, deciding, releasing, shelving, submitting
from core.admissions.service.deciding import Wish
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict as Changed
from core.kernel.errors import Refused
from core.kernel.ids import new_token
from core.kernel.views import Actor
from core.tenancy.models import ShelfItem
from core.work.models import Mail, OutboxItem
from tests.factories.assessing import (
    make_assessment,
    make_assessor,
    make_assignment,
)
from tests.integration.admissions.deciding_rig import SITE, Rig, post, quick_people
from tests.support.statements import Counter


@pytest.fixture
def rig(session_for: Callable[[str], ScopedSession]) -> Rig:
    return Rig(session_for("scotland"))


def test_batch_release_with_stale_count_aborts_with_no_mail(rig: Rig) -> None:
    """Acceptance test 9 of the anchors: another number, another version or an embargo, and nothing has happened."""
    ann, bob = rig.applicant("ann"), rig.applicant("bob", "decline")
    batch = rig.ready(ann, bob)

    def nothing_happened() -> None:
        assert rig.count(Mail) == rig.count(OutboxItem) == rig.count(DecisionLetter) == 0
        assert rig.count(MembershipOffer) == 0
        assert {rig.decision(one).state for one in (ann, bob)} == {"held"}
        assert rig.count(Application, Application.state == "submitted") == 2
        assert reading.one(rig.session, rig.lead.account_id, batch).state == "open"

    for stated in (0, 1, 3):
        with pytest.raises(Refused, match="Nothing was sent"):
            rig.release(batch, stated)
        nothing_happened()
    seen = reading.one(rig.session, rig.lead.account_id, batch).version
    batches.unhold(rig.session, rig.lead, batch, seen, [rig.decision(bob).id])
    with pytest.raises(Changed):
        releasing.release(rig.session, rig.lead, batch, seen, 2, site=SITE, post=post)
    batches.hold(rig.session, rig.lead, batch, seen + 1, [rig.decision(bob).id])
    nothing_happened()
    until = clock.now() + timedelta(hours=1)
    batches.change(rig.session, rig.lead, batch, seen + 2, name="First", embargo_until=until)
    with pytest.raises(Refused, match="embargo"):
        rig.release(batch, 2)
    nothing_happened()
    with clock.frozen(until):
        assert rig.release(batch, 2) == 2
    with pytest.raises(Refused, match="released or cancelled"):
        rig.release(batch, 2)
    assert rig.count(Mail) == 2


def test_a_withdrawn_application_stops_a_release(rig: Rig) -> None:
    ann, bob = rig.applicant("ann"), rig.applicant("bob")
    batch = rig.ready(ann, bob)
    account_id = rig.people["bob"]
    submitting.withdraw(rig.session, applying.mine(rig.session, bob, account_id), Actor(account_id, ""))
    with pytest.raises(Refused, match="withdrawn"):
        rig.release(batch, 2)
    assert rig.count(Mail) == 0
    found, _ = reading.entries(rig.session, rig.lead.account_id, batch)
    assert [one.stands for one in found if one.application_id == bob] == [False]
    batches.unhold(rig.session, rig.lead, batch, 2, [rig.decision(bob).id])
    assert rig.release(batch, 1) == 1


def test_a_released_decision_ends_what_assessors_still_have(rig: Rig) -> None:
    ann = rig.applicant("ann")
    people = quick_people(rig.session, ["zoe", "yan"])
    late = make_assignment(rig.session, ann, make_assessor(rig.session, people["zoe"]), "assessing")
    sealed = make_assignment(rig.session, ann, make_assessor(rig.session, people["yan"]), "assessing")
    make_assessment(rig.session, sealed)
    rig.released(ann)
    states = dict(rig.session.execute(sa.select(Assignment.id, Assignment.state)).all())
    assert states == {late: "expired", sealed: "sealed"}


def test_cards_say_that_there_is_a_decision_not_which(rig: Rig) -> None:
    ann, bob = rig.applicant("ann"), rig.applicant("bob", "decline")
    with transaction(rig.session):
        for one in ("ann", "bob"):
            shelving.show(rig.session, rig.people[one], {"ann": ann, "bob": bob}[one], "submitted")
    rig.released(ann, bob)
    shown = rig.session.scalars(sa.select(ShelfItem.status).where(ShelfItem.kind == "application"))
    assert set(shown) == {"There is a decision"}


def test_failed_letters_are_sent_again_as_sealed(rig: Rig) -> None:
    ann = rig.applicant("ann")
    batch = rig.ready(ann)
    rig.release(batch)
    assert releasing.resend(rig.session, rig.lead, batch, post=post) == 0
    with transaction(rig.session):
        rig.session.execute(
            sa.update(Mail).values(state="failed", last_error="550").execution_options(synchronize_session=False)
        )
    assert reading.delivery(rig.session, rig.lead.account_id, batch) == {"failed": 1}
    assert len(reading.entries(rig.session, rig.lead.account_id, batch, failed=True)[0]) == 1
    assert releasing.resend(rig.session, rig.lead, batch, post=post) == 1
    assert releasing.resend(rig.session, rig.lead, batch, post=post) == 0
    first, second = rig.session.scalars(sa.select(Mail).order_by(Mail.id)).all()
    assert (first.text, second.state) == (second.text, "queued")
    assert reading.delivery(rig.session, rig.lead.account_id, batch) == {"queued": 1}


def test_a_letter_that_was_corrected_since_is_not_sent_again(rig: Rig) -> None:
    ann = rig.applicant("ann", "decline")
    batch = rig.ready(ann)
    rig.release(batch)
    made = deciding.correct(
        rig.session, rig.lead, rig.window_id, ann, Wish("accept", "scores", "Mistyped."), new_token()
    )
    rig.moderate(made)
    rig.release(rig.held(made, name="Corrections"))
    with transaction(rig.session):
        rig.session.execute(sa.update(Mail).values(state="failed").execution_options(synchronize_session=False))
    assert releasing.resend(rig.session, rig.lead, batch, post=post) == 0, "it would decline somebody who is accepted"


def test_a_batch_of_nothing_that_one_may_see_waits_for_somebody_else(rig: Rig) -> None:
    hidden = rig.applicant("ann")
    rig.ready(hidden)
    assert queues.of_lead(rig.session, rig.other_lead.account_id, clock.now(), kind="release")[1] == 1
    rig.conflict(hidden, rig.other_lead.account_id)
    assert queues.of_lead(rig.session, rig.other_lead.account_id, clock.now())[1] == 0


def test_many_are_released_in_a_few_statements_each(rig: Rig, statements: Counter) -> None:
    """One statement each for decisions, applications, offers and cards; two for each person: the letter's mail and its job."""
    rig.people |= quick_people(rig.session, names := [f"p{number}" for number in range(60)])
    picks = {rig.applicant(name): "accept" for name in names}
    assert deciding.sign_many(rig.session, rig.lead, rig.window_id, picks, new_token()) == 60
    rig.moderate(*(row[0] for row in rig.session.execute(sa.select(Decision.id))))
    batch = rig.held(*(row[0] for row in rig.session.execute(sa.select(Decision.id))))
    with statements() as seen:
        assert rig.release(batch, 60) == 60
    assert len(seen) <= 60 * 2 + 25
