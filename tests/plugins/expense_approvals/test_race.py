"""64 at once (two processes of 32 threads), both engines: a budget is never overspent, one decision wins, and a death in between leaves nothing."""

from collections import Counter
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from core.config import normalise_url
from core.data.audit import AuditEntry
from core.sdk import ScopedSession
from plugins.expense_approvals.models import Claim, Preapproval
from tests.plugins.expense_approvals.helpers import activity, agree, asked, cost, opened, sums, visitor
from tests.support.racing import together
from tests.support.thorough import THOROUGH

HOW_MANY, FIT, PENCE = 64, 10, 1_000
THREADS = HOW_MANY // 2
"""Of each of two processes: everybody begins at the same moment."""
KILLS = 200 if THOROUGH else 60


def _race(url: str, session: ScopedSession, ids: list[str], way: str, **more: Any) -> Counter[str]:
    """What two processes together report, each with half of the work."""
    session.rollback()
    job = {"url": url, "tenant": session.scope.tenant_id, "way": way, "threads": THREADS, **more}
    told = together("tests.plugins.expense_approvals.race", {**job, "ids": ids[::2]}, {**job, "ids": ids[1::2]})
    assert [error for one in told for error in one["errors"]] == []
    return sum((Counter(one["told"]) for one in told), Counter())


def _asked(session: ScopedSession, count: int) -> tuple[str, list[str]]:
    budget_id = opened(session, FIT * PENCE)
    activity_id = activity(session, budget_id)
    return budget_id, [asked(session, activity_id, visitor(), cost(pence=PENCE)) for _ in range(count)]


def test_a_budget_is_never_overspent(shared, other_database):
    budget_id, ids = _asked(shared, HOW_MANY)
    told = _race(normalise_url(other_database.app_url), shared, ids, "properly")
    assert told == {"agreed": FIT, "Refused": HOW_MANY - FIT}
    assert sums(shared, budget_id) == (FIT * PENCE, 0, FIT * PENCE, 0, FIT * PENCE)


def test_the_race_can_be_lost(shared, other_database):
    """The control: the same race with reading before writing agrees to more than there is, and no constraint notices."""
    budget_id, ids = _asked(shared, HOW_MANY)
    told = _race(normalise_url(other_database.app_url), shared, ids, "naively", budget=budget_id)
    found = sums(shared, budget_id)
    assert told["agreed"] * PENCE == found.agreed == found.entries > FIT * PENCE >= found.committed


def _of_one_person(session: ScopedSession) -> tuple[str, list[str]]:
    """Many more requests of one person for one activity than an approver's limit lets through."""
    budget_id, person = opened(session), visitor()
    activity_id = activity(session, budget_id)
    return budget_id, [asked(session, activity_id, person, cost(pence=100)) for _ in range(HOW_MANY)]


def test_requests_in_parts_that_are_agreed_to_at_once_stay_within_the_approvers_limit(shared, other_database):
    budget_id, ids = _of_one_person(shared)
    told = _race(normalise_url(other_database.app_url), shared, ids, "within", limit=FIT * 100)
    assert told == {"agreed": FIT, "Refused": HOW_MANY - FIT}
    assert sums(shared, budget_id) == (FIT * 100, 0, FIT * 100, 0, FIT * 100)


def test_the_race_for_a_limit_can_be_lost(shared, other_database):
    """The control: looking at the limit before the decision is taken lets more through."""
    _, ids = _of_one_person(shared)
    told = _race(normalise_url(other_database.app_url), shared, ids, "within_naively", limit=FIT * 100)
    assert told["agreed"] > FIT


def _relied_on(url: str, session: ScopedSession, way: str) -> tuple[Counter[str], list[str]]:
    """What became of 64 turns at one declaration, a quarter of them taking it back; and what was done on it afterwards, by the order
    of the audit trail."""
    budget_id, person = opened(session), visitor()
    activity_id = activity(session, budget_id)
    ids = [asked(session, activity_id, person, cost(pence=100)) for _ in range(HOW_MANY)]
    told = _race(url, session, ids, way, person=person.account_id, activity=activity_id)
    trail = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)).all()
    since = trail[trail.index("expense_approvals.take_back") + 1 :]
    return told, [one for one in since if one in ("expense_approvals.approve", "expense_approvals.ask")]


def test_nothing_is_agreed_or_asked_on_a_declaration_once_it_is_taken_back(shared, other_database):
    """And nobody waits for somebody who waits for them: each holds the audit trail before the declaration."""
    told, afterwards = _relied_on(normalise_url(other_database.app_url), shared, "declared")
    assert (told["taken back"], sum(told.values())) == (1, HOW_MANY)
    assert afterwards == []


def test_the_race_for_a_declaration_can_be_lost(shared, other_database):
    """The control: looking whether it stands before the decision is taken agrees on what is gone."""
    told, afterwards = _relied_on(normalise_url(other_database.app_url), shared, "declared_naively")
    assert told["taken back"] == 1
    assert "expense_approvals.approve" in afterwards


def test_one_decision_wins(shared, other_database):
    budget_id, ids = _asked(shared, 1)
    told = _race(normalise_url(other_database.app_url), shared, ids * HOW_MANY, "properly")
    assert told["agreed"] == 1
    assert sum(told.values()) == HOW_MANY
    assert sums(shared, budget_id) == (PENCE, 0, PENCE, 0, PENCE)


def test_money_is_given_back_once_whoever_is_quicker(shared, other_database):
    """Withdrawn, revoked and expired at the same moment: one of them, and the budget has the money once."""
    budget_id = opened(shared, FIT * PENCE)
    person = visitor()
    activity_id = activity(shared, budget_id)
    made = asked(shared, activity_id, person, cost(pence=PENCE))
    agree(shared, made)
    shared.execute(sa.update(Preapproval).values(expires_on=date(2026, 1, 1)))
    shared.commit()
    more = {"person": person.account_id, "version": 2}
    told = _race(normalise_url(other_database.app_url), shared, [made] * HOW_MANY, "living", **more)
    assert told["withdraw"] + told["revoke"] + told["expire"] == 1
    assert sums(shared, budget_id) == (0, 0, 0, 0, 0)


@pytest.mark.mainly("postgres")  # sixty processes, each killed once; who is quicker is tried on both
def test_processes_that_are_killed_at_any_moment_leave_a_budget_that_adds_up(shared, other_database):
    """`kill -9` (200 times in a thorough run), two at a time, after anything from nothing to an approval of a claim
    and a few rounds of asking, agreeing and withdrawing."""
    budget_id = opened(shared, 10_000_000)
    job = {
        "url": normalise_url(other_database.app_url), "tenant": shared.scope.tenant_id, "activity": activity(shared, budget_id, in_days=0),
        "budget": budget_id, "kills": KILLS // 2,
    }  # fmt: skip
    shared.rollback()
    told = together("tests.plugins.expense_approvals.killed", {**job, "seed": 4}, {**job, "seed": 5})
    assert [one["wrong"] for one in told] == [0, 0]
    found = sums(shared, budget_id)
    assert found.add_up
    granted = sa.select(sa.func.sum(Claim.approved_p)).where(Claim.state == "approved")
    assert found.actual == shared.scalar(granted) > 0
    for what in ("found", "spent"):
        assert len({pence for one in told for pence in one[what]}) > 1, "some died between one movement and the next"
