"""Two processes that do the same thing about a decision at the same moment: it happens once. Each with its control, in which
somebody looks first and writes then, and it happens twice."""

from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa

from core.admissions.models import Application, Decision, DecisionLetter, MembershipOffer, RuleProposal
from core.admissions.queries import batches as reading
from core.admissions.rules import standard_config
from core.admissions.service import deciding, policies
from core.admissions.service.deciding import Wish
from core.config import normalise_url
from core.data.audit import verify
from core.data.session import ScopedSession, transaction
from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.kernel.views import Actor
from core.work.models import Mail
from tests.factories.assessing import make_assessment, make_assessor, make_assignment, make_rules
from tests.factories.joining import make_compact
from tests.integration.admissions.deciding_rig import Rig, quick_people
from tests.support.databases import Database
from tests.support.racing import together

PROPOSALS = 3


@pytest.fixture
def rig(shared: ScopedSession) -> Rig:
    return Rig(shared)


def race(rig: Rig, database: Database, *jobs: dict[str, Any]) -> list[str]:
    """What each process was told, started at the same moment."""
    tenant_id = rig.session.scope.tenant_id
    same = {"url": normalise_url(database.app_url), "tenant": tenant_id, "window": rig.window_id}
    rig.session.rollback()
    told: list[str] = together("tests.integration.admissions.decision_race", *({**same, **job} for job in jobs))
    rig.session.rollback()
    rig.session.expire_all()
    return told


def lead(actor: Actor, part: str, **values: Any) -> dict[str, Any]:
    """What somebody of the partner does."""
    return {"part": part, "account": actor.account_id, "role": Role.PARTNER_LEAD.value, **values}


def central(actor: Actor, part: str, **values: Any) -> dict[str, Any]:
    """What somebody of the central team does."""
    return {"part": part, "account": actor.account_id, "role": Role.CENTRAL_TEAM.value, **values}


def batch_as_seen(rig: Rig, batch_id: str) -> dict[str, Any]:
    """A batch as whoever releases it saw it."""
    seen = reading.one(rig.session, rig.lead.account_id, batch_id)
    return {"batch": seen.id, "version": seen.version, "size": seen.size}


def count(rig: Rig, model: type) -> int:
    return rig.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


@pytest.mark.parametrize(("part", "told"), [("sign", ["done", "refused"]), ("sign_naively", ["done", "done"])])
def test_of_two_who_sign_at_once_one_does(rig: Rig, other_database: Database, part: str, told: list[str]) -> None:
    ann = rig.applicant("ann")
    jobs = (lead(actor, part, application=ann) for actor in (rig.lead, rig.other_lead))
    assert sorted(race(rig, other_database, *jobs)) == told
    assert count(rig, Decision) == 1
    assert verify(rig.session).ok


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (("moderate", "moderate"), ["done", "refused"]),
        (("moderate", "send_back"), ["done", "refused"]),
        (("moderate_naively", "moderate_naively"), ["done", "done"]),
    ],
)
def test_of_two_who_moderate_at_once_one_does(
    rig: Rig, other_database: Database, parts: tuple[str, str], told: list[str]
) -> None:
    decision = rig.sign(rig.applicant("ann"))
    people = zip(parts, (rig.central, rig.second), strict=True)
    assert sorted(race(rig, other_database, *(central(who, part, decision=decision) for part, who in people))) == told


def test_a_batch_released_twice_at_once_goes_out_once(rig: Rig, other_database: Database) -> None:
    seen = batch_as_seen(rig, rig.ready(rig.applicant("ann"), rig.applicant("bob", "decline")))
    told = race(rig, other_database, *(lead(who, "release", **seen) for who in (rig.lead, rig.other_lead)))
    assert sorted(told) == ["done", "refused"]
    assert [count(rig, model) for model in (Mail, DecisionLetter, MembershipOffer)] == [2, 4, 1]
    assert verify(rig.session).ok


def test_the_control_of_a_release_writes_to_people_twice(rig: Rig, other_database: Database) -> None:
    seen = batch_as_seen(rig, rig.ready(rig.applicant("ann")))
    told = race(rig, other_database, *(lead(who, "release_naively", **seen) for who in (rig.lead, rig.other_lead)))
    assert told == ["done", "done"]
    assert count(rig, Mail) == 2


def corrected(rig: Rig, name: str) -> tuple[str, dict[str, Any]]:
    """(a declined application, the batch in which its acceptance after all is held, as it was seen)."""
    application = rig.applicant(name, "decline")
    rig.released(application)
    wish = Wish("accept", "scores", "Typed wrongly.")
    made = deciding.correct(rig.session, rig.lead, rig.window_id, application, wish, new_token())
    rig.moderate(made)
    return application, batch_as_seen(rig, rig.held(made, name=f"Correction {name}"))


def stands(rig: Rig, application: str) -> list[tuple[str, bool]]:
    """(state, whether what it replaces is the decision before it) of each decision after the first."""
    query = sa.select(Decision.id, Decision.state, Decision.supersedes_id).where(Decision.application_id == application)
    found = rig.session.execute(query.order_by(Decision.number)).all()
    return [(one.state, one.supersedes_id == before.id) for before, one in pairwise(found)]


def test_a_correction_during_a_release_corrects_what_is_released(rig: Rig, other_database: Database) -> None:
    """And the two never wait for each other in a circle."""
    for name in ("ann", "bob"):
        application, seen = corrected(rig, name)
        jobs = (lead(rig.lead, "release", **seen), lead(rig.other_lead, "correct", application=application))
        assert race(rig, other_database, *jobs) == ["done", "done"]
        assert stands(rig, application) == [("released", True), ("signed", True)]
    assert verify(rig.session).ok


def test_the_control_corrects_what_was_replaced(rig: Rig, other_database: Database) -> None:
    application, seen = corrected(rig, "ann")
    jobs = (lead(rig.lead, "release", **seen), lead(rig.other_lead, "correct_naively", application=application))
    assert race(rig, other_database, *jobs) == ["done", "done"]
    assert stands(rig, application) == [("released", True), ("signed", False)]


def turned_round(rig: Rig, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the offer of an accepted application, the batch in which its decline is held)."""
    application = rig.applicant(name)
    rig.released(application)
    wish = Wish("decline", "scores", "Typed wrongly.")
    made = deciding.correct(rig.session, rig.lead, rig.window_id, application, wish, new_token())
    rig.moderate(made)
    seen = batch_as_seen(rig, rig.held(made, name=f"Corrections {name}"))
    return {"application": application, "account": rig.people[name]}, seen


def state_of(rig: Rig, application: str) -> tuple[str, str]:
    """(the application's state, its offer's)."""
    query = sa.select(Application.state, MembershipOffer.state).join(
        MembershipOffer, MembershipOffer.application_id == Application.id
    )
    row = rig.session.execute(query.where(Application.id == application)).one()
    return row[0], row[1]


def test_of_an_offer_accepted_and_taken_back_at_once_one_holds(rig: Rig, other_database: Database) -> None:
    """Nobody is a member whose application is declined, whoever comes first."""
    compact = make_compact(rig.session)
    for name in ("ann", "bob"):
        offer, seen = turned_round(rig, name)
        told = race(
            rig, other_database, {"part": "join", "compact": compact, **offer}, lead(rig.lead, "release", **seen)
        )
        assert sorted(told) == ["done", "refused"]
        assert state_of(rig, offer["application"]) in {("accepted", "joined"), ("declined", "lapsed")}


def test_the_control_makes_a_member_of_somebody_declined(rig: Rig, other_database: Database) -> None:
    offer, seen = turned_round(rig, "ann")
    told = race(rig, other_database, {"part": "join_naively", **offer}, lead(rig.lead, "release", **seen))
    assert told == ["done", "done"]
    assert state_of(rig, offer["application"]) == ("declined", "joined")


@pytest.mark.parametrize(("part", "letters"), [("resend", 2), ("resend_naively", 3)])
def test_letters_sent_again_at_once_are_sent_once(rig: Rig, other_database: Database, part: str, letters: int) -> None:
    batch = rig.ready(rig.applicant("ann"))
    rig.release(batch)
    with transaction(rig.session):
        rig.session.execute(sa.update(Mail).values(state="failed"))
    race(rig, other_database, *(lead(who, part, batch=batch) for who in (rig.lead, rig.other_lead)))
    assert count(rig, Mail) == letters


@pytest.mark.parametrize(("part", "made"), [("propose", PROPOSALS), ("propose_naively", 2 * PROPOSALS)])
def test_workers_that_ask_at_once_make_each_proposal_once(
    rig: Rig, other_database: Database, part: str, made: int
) -> None:
    make_rules(rig.session, rig.window_id, policies.ensure_first(rig.session), config=standard_config())
    assessors = [
        make_assessor(rig.session, account, ["lay"]) for account in quick_people(rig.session, ("lay", "may")).values()
    ]
    for number in range(PROPOSALS):
        application = rig.applicant(f"person{number}", "")
        for assessor in assessors:
            make_assessment(rig.session, make_assignment(rig.session, application, assessor, "assessing"), 4)
    told = race(rig, other_database, {"part": part}, {"part": part})
    assert sum(int(one) for one in told) == made
    assert list(rig.session.scalars(sa.select(RuleProposal.number))) == [1] * PROPOSALS
    assert verify(rig.session).ok
