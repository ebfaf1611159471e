"""Decisions: signed by the partner, moderated by somebody else, held in a batch, released as one or not at all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.admissions.models import (
    Application,
    Assignment,
    Conflict,
    Decision,
    DecisionLetter,
    MembershipOffer,
    ReleaseBatch,
)
from core.admissions.queries import applying, moderation
from core.admissions.queries import batches as reading
from core.admissions.queries import deciding as candidates
from core.admissions.service import batches, deciding, moderating, offers, releasing, shelving, submitting
from core.admissions.service.deciding import Wish
from core.admissions.service.offers import STANDS_FOR
from core.data.audit import verify
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict as Changed
from core.kernel.errors import Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import new_id, new_token
from core.kernel.views import Actor
from core.tenancy.models import ShelfItem
from core.work.models import Mail, OutboxItem
from tests.factories.assessing import (
    make_assessment,
    make_assessor,
    make_assignment,
    make_decision,
    make_panel,
    make_proposal,
)
from tests.integration.admissions.deciding_rig import SITE, Rig, post, quick_people
from tests.support.app_fixtures import FrozenClock
from tests.support.statements import Counter

SHARED_COMMENT = {"experience": {"en": "Tell us more of the ward.", "cy": "Dywedwch fwy am y ward."}}


@pytest.fixture
def rig(session_for: Callable[[str], ScopedSession]) -> Rig:
    return Rig(session_for("scotland"))


def _count(session: ScopedSession, model: type, *where: sa.ColumnElement[bool]) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0


def _conflict(rig: Rig, application: str, account_id: str | None) -> None:
    row = {
        "id": new_id(), "tenant_id": rig.session.scope.tenant_id, "application_id": application, "account_id": account_id,
        "source": "declared", "kind": "employer", "why": "", "by": None, "at": clock.now(), "ended_at": None,
        "ended_by": None, "end_why": "",
    }  # fmt: skip
    with transaction(rig.session):
        rig.session.execute(sa.insert(Conflict), [row])


def test_from_proposal_to_offer_and_letter(rig: Rig) -> None:
    ann, bob = rig.applicant("ann"), rig.applicant("bob", "decline", locale="cy")
    assessor = make_assessor(rig.session, quick_people(rig.session, ["assessor"])["assessor"])
    make_assessment(rig.session, make_assignment(rig.session, bob, assessor), 2)
    first = rig.sign(ann)
    second = rig.sign(bob, Wish("decline", comments=SHARED_COMMENT))
    rig.moderate(first, second)
    batch = rig.held(first, second)
    assert rig.window().released_at is None
    assert rig.release(batch, 2) == 2
    states = dict(rig.session.execute(sa.select(Application.id, Application.state)).all())
    assert states == {ann: "accepted", bob: "declined"}
    assert _count(rig.session, MembershipOffer) == 1
    letters = rig.session.scalars(sa.select(DecisionLetter).where(DecisionLetter.decision_id == second)).all()
    by = {letter.locale: letter for letter in letters}
    assert "Experience: Tell us more of the ward." in by["en"].paragraphs
    assert "Profiad: Dywedwch fwy am y ward." in by["cy"].paragraphs
    assert any(text.startswith("Knowledge: You described an approach.") for text in by["en"].paragraphs)
    assert not any("As the answer shows" in text for text in by["en"].paragraphs)
    assert by["en"].mail_id is None
    mails = {mail.to_address: mail for mail in rig.session.scalars(sa.select(Mail))}
    assert mails["bob@example.org"].id == by["cy"].mail_id
    assert mails["bob@example.org"].locale == "cy"
    assert "Tell us more" not in mails["bob@example.org"].text
    assert rig.window().released_at is not None
    assert verify(rig.session).ok


def test_batch_release_with_stale_count_aborts_with_no_mail(rig: Rig) -> None:
    """Acceptance test 9 of the anchors: another number, another version or an embargo, and nothing has happened."""
    ann, bob = rig.applicant("ann"), rig.applicant("bob", "decline")
    batch = rig.ready(ann, bob)

    def nothing_happened() -> None:
        assert _count(rig.session, Mail) == _count(rig.session, OutboxItem) == _count(rig.session, DecisionLetter) == 0
        assert _count(rig.session, MembershipOffer) == 0
        assert {rig.decision(one).state for one in (ann, bob)} == {"held"}
        assert _count(rig.session, Application, Application.state == "submitted") == 2
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
    assert _count(rig.session, Mail) == 2


def test_a_withdrawn_application_ends_its_decision_and_stops_a_release(rig: Rig) -> None:
    """It leaves the batch, so that the number stated is another: nothing goes out until somebody looked again."""
    ann, bob = rig.applicant("ann"), rig.applicant("bob")
    batch = rig.ready(ann, bob)
    account_id = rig.people["bob"]
    submitting.withdraw(rig.session, applying.mine(rig.session, bob, account_id), Actor(account_id, ""))
    ended = rig.decision(bob)
    withdrawn = ended.id
    assert (ended.state, ended.batch_id, ended.moderated_at is not None) == ("withdrawn", None, True)
    with pytest.raises(Refused, match="stated 2"):
        rig.release(batch, 2)
    assert _count(rig.session, Mail) == 0
    found, _ = reading.entries(rig.session, rig.lead.account_id, batch)
    assert [one.application_id for one in found] == [ann]
    with pytest.raises(Changed):
        batches.hold(rig.session, rig.lead, batch, 2, [withdrawn])
    assert rig.release(batch, 1) == 1
    assert rig.decision(bob).state == "withdrawn"


def test_signer_is_not_moderator(rig: Rig) -> None:
    """Whoever signed does not moderate: the service refuses, and so does the database."""
    ann = rig.applicant("ann")
    decision = rig.sign(ann, actor=rig.central)
    with pytest.raises(Refused, match="signed this decision yourself"):
        rig.moderate(decision, actor=rig.central)
    with pytest.raises(sa.exc.IntegrityError), transaction(rig.session):
        rig.session.execute(
            sa.update(Decision)
            .where(Decision.id == decision)
            .values(state="moderated", moderated_by=rig.central.account_id, moderated_at=clock.now())
        )
    rig.moderate(decision, actor=rig.second)
    assert rig.decision(ann).moderated_by == rig.second.account_id


def test_who_may_do_what(rig: Rig) -> None:
    ann, nobody = rig.applicant("ann"), Actor(rig.people["lead"], "")
    with pytest.raises(Forbidden):
        rig.sign(ann, actor=nobody)
    decision = rig.sign(ann)
    with pytest.raises(Forbidden):
        rig.moderate(decision, actor=rig.other_lead)
    with pytest.raises(Forbidden):
        batches.begin(rig.session, nobody, rig.window_id, name="x", embargo_until=None, key=new_token())
    mine = make_assessor(rig.session, str(rig.central.account_id))
    make_assignment(rig.session, ann, mine, "assessing")
    with pytest.raises(Refused, match="assessed this application"):
        rig.moderate(decision)
    _conflict(rig, ann, rig.second.account_id)
    with pytest.raises(NotFound):
        rig.moderate(decision, actor=rig.second)
    with pytest.raises(NotFound):
        moderating.send_back(rig.session, rig.second, decision, 1, "why")


def test_what_can_be_signed(rig: Rig) -> None:
    nothing, panel = rig.applicant("ann", ""), rig.applicant("bob", "panel")
    for one in (nothing, panel):
        with pytest.raises(Refused, match="no final proposal"):
            rig.sign(one, Wish("accept"))
    make_panel(rig.session, rig.window_id, {panel: "decline"})
    for wish, field in (
        (Wish("maybe"), "outcome"), (Wish("accept"), "code"), (Wish("accept", "scores"), "words"),
        (Wish("decline", "scores", "why"), "code"),
        (Wish("decline", comments={"experience": {"en": "Only English"}}), "comment_experience_cy"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            rig.sign(panel, wish)
        assert field in refused.value.field_errors
    decision = rig.sign(panel, Wish("accept", "scores", "A score was typed wrongly."))
    assert (rig.decision(panel).override_code, rig.decision(panel).id) == ("scores", decision)
    with pytest.raises(Refused, match="under way"):
        rig.sign(panel, Wish("decline"))
    withdrawn = rig.applicant("cat")
    with transaction(rig.session):
        rig.session.execute(sa.update(Application).where(Application.id == withdrawn).values(state="info_requested"))
    with pytest.raises(Refused, match="not one that is submitted"):
        rig.sign(withdrawn, Wish("accept"))
    hidden = rig.applicant("dan")
    _conflict(rig, hidden, rig.lead.account_id)
    with pytest.raises(NotFound):
        rig.sign(hidden, Wish("accept"))


def test_the_same_form_signs_once(rig: Rig) -> None:
    ann, key = rig.applicant("ann"), new_token()
    made = {deciding.sign(rig.session, rig.lead, rig.window_id, ann, Wish("accept"), key) for _ in range(2)}
    assert len(made) == _count(rig.session, Decision) == 1


def test_many_are_signed_as_shown_or_not_at_all(rig: Rig) -> None:
    ann, bob = rig.applicant("ann"), rig.applicant("bob", "decline")
    picks = {ann: "accept", bob: "decline"}
    make_proposal(rig.session, bob, "accept", number=2, at=clock.now() + timedelta(seconds=1))
    with pytest.raises(Changed):
        deciding.sign_many(rig.session, rig.lead, rig.window_id, picks, new_token())
    assert _count(rig.session, Decision) == 0
    key = new_token()
    for _ in range(2):
        assert deciding.sign_many(rig.session, rig.lead, rig.window_id, {ann: "accept", bob: "accept"}, key) == 2
    assert _count(rig.session, Decision) == 2


def test_comments_change_until_somebody_moderates(rig: Rig) -> None:
    ann = rig.applicant("ann")
    decision = rig.sign(ann)
    seen = rig.decision(ann).version
    deciding.comment(rig.session, rig.lead, decision, seen, SHARED_COMMENT)
    with pytest.raises(Changed):
        moderating.moderate(rig.session, rig.central, {decision: seen})
    rig.moderate(decision)
    with pytest.raises(Changed):
        deciding.comment(rig.session, rig.lead, decision, seen + 2, {})


def test_returned_with_a_reason_and_decided_anew(rig: Rig) -> None:
    ann = rig.applicant("ann")
    decision = rig.sign(ann)
    with pytest.raises(Invalid):
        moderating.send_back(rig.session, rig.central, decision, 1, " ")
    moderating.send_back(rig.session, rig.central, decision, 1, "The panel did not meet.")
    assert rig.decision(ann).state == "returned"
    again = rig.sign(ann)
    assert rig.decision(ann).number == 2
    rig.moderate(again)


def test_a_correction_supersedes_and_never_edits(rig: Rig) -> None:
    ann = rig.applicant("ann", "decline")
    rig.released(ann)
    old = rig.decision(ann).id
    forbidden: tuple[dict[str, Any], ...] = (
        {"outcome": "accept"}, {"comments": {"x": {}}}, {"state": "held"}, {"released_at": None}
    )  # fmt: skip
    for values in forbidden:
        with pytest.raises(sa.exc.DBAPIError), transaction(rig.session):
            rig.session.execute(sa.update(Decision).where(Decision.id == old).values(**values))
    with pytest.raises(sa.exc.DBAPIError), transaction(rig.session):
        rig.session.execute(sa.update(DecisionLetter).values(subject="Other"))
    with pytest.raises(Refused):
        rig.sign(ann, Wish("accept"))
    wish = Wish("accept", "scores", "A score was typed wrongly.")
    made = deciding.correct(rig.session, rig.lead, rig.window_id, ann, wish, new_token())
    assert _count(rig.session, Application, Application.state == "declined") == 1
    rig.moderate(made)
    rig.release(rig.held(made, name="Corrections"))
    assert rig.decision(ann, "superseded").id == old
    assert rig.decision(ann, "released").supersedes_id == old
    assert _count(rig.session, Application, Application.state == "accepted") == 1
    assert _count(rig.session, MembershipOffer, MembershipOffer.state == "offered") == 1
    subject = rig.session.scalars(
        sa.select(DecisionLetter.paragraphs).where(DecisionLetter.decision_id == made)
    ).first()
    assert subject is not None
    back = deciding.correct(rig.session, rig.lead, rig.window_id, ann, Wish("decline", "scores", "No."), new_token())
    rig.moderate(back)
    rig.release(rig.held(back, name="Again"))
    assert _count(rig.session, MembershipOffer, MembershipOffer.state == "lapsed") == 1


def test_corrected_there_and_back_the_one_offer_stands_again(rig: Rig, frozen_clock: FrozenClock) -> None:
    """Accepted, declined and accepted again: one offer, with a time of its own."""
    ann = rig.applicant("ann")
    rig.released(ann)

    def found() -> tuple[str, int]:
        rig.session.rollback()
        rows = rig.session.execute(sa.select(MembershipOffer.state, MembershipOffer.lapses_at)).all()
        return rows[0].state, (rows[0].lapses_at - clock.now()).days

    assert (found()[0], len(rig.session.scalars(sa.select(MembershipOffer.id)).all())) == ("offered", 1)
    for outcome, expected in (
        ("decline", "lapsed"),
        ("accept", "offered"),
        ("decline", "lapsed"),
        ("accept", "offered"),
    ):
        frozen_clock.advance(days=3)
        wish = Wish(outcome, "scores", "A score was typed wrongly.")
        made = deciding.correct(rig.session, rig.lead, rig.window_id, ann, wish, new_token())
        rig.moderate(made)
        rig.release(rig.held(made, name=f"{outcome} {clock.now()}"))
        assert found()[0] == expected
    assert found()[1] == STANDS_FOR.days
    assert len(rig.session.scalars(sa.select(MembershipOffer.id)).all()) == 1


def test_what_a_person_turned_down_is_not_offered_again_by_a_correction(rig: Rig) -> None:
    ann = rig.applicant("ann")
    rig.released(ann)
    offers.refuse(rig.session, Actor(rig.people["ann"], ""), application_id=ann)
    for outcome in ("decline", "accept"):
        made = deciding.correct(
            rig.session, rig.lead, rig.window_id, ann, Wish(outcome, "scores", "Typed."), new_token()
        )
        rig.moderate(made)
        rig.release(rig.held(made, name=outcome))
    assert _count(rig.session, MembershipOffer, MembershipOffer.state == "refused") == 1


def test_whoever_joined_is_not_declined_any_more(rig: Rig) -> None:
    ann = rig.applicant("ann")
    rig.released(ann)
    wish = Wish("decline", "scores", "why")
    made = deciding.correct(rig.session, rig.lead, rig.window_id, ann, wish, new_token())
    rig.moderate(made)
    batch = rig.held(made)
    with transaction(rig.session):
        rig.session.execute(sa.update(MembershipOffer).values(state="joined"))
    with pytest.raises(Refused, match="member already"):
        rig.release(batch)
    with pytest.raises(Refused, match="member already"):
        deciding.correct(rig.session, rig.lead, rig.window_id, ann, wish, new_token())


def test_a_conflict_of_the_releaser_is_as_if_it_were_not_there(rig: Rig) -> None:
    ann, hidden = rig.applicant("ann"), rig.applicant("bob")
    batch = rig.ready(ann, hidden)
    _conflict(rig, hidden, rig.other_lead.account_id)
    who = rig.other_lead.account_id
    assert reading.one(rig.session, who, batch).size == 1
    assert len(reading.entries(rig.session, who, batch)[0]) == 1
    assert sum(reading.missing(rig.session, who, rig.window_id).values()) == 1
    assert candidates.candidates(rig.session, who, rig.window_id)[1] == 1
    assert moderation.waiting(rig.session, who)[1] == 0
    assert rig.release(batch, 1, rig.other_lead) == 1
    assert rig.decision(hidden).state == "moderated"
    assert rig.decision(hidden).batch_id is None
    assert rig.window().released_at is not None
    assert rig.release(rig.held(rig.decision(hidden).id, name="Second"), 1) == 1


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
    """Nor does their number: whoever is accepted and offered membership has the cards of whoever is not."""
    ann, bob = rig.applicant("ann"), rig.applicant("bob", "decline")
    with transaction(rig.session):
        for one in ("ann", "bob"):
            shelving.show(rig.session, rig.people[one], {"ann": ann, "bob": bob}[one], "submitted")
    rig.released(ann, bob)
    columns = (ShelfItem.kind, ShelfItem.title, ShelfItem.status, ShelfItem.when, ShelfItem.needs_action)
    shown = [
        rig.session.execute(sa.select(*columns).where(ShelfItem.account_id == rig.people[one])).all()
        for one in ("ann", "bob")
    ]
    assert shown[0] == shown[1]
    assert [one.status for one in shown[0]] == ["There is a decision"]
    released_at = rig.session.scalar(sa.select(ReleaseBatch.released_at))
    assert [one.when for one in shown[0]] == [released_at], (
        "the day on which it was told: it is past, and not without a date"
    )


def test_failed_letters_are_sent_again_as_sealed(rig: Rig) -> None:
    ann = rig.applicant("ann")
    batch = rig.ready(ann)
    rig.release(batch)
    assert releasing.resend(rig.session, rig.lead, batch, post=post) == 0
    with transaction(rig.session):
        rig.session.execute(sa.update(Mail).values(state="failed", last_error="550"))
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
        rig.session.execute(sa.update(Mail).values(state="failed"))
    assert releasing.resend(rig.session, rig.lead, batch, post=post) == 0, "it would decline somebody who is accepted"


def test_reading_takes_as_many_statements_for_one_as_for_fifty(rig: Rig, statements: Counter) -> None:
    who = rig.lead.account_id

    def reads() -> list[int]:
        found = []
        for read in (
            lambda: candidates.candidates(rig.session, who, rig.window_id, limit=25),
            lambda: moderation.waiting(rig.session, who, limit=25),
            lambda: reading.entries(rig.session, who, batch, limit=25),
            lambda: reading.ready(rig.session, who, rig.window_id),
            lambda: reading.missing(rig.session, who, rig.window_id),
            lambda: reading.all_of(rig.session, who),
            lambda: releasing.letters_of(
                rig.session, reading.letter_facts(rig.session, who, batch), SITE, clock.now(), rig.window_id
            ),
        ):
            rig.session.rollback()
            with statements() as seen:
                read()
            found.append(len(seen))
        return found

    first = rig.applicant("ann")
    batch = rig.ready(first)
    before = reads()
    rig.people |= quick_people(rig.session, names := [f"p{number}" for number in range(12)])
    made = [rig.sign(rig.applicant(name)) for name in names]
    rig.moderate(*made[4:])
    batches.hold(rig.session, rig.lead, batch, 2, made[8:])
    assert reads() == before


def test_many_are_released_in_a_few_statements_each(rig: Rig, statements: Counter) -> None:
    """One statement each for decisions, applications, offers and cards; two for each person's letter, its mail and its job;
    two for each decision's entry in the trail."""
    rig.people |= quick_people(rig.session, names := [f"p{number}" for number in range(60)])
    picks = {rig.applicant(name): "accept" for name in names}
    assert deciding.sign_many(rig.session, rig.lead, rig.window_id, picks, new_token()) == 60
    rig.moderate(*(row[0] for row in rig.session.execute(sa.select(Decision.id))))
    batch = rig.held(*(row[0] for row in rig.session.execute(sa.select(Decision.id))))
    with statements() as seen:
        assert rig.release(batch, 60) == 60
    assert len(seen) <= 60 * 4 + 25


def test_a_factorys_decision_is_the_same(rig: Rig) -> None:
    ann = rig.applicant("ann", "decline")
    made = make_decision(
        rig.session, ann, "decline", "released", signed_by=str(rig.lead.account_id), moderated_by=rig.central.account_id
    )
    assert rig.decision(ann).id == made
