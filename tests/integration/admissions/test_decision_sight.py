"""What decisions show, and to whom: nothing to those who are still to score, nothing of what was withdrawn or is hidden."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from core.admissions.personal import applying as personal
from core.admissions.queries import applying, batches, casework, deciding, moderation, proposals, queues
from core.admissions.rules import standard_config
from core.admissions.service import deciding as service
from core.admissions.service import moderating, policies, proposing, replaying, submitting
from core.admissions.service.deciding import Wish
from core.console.queries import Wanted, trail
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict as Changed
from core.kernel.errors import Refused
from core.kernel.ids import new_token
from core.kernel.views import Actor
from tests.factories.assessing import make_assessment, make_assessor, make_assignment, make_rules
from tests.integration.admissions.deciding_rig import Rig, quick_people
from tests.integration.admissions.test_lead_pages import conflicted
from tests.support.app_fixtures import FrozenClock


@pytest.fixture
def rig(session_for: Callable[[str], ScopedSession]) -> Rig:
    return Rig(session_for("scotland"))


def test_a_lead_who_is_still_to_score_learns_nothing_of_others_scores(rig: Rig) -> None:
    ann = rig.applicant("ann")
    other = quick_people(rig.session, ["yan"])["yan"]
    make_assessment(rig.session, make_assignment(rig.session, ann, make_assessor(rig.session, other), "assessing"), 4)
    own = make_assignment(rig.session, ann, make_assessor(rig.session, str(rig.lead.account_id)), "assessing")

    def learnt(who: str | None) -> tuple[Any, ...]:
        one = deciding.candidate(rig.session, who, rig.window_id, ann)
        said = deciding.scores(rig.session, who, ann)
        listed = proposals.listed(rig.session, rig.window_id, who, sort="reference", limit=9, offset=0)[0]
        history = proposals.history(rig.session, rig.window_id, ann, who).proposals
        kinds = {row.kind for row in queues.of_lead(rig.session, who, clock.now())[0]}
        return (
            one.mean,
            one.spread,
            one.suggested,
            len(said),
            [row.said is not None for row in listed],
            len(history),
            kinds,
        )

    assert learnt(rig.lead.account_id) == (None, None, "", 0, [False], 0, set())
    assert learnt(rig.other_lead.account_id) == (4, 0, "accept", 5, [True], 1, {"sign"})
    with pytest.raises(Refused):
        rig.sign(ann, Wish("accept"))
    make_assessment(rig.session, own, 2)
    assert learnt(rig.lead.account_id) == (3, 2, "accept", 10, [True], 1, {"sign"})


def test_a_letter_rests_on_what_was_sealed_when_its_decision_was_signed(rig: Rig, frozen_clock: FrozenClock) -> None:
    ann = rig.applicant("ann")
    people = quick_people(rig.session, ["yan", "zoe", "xia"])
    given = {
        name: make_assignment(rig.session, ann, make_assessor(rig.session, account), "assessing")
        for name, account in people.items()
    }
    make_assessment(rig.session, given["yan"], 2)
    make_assessment(rig.session, given["xia"], 1)
    conflicted(rig.session, ann, people["xia"])
    assert set(deciding.levels(rig.session, [ann])[ann].values()) == {2}, "who is in conflict since does not count"
    frozen_clock.advance(minutes=1)
    rig.sign(ann)
    frozen_clock.advance(minutes=1)
    make_assessment(rig.session, given["zoe"], 4)
    make_assessment(rig.session, given["yan"], 4, phase="post_discussion")
    assert set(deciding.levels(rig.session, [ann])[ann].values()) == {2}
    assert deciding.candidate(rig.session, rig.lead.account_id, rig.window_id, ann).mean == 4


def test_a_withdrawn_application_waits_for_nobody(rig: Rig) -> None:
    ann, bob = rig.applicant("ann"), rig.applicant("bob")
    signed = rig.sign(ann)
    moderated = rig.sign(bob)
    rig.moderate(moderated)
    for name, made in (("ann", ann), ("bob", bob)):
        mine = applying.mine(rig.session, made, rig.people[name])
        submitting.withdraw(rig.session, mine, Actor(rig.people[name], name))
    assert moderation.waiting(rig.session, rig.second.account_id)[1] == 0
    assert moderation.some(rig.session, rig.second.account_id, [signed]) == []
    assert batches.ready(rig.session, rig.lead.account_id, rig.window_id) == []
    kinds = [one.kind for one in queues.of_lead(rig.session, rig.lead.account_id, clock.now())[0]]
    assert kinds == []
    assert queues.of_central_team(rig.session, rig.second.account_id)[1] == 0


@pytest.mark.parametrize(("state", "erased"), [("signed", False), ("moderated", False), ("moderated", True)])
def test_a_decision_of_a_withdrawn_application_is_counted_nowhere(rig: Rig, state: str, erased: bool) -> None:
    bob = rig.applicant("bob")
    made, account_id = rig.sign(bob), rig.people["bob"]
    if state == "moderated":
        rig.moderate(made)
    if erased:
        with transaction(rig.session):
            personal.erase(rig.session, account_id)
    else:
        submitting.withdraw(rig.session, applying.mine(rig.session, bob, account_id), Actor(account_id, ""))
    assert rig.decision(bob).state == "withdrawn"
    assert casework.waits(rig.session, rig.window_id) == []
    assert batches.missing(rig.session, rig.lead.account_id, rig.window_id) == dict.fromkeys(
        ("unsigned", "asked", "signed", "moderated", "held"), 0
    )
    with pytest.raises(Changed):
        rig.moderate(made)
    with pytest.raises(Changed):
        moderating.send_back(rig.session, rig.central, made, rig.decision(bob).version, "why")


def test_a_batch_of_nothing_that_one_may_see_waits_for_somebody_else(rig: Rig) -> None:
    hidden = rig.applicant("ann")
    rig.ready(hidden)
    assert queues.of_lead(rig.session, rig.other_lead.account_id, clock.now(), kind="release")[1] == 1
    conflicted(rig.session, hidden, str(rig.other_lead.account_id))
    assert queues.of_lead(rig.session, rig.other_lead.account_id, clock.now())[1] == 0


def test_the_trail_of_many_decisions_tells_a_reader_in_conflict_of_the_others_alone(rig: Rig) -> None:
    """Signing, moderating, holding, releasing and sending again many at once: no number, no list, no subject tells of the one that is hidden."""
    made = [rig.applicant(name) for name in ("ann", "bob", "cat")]
    picks = dict.fromkeys(made, "accept")
    service.sign_many(rig.session, rig.lead, rig.window_id, picks, new_token())
    decisions = {one: rig.decision(one).id for one in made}
    rig.moderate(*decisions.values())
    batch = rig.held(*decisions.values())
    rig.release(batch)
    hidden = made[0]

    def told(reader: str | None) -> list[tuple[str, str, str]]:
        found = trail(rig.session, Wanted(reader=reader), size=200).entries
        return [(one.action, one.subject, str(one.after)) for one in found]

    before = told(rig.other_lead.account_id)
    about = [one for one in before if decisions[hidden] in " ".join(one)]
    assert [action for action, _, _ in about] == [
        "batch.release",
        "batch.hold",
        "decision.moderate",
        "decision.sign_many",
    ]
    conflicted(rig.session, hidden, str(rig.other_lead.account_id))
    assert told(rig.other_lead.account_id) == [one for one in before if one not in about]
    for one in before:
        assert "count" not in one[2]
        assert "decisions" not in one[2]


def test_the_trail_of_proposals_tells_a_reader_in_conflict_of_the_others_alone(rig: Rig, app: Flask) -> None:
    make_rules(rig.session, rig.window_id, policies.ensure_first(rig.session), config=standard_config())
    made = [rig.applicant(name, "") for name in ("ann", "bob")]
    assessor = make_assessor(rig.session, quick_people(rig.session, ["yan"])["yan"])
    for one in made:
        make_assessment(rig.session, make_assignment(rig.session, one, assessor, "assessing"), 4)
    catalogue = app.extensions["q.rulebook"].catalogue()
    proposing.propose_due(rig.session, catalogue, area="scotland", report=lambda *_: None)
    replaying.replay_all(rig.session, catalogue)
    conflicted(rig.session, made[0], str(rig.other_lead.account_id))
    found = trail(rig.session, Wanted(reader=rig.other_lead.account_id), size=200).entries
    assert [(one.action, one.subject) for one in found if one.action == "rules.propose"] == [("rules.propose", made[1])]
    assert [one.after for one in found if one.action == "rules.replay"] == [{"all_the_same": True}]
