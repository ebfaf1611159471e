"""Claiming, sending and deciding: what a decision is bound to, who may, and what the budget has afterwards."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.data.audit import verify
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import Role
from core.sdk import Conflict, Finding, Forbidden, Invalid, NotFound, Refused, ScopedSession, Verdict, Visitor, clock
from plugins.expense_approvals import personal, separation
from plugins.expense_approvals.claims.places import postcode_typed
from plugins.expense_approvals.models import (
    Claim,
    ClaimLine,
    ClaimRevision,
    ClaimStep,
    Fingerprint,
    Preapproval,
    Receipt,
)
from plugins.expense_approvals.queries import claims, preapprovals
from plugins.expense_approvals.service import asking, claiming, deciding, expiring, judging, receipts, sending, weighing
from plugins.expense_approvals.service.claiming import Cost
from tests.plugins.expense_approvals import claimed
from tests.plugins.expense_approvals.claimed import (
    CHECKER,
    SECOND,
    Kept,
    Letters,
    agreed,
    check,
    draft,
    mark,
    send,
    sent,
    sha,
    spent,
    unheard,
    upload,
)
from tests.plugins.expense_approvals.helpers import (
    APPROVER,
    POLICY,
    agree,
    asked,
    nothing,
    opened,
    sums,
    visitor,
)

CENTRAL = visitor(Role.CENTRAL_TEAM)


@pytest.fixture
def ann() -> Visitor:
    """A member."""
    return visitor()


def state(session: ScopedSession, claim_id: str) -> str:
    return claims.one(session, claim_id, APPROVER).state


def version(session: ScopedSession, claim_id: str, who: Visitor = APPROVER) -> int:
    return claims.one(session, claim_id, who).version


def test_from_what_was_agreed_to_money_that_is_spent_once(session, ann):
    budget_id = opened(session, 10_000)
    made = draft(session, agreed(session, budget_id, ann), ann, spent("a", 1_240), spent("b", 940, category="alcohol"))
    letters = Letters()
    send(session, made, ann, letters)
    assert sums(session, budget_id) == (2_000, 0, 2_000, 0, 2_000)
    check(session, made)
    claimed.approve(session, made, post=letters)
    found = claims.one(session, made, ann)
    assert (found.state, found.claimed_p, found.allowed_p, found.approved_p) == ("part_approved", 2_180, 1_240, 1_240)
    assert sums(session, budget_id) == (0, 1_240, 0, 1_240, 0)
    assert preapprovals.one(session, found.preapproval_id, ann).state == "used"
    with pytest.raises(Refused):
        claimed.approve(session, made)
    assert [one.event for one in claims.steps(session, made)] == ["submit", "check", "part_approve"]
    assert letters.sent == []  # nobody of these tests has an account
    assert verify(session).ok


def test_each_cost_says_what_is_allowed_and_why(session, ann):
    made = draft(
        session, agreed(session, opened(session), ann), ann, spent("bus", 420), spent("wine", 500, category="alcohol"),
        spent("taxi", 900, category="taxi", has_reason=True),
    )  # fmt: skip
    found = weighing.weighed(session, claims.one(session, made, ann), POLICY, nothing)
    assert [(one.claimed, one.allowed, [f.code for f in one.found]) for one in found.combined.evaluation.lines] == [
        (420, 420, []), (500, 0, ["prohibited"]), (900, 0, ["agreed"]),
    ]  # fmt: skip


def test_a_cost_without_its_proof_is_not_allowed(session, ann):
    made = claiming.begin(session, agreed(session, opened(session), ann), ann)
    claiming.put(session, made, None, Cost(spent()), ann, new_token())
    with pytest.raises(Refused, match="allows nothing"):
        send(session, made, ann)


def test_miles_are_paid_at_the_rate_between_two_postcodes(session, ann):
    ground = agreed(session, opened(session), ann)
    made = claiming.begin(session, ground, ann)
    line = spent("car", None, category="mileage", vehicle="car", miles=12_400)
    with pytest.raises(Invalid):
        claiming.put(session, made, None, Cost(line, "", "EH1 1YZ"), ann, new_token())
    claiming.put(session, made, None, Cost(line, "", "EH1 1YZ", "PH1 5AA"), ann, new_token())
    send(session, made, ann)
    (held,) = claims.lines(session, made)
    assert (held.from_postcode, held.to_postcode, held.miles, held.claimed_p) == ("EH1 1YZ", "PH1 5AA", 12_400, 682)
    assert [one["code"] for one in held.found["found"]] == ["receipt"]  # no picture of the route: a person looks
    assert claims.one(session, made, ann).referred


@pytest.mark.parametrize("typed", ["", "EH1", "not one", "EH1 1Y", "\uff25\uff28\uff11 1YZ", "EH1 1YZ" * 9])
def test_what_is_no_postcode_is_told(typed):
    with pytest.raises(Invalid) as refused:
        postcode_typed(typed, "from_postcode")
    assert set(refused.value.field_errors) == {"from_postcode"}
    assert postcode_typed("eh1-1yz", "x") == "EH1 1YZ"


def test_costs_are_made_after_they_were_agreed_and_not_to_come(session, ann, frozen_clock):
    ground = agreed(session, opened(session), ann)
    made = claiming.begin(session, ground, ann)
    for days, words in ((-1, claiming.TOO_EARLY), (1, claiming.TO_COME)):
        with pytest.raises(Invalid) as refused:
            claiming.put(session, made, None, Cost(claimed.cost(in_days=days)), ann, new_token())
        assert refused.value.field_errors == {"day": words}


def test_one_claim_of_what_was_agreed_lives_at_a_time(session, ann):
    ground = agreed(session, opened(session), ann)
    first = claiming.begin(session, ground, ann)
    assert claiming.begin(session, ground, ann) == first
    claiming.withdraw(session, first, 1, ann, mark)
    second = claiming.begin(session, ground, ann)
    assert second != first
    with pytest.raises(sa.exc.IntegrityError):
        session.execute(sa.update(Claim).where(Claim.id == first).values(state="draft"))
    session.rollback()
    with pytest.raises(Refused):
        claiming.begin(session, asked(session, preapprovals.one(session, ground, ann).activity_id, ann), ann)


def test_the_same_cost_sent_twice_is_one(session, ann):
    made, key = claiming.begin(session, agreed(session, opened(session), ann), ann), new_token()
    assert len({claiming.put(session, made, None, Cost(spent()), ann, key) for _ in range(2)}) == 1
    assert len(claims.lines(session, made)) == 1


def test_approval_is_bound_to_what_was_looked_at(session, ann):
    """Another hash, another version, a changed row: each is a conflict, and nothing moves."""
    budget_id = opened(session)
    made = sent(session, budget_id, ann)
    check(session, made)
    before = sums(session, budget_id)
    for change in ({"sha256": "0" * 64}, {"version": 1}):
        with pytest.raises(Conflict):
            claimed.approve(session, made, **change)
    session.execute(sa.update(ClaimLine).values(reason="Another."))
    session.commit()
    with pytest.raises(Conflict):
        claimed.approve(session, made)
    assert (state(session, made), sums(session, budget_id)) == ("checked", before)


def test_an_answer_makes_a_new_revision_and_drops_the_check(session, ann):
    made = sent(session, opened(session), ann)
    first = sha(session, made)
    check(session, made)
    judging.query(session, made, version(session, made), "Is there a railcard?", SECOND, unheard)
    (line,) = claims.lines(session, made)
    claiming.put(session, made, line.id, Cost(spent(pence=660), "With the railcard."), ann, new_token())
    sending.answer(
        session, made, version(session, made), "Yes.", ann, policy_on=POLICY, partners=nothing, mark=mark, post=unheard
    )
    found = claims.one(session, made, ann)
    assert (found.state, found.revision, found.claimed_p) == ("submitted", 2, 660)
    assert sha(session, made) != first
    with pytest.raises(Refused):
        claimed.approve(session, made)
    check(session, made, SECOND)
    claimed.approve(session, made, CHECKER)
    assert state(session, made) == "approved"


def test_a_claim_with_the_approvers_cannot_be_changed(session, ann):
    made = sent(session, opened(session), ann)
    (line,) = claims.lines(session, made)
    (proof,) = claims.proofs(session, made)
    for act in (
        lambda: claiming.put(session, made, None, Cost(spent()), ann, new_token()),
        lambda: claiming.drop(session, made, line.id, ann, mark),
        lambda: receipts.give(session, made, line.id, "receipt", upload(9), ann, Kept(), mark),
        lambda: receipts.remove(session, made, proof.id, ann, mark),
        lambda: send(session, made, ann),
    ):
        with pytest.raises(Refused):
            act()


def test_a_revision_is_never_changed(session, ann):
    sent(session, opened(session), ann)
    with pytest.raises(sa.exc.DBAPIError):
        session.execute(sa.update(ClaimRevision).values(sha256="0" * 64))
    session.rollback()


@pytest.mark.parametrize("roles", [(Role.EXPENSE_APPROVER,), (Role.PARTNER_LEAD,), (Role.CENTRAL_TEAM,)])
def test_nobody_decides_their_own_claim_whatever_their_role(session, roles):
    own = visitor(*roles)
    made = sent(session, opened(session), own)
    now = version(session, made)
    for act in (
        lambda: check(session, made, own),
        lambda: judging.query(session, made, now, "words", own, unheard),
        lambda: judging.reject(session, made, now, "words", own, unheard),
    ):
        with pytest.raises(Refused, match=separation.WORDS["own"]):
            act()
    check(session, made)
    with pytest.raises(Refused, match=separation.WORDS["own"]):
        claimed.approve(session, made, own)


def test_who_checked_it_does_not_approve_it(session, ann):
    made = sent(session, opened(session), ann)
    check(session, made, SECOND)
    with pytest.raises(Refused, match=separation.WORDS["checked"]):
        claimed.approve(session, made, SECOND)
    claimed.approve(session, made, CHECKER)


def test_a_draft_is_nobodys_but_the_persons(session, session_for, ann):
    made = draft(session, agreed(session, opened(session), ann), ann)
    for who, where in ((APPROVER, session), (visitor(), session), (ann, session_for("wales"))):
        with pytest.raises(NotFound):
            claims.one(where, made, who)
    send(session, made, ann)
    assert claims.one(session, made, APPROVER).id == made
    for act in (
        lambda: claims.one(session, made, visitor()),
        lambda: claiming.withdraw(session, made, 1, APPROVER, mark),
        lambda: claims.one(session, new_id(), APPROVER),
        lambda: claims.one(session, "nonsense", APPROVER),
        lambda: claims.one(session_for("wales"), made, APPROVER),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(Forbidden):
        judging.reject(session, made, 1, "no", ann, unheard)


def test_part_approval_gives_a_reason_for_each_cost_and_never_more_than_the_policy(session, ann):
    budget_id = opened(session)
    ground = agreed(
        session,
        budget_id,
        ann,
        claimed.cost("x", 2_000, in_days=0),
        claimed.cost("y", 800, in_days=0, category="lunch"),
    )
    made = draft(session, ground, ann, spent("a", 1_200), spent("lunch", 940, category="lunch"))
    send(session, made, ann)
    check(session, made)
    fare, lunch = claims.lines(session, made)
    assert (fare.allowed_p, lunch.allowed_p) == (1_200, 800)
    for amounts, reasons, field in (
        ({fare.id: 1_200, lunch.id: 801}, {}, "amounts"),
        ({fare.id: 1_200}, {}, "amounts"),
        ({fare.id: -1, lunch.id: 0}, {}, "amounts"),
        ({fare.id: 600, lunch.id: 800}, {lunch.id: "why"}, "reasons"),
        ({fare.id: 600, lunch.id: 800}, {fare.id: " "}, "reasons"),
        ({fare.id: 600, lunch.id: 800}, {fare.id: "The\x00bus"}, "reasons"),
        ({fare.id: 0, lunch.id: 0}, {fare.id: "a", lunch.id: "b"}, "amounts"),
    ):
        with pytest.raises(Invalid) as refused:
            claimed.approve(session, made, amounts=amounts, reasons=reasons)
        assert set(refused.value.field_errors) == {field}
    claimed.approve(session, made, amounts={fare.id: 600, lunch.id: 800}, reasons={fare.id: "The early bus."})
    assert state(session, made) == "part_approved"
    assert [(one.approved_p, one.why) for one in claims.lines(session, made)] == [(600, "The early bus."), (800, "")]
    assert sums(session, budget_id) == (0, 1_400, 0, 1_400, 0)


def test_what_comes_to_more_needs_a_supplementary_agreement(session, ann):
    budget_id = opened(session)
    made = draft(session, agreed(session, budget_id, ann), ann, spent("a", 1_500), spent("b", 900))
    more: dict[str, Any] = {"policy_on": POLICY, "partners": nothing}
    with pytest.raises(Refused, match=r"more than was agreed\. Ask"):
        send(session, made, ann)
    with pytest.raises(Invalid):
        sending.ask_for_more(session, made, " ", ann, new_token(), **more)
    extra = sending.ask_for_more(session, made, "The direct bus was full.", ann, new_token(), **more)
    for act in (
        lambda: sending.ask_for_more(session, made, "Again.", ann, new_token(), **more),
        lambda: send(session, made, ann),
    ):
        with pytest.raises(Refused, match="not decided yet"):
            act()
    assert [(line.category, line.asked_p) for line in preapprovals.lines(session, extra)] == [("coach", 400)]
    agree(session, extra)
    assert sums(session, budget_id).committed == 2_400
    send(session, made, ann)
    with pytest.raises(Refused, match="being decided"):
        deciding.revoke(session, extra, preapprovals.one(session, extra, APPROVER).version, "No.", APPROVER, unheard)
    check(session, made)
    claimed.approve(session, made)
    assert sums(session, budget_id) == (0, 2_400, 0, 2_400, 0)
    assert {
        preapprovals.one(session, one, ann).state for one in (extra, claims.one(session, made, ann).preapproval_id)
    } == {"used"}


def test_no_more_is_asked_for_what_fits(session, ann):
    made = draft(session, agreed(session, opened(session), ann), ann)
    with pytest.raises(Refused, match="does not come to more"):
        sending.ask_for_more(session, made, "Why not.", ann, new_token(), policy_on=POLICY, partners=nothing)


def test_what_a_claim_stands_on_is_neither_withdrawn_nor_revoked_nor_expired(session, ann, frozen_clock):
    budget_id = opened(session)
    made = sent(session, budget_id, ann)
    ground = claims.one(session, made, ann).preapproval_id
    now = preapprovals.one(session, ground, ann).version
    with pytest.raises(Refused, match="being decided"):
        asking.withdraw(session, ground, now, ann)
    with pytest.raises(Refused, match="being decided"):
        deciding.revoke(session, ground, now, "No.", APPROVER, unheard)
    frozen_clock.advance(days=120)
    assert expiring.sweep(session, unheard) == 0
    judging.reject(session, made, version(session, made), "Too late.", SECOND, unheard)
    assert expiring.sweep(session, unheard) == 1
    assert sums(session, budget_id) == (0, 0, 0, 0, 0)


def test_what_is_over_cannot_be_claimed(session, ann, frozen_clock):
    ground = agreed(session, opened(session), ann)
    made = draft(session, ground, ann)
    frozen_clock.advance(days=89)
    send(session, made, ann)
    late = draft(session, agreed(session, opened(session), ann), ann)
    frozen_clock.advance(days=91)
    with pytest.raises(Refused):
        send(session, late, ann)


def test_partners_may_tighten_refer_and_deny_a_claim(session, ann):
    made = draft(session, agreed(session, opened(session), ann), ann)
    deny, refer = (lambda _, v=v: [Finding(v, "Not here", "no", "partner")] for v in (Verdict.DENY, Verdict.REFER))
    with pytest.raises(Refused, match="Not here"):
        send(session, made, ann, partners=deny)
    send(session, made, ann, partners=refer)
    found = claims.one(session, made, ann)
    assert (found.referred, found.findings) == (True, ["partner:no"])
    check(session, made)
    with pytest.raises(Forbidden):
        claimed.approve(session, made, rules=lambda *_: refer(None))
    claimed.approve(session, made, CENTRAL, rules=lambda *_: refer(None))


def test_a_proof_in_another_claim_is_found_across_sites_and_says_not_where(session, session_for, ann):
    first = sent(session, opened(session), ann, colour=3)
    bob, wales = visitor(), session_for("wales")
    second = sent(wales, opened(wales), bob, colour=3)
    found = claims.one(wales, second, bob)
    assert (found.referred, found.findings) == (True, [sending.ELSEWHERE])
    check(wales, second)
    with pytest.raises(Forbidden, match="may be in another claim") as refused:
        claimed.approve(wales, second)
    assert "scotland" not in str(refused.value).lower()
    check(session, first)
    with pytest.raises(Forbidden):  # the first one too, although it was first
        claimed.approve(session, first)
    claiming.withdraw(session, first, version(session, first), ann, mark)
    wales.rollback()
    claimed.approve(wales, second)


def test_a_fingerprint_is_two_keyed_hashes_and_nothing_else(session, ann):
    made = sent(session, opened(session), ann)
    assert {column.name for column in Fingerprint.__table__.columns} == {"id", "file_mark", "holder_mark"}
    (row,) = session.execute(sa.select(Fingerprint.file_mark, Fingerprint.holder_mark)).all()
    (proof,) = claims.proofs(session, made)
    assert set(row).isdisjoint({proof.sha256, made})
    assert row == (mark(f"file:{proof.sha256}"), mark(f"claim:{made}"))


def test_a_file_given_twice_is_one_and_what_is_removed_is_swept(session, ann):
    made = claiming.begin(session, agreed(session, opened(session), ann), ann)
    line_id = claiming.put(session, made, None, Cost(spent()), ann, new_token())
    store = Kept()
    for _ in range(2):
        receipts.give(session, made, line_id, "receipt", upload(), ann, store, mark)
    with pytest.raises(Invalid):
        receipts.give(session, made, line_id, "photo", upload(1), ann, store, mark)
    with pytest.raises(NotFound):
        receipts.give(session, made, new_id(), "receipt", upload(1), ann, store, mark)
    (proof,) = claims.proofs(session, made)
    claiming.drop(session, made, line_id, ann, mark)
    assert (claims.proofs(session, made), claims.lines(session, made)) == ([], [])
    assert session.scalar(sa.select(sa.func.count(Fingerprint.id))) == 0
    assert receipts.sweep(session, store, clock.now()) == 0
    assert receipts.sweep(session, store, clock.now() + timedelta(days=8)) == 1
    assert proof.key not in store.contents


@pytest.mark.parametrize("how", ["the cost", "the proof"])
def test_a_file_that_proves_another_cost_still_is_known_elsewhere(session, ann, how):
    """Taking a cost with the same ticket out again would make the ticket good for another claim."""
    budget_id = opened(session)
    first = draft(session, agreed(session, budget_id, ann), ann)
    more = claiming.put(session, first, None, Cost(spent("b")), ann, new_token())
    receipts.give(session, first, more, "receipt", upload(16), ann, Kept(), mark)
    (kept, again) = claims.proofs(session, first)
    assert kept.sha256 == again.sha256
    if how == "the cost":
        claiming.drop(session, first, more, ann, mark)
    else:
        receipts.remove(session, first, again.id, ann, mark)
    second = draft(session, agreed(session, budget_id, ann), ann)
    send(session, second, ann)
    assert claims.one(session, second, ann).findings == [sending.ELSEWHERE]


def test_a_persons_claims_are_given_and_go_and_granted_money_keeps_its_figures(session, ann):
    budget_id = opened(session)
    granted = sent(session, budget_id, ann)
    check(session, granted)
    claimed.approve(session, granted, words="Thank you, Mair.")
    loose = sent(session, budget_id, ann, colour=2)
    assert ann.account_id
    headings = [heading for heading, _ in personal.person_data(session, ann.account_id)]
    assert {"Claims", "Costs claimed", "Proofs of them", "What was said about the claims"} <= set(headings)
    told = list(personal.erase_person(session, ann.account_id, dry_run=True))
    assert "expense_approvals: 2 claims without the person" in told
    assert "expense_approvals: 1 proofs deleted" in told
    assert list(personal.erase_person(session, ann.account_id, dry_run=False)) == told
    session.commit()
    assert list(personal.person_data(session, ann.account_id)) == []
    assert set(session.scalars(sa.select(ClaimStep.words))) == {""}
    assert set(session.scalars(sa.select(ClaimLine.reason))) == {""}
    assert list(session.execute(sa.select(Receipt.claim_id, Receipt.name))) == [(granted, "proof")]
    assert claims.one(session, granted, APPROVER).approved_p == 1_000
    assert state(session, loose) == "submitted"
    assert sums(session, budget_id).add_up


def test_lists_and_pages_cost_the_same_however_long_they_are(session, ann, statements):
    budget_id, counts = opened(session, 100_000), []
    for more in (1, 6):
        for number in range(more):
            made = sent(session, budget_id, ann, *(spent(str(n), 100) for n in range(more)), colour=number + more)
        with statements() as seen:
            assert len(claims.queue(session)) == len(claims.mine(session, ann.account_id))
            weighing.weighed(session, claims.one(session, made, ann), POLICY, nothing)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_budget_adds_up_whatever_is_done_with_claims(session, ann):
    budget_id = opened(session, 20_000)
    for number, deed in enumerate(("approve", "half", "reject", "withdraw", "draft")):
        made = draft(session, agreed(session, budget_id, ann), ann, colour=number)
        if deed != "draft":
            send(session, made, ann)
        if deed == "reject":
            judging.reject(session, made, version(session, made), "No.", SECOND, unheard)
        elif deed == "withdraw":
            claiming.withdraw(session, made, version(session, made), ann, mark)
        elif deed in ("approve", "half"):
            check(session, made)
            claimed.approve(session, made, share=100 if deed == "approve" else 50)
        assert sums(session, budget_id).add_up
    paid = session.scalar(sa.select(sa.func.sum(Claim.approved_p)))
    assert sums(session, budget_id)[:2] == (6_000, paid) == (6_000, 1_500)
    assert session.scalar(sa.select(sa.func.count(Preapproval.id)).where(Preapproval.state == "used")) == 2
