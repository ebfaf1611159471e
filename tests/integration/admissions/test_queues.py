"""What waits for whom, and how many came how far."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.models import Appeal, Conflict, Interest, MembershipOffer, ReleaseBatch
from core.admissions.queries import funnel, queues
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id, new_token
from tests.factories.admissions import make_application, make_form, make_window
from tests.factories.assessing import (
    make_assessment,
    make_assessor,
    make_assignment,
    make_decision,
    make_proposal,
    make_submitted,
)
from tests.factories.people import make_person


@pytest.fixture
def scotland(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    return session_for("scotland")


@pytest.fixture
def people(app: Flask) -> Callable[[int], list[str]]:
    def make(count: int) -> list[str]:
        return [make_person(app, f"{new_token()[:8]}{number}@example.org") for number in range(count)]

    return make


def _row(session: ScopedSession, model: type[Any], **values: Any) -> str:
    row_id = new_id()
    with transaction(session):
        session.execute(sa.insert(model), [{"id": row_id, "tenant_id": session.scope.tenant_id, **values}])
    return row_id


def _kinds(session: ScopedSession, account_id: str | None = None) -> list[str]:
    return [one.kind for one in queues.of_lead(session, account_id, clock.now())[0]]


@pytest.mark.usefixtures("app_context")
class TestTheLeadsQueue:
    def test_an_application_waits_for_one_thing_after_another(self, scotland: ScopedSession, people: Any) -> None:
        form = make_form(scotland)
        window = make_window(scotland, form, -40, -10)
        applicant, assessor, lead, central = people(4)
        application = make_submitted(scotland, window, form, applicant)
        assert _kinds(scotland) == ["assign"]
        assignment = make_assignment(
            scotland, application, make_assessor(scotland, assessor), due_at=clock.now() - timedelta(days=1)
        )
        assert _kinds(scotland) == ["overdue"]
        make_assessment(scotland, assignment)
        assert _kinds(scotland) == []
        returned = make_decision(scotland, application, "decline", "returned", signed_by=lead)
        assert _kinds(scotland) == ["returned"]
        assert returned == queues.of_lead(scotland, None, clock.now())[0][0].ref
        make_decision(scotland, application, "accept", "moderated", signed_by=lead, moderated_by=central, number=2)
        assert _kinds(scotland) == ["hold"]

    def test_what_was_sent_back_does_not_wait_to_be_signed_as_well(self, scotland: ScopedSession, people: Any) -> None:
        form = make_form(scotland)
        window = make_window(scotland, form, -40, -10)
        applicant, assessor, lead = people(3)
        application = make_submitted(scotland, window, form, applicant)
        make_assessment(scotland, make_assignment(scotland, application, make_assessor(scotland, assessor)))
        make_proposal(scotland, application, "accept")
        assert _kinds(scotland) == ["sign"]
        make_decision(scotland, application, "accept", "returned", signed_by=lead)
        assert _kinds(scotland) == ["returned"]
        make_proposal(scotland, application, "panel")
        assert sorted(_kinds(scotland)) == ["discuss", "returned"], "the panel has something to do first"

    def test_a_batch_waits_once_its_embargo_is_over(self, scotland: ScopedSession, people: Any) -> None:
        form = make_form(scotland)
        window = make_window(scotland, form, -40, -10)
        applicant, lead, central = people(3)
        application = make_submitted(scotland, window, form, applicant)
        soon = clock.now() + timedelta(hours=1)
        batch = _row(
            scotland, ReleaseBatch, window_id=window, name="May", state="open", embargo_until=soon, version=1,
            created_by=lead, created_at=clock.now(),
        )  # fmt: skip
        assert "release" not in _kinds(scotland)
        make_decision(scotland, application, "accept", "held", signed_by=lead, moderated_by=central, batch_id=batch)
        assert "release" not in _kinds(scotland)
        with clock.frozen(soon):
            assert "release" in _kinds(scotland)

    def test_who_is_in_conflict_has_a_queue_without_it(self, scotland: ScopedSession, people: Any) -> None:
        form = make_form(scotland)
        window = make_window(scotland, form, -40, -10)
        applicant, other, lead = people(3)
        make_submitted(scotland, window, form, other)
        before = queues.of_lead(scotland, lead, clock.now())
        application = make_submitted(scotland, window, form, applicant)
        _row(
            scotland, Conflict, application_id=application, account_id=lead, source="set", kind="person", at=clock.now()
        )
        assert queues.of_lead(scotland, lead, clock.now()) == before
        assert queues.of_lead(scotland, None, clock.now())[1] == 2

    def test_one_statement_however_much_waits(
        self, scotland: ScopedSession, people: Any, statements: Callable[[], Any]
    ) -> None:
        form = make_form(scotland)
        window = make_window(scotland, form, -40, -10)
        counts = []
        for more in (1, 30):
            for applicant in people(more):
                make_submitted(scotland, window, form, applicant)
            with statements() as seen:
                rows, total = queues.of_lead(scotland, None, clock.now(), limit=20)
            counts.append(len(seen))
        assert counts[0] == counts[1]
        assert (len(rows), total) == (20, 31)


def test_the_central_team_sees_every_partners(
    platform_session: ScopedSession, session_for: Callable[[str], ScopedSession], people: Any
) -> None:
    found = set()
    for slug in ("scotland", "wales"):
        session = session_for(slug)
        form = make_form(session, number=1001 if slug == "scotland" else 1002)
        window = make_window(session, form, -40, -10)
        applicant, lead, central = people(3)
        signed = make_submitted(session, window, form, applicant)
        make_decision(session, signed, signed_by=lead)
        released = make_submitted(session, window, form, lead)
        decision = make_decision(session, released, "decline", "released", signed_by=central, moderated_by=applicant)
        _row(
            session, Appeal, application_id=released, decision_id=decision, grounds="You missed a page.", state="received",
            at=clock.now(), version=1,
        )  # fmt: skip
        found |= {("moderate", session.scope.tenant_id), ("appeal", session.scope.tenant_id)}
    rows, total = queues.of_central_team(platform_session, None)
    assert {(one.kind, one.tenant_id) for one in rows} == found
    assert total == 4
    assert queues.of_central_team(platform_session, None, kind="appeal")[1] == 2


def test_nothing_waits_for_somebody_who_may_not_do_it(scotland: ScopedSession, people: Any) -> None:
    """Whoever signed a decision does not moderate it, and whoever had a part in one does not answer the appeal about it."""
    form = make_form(scotland)
    window = make_window(scotland, form, -40, -10)
    applicant, lead, central, another = people(4)
    make_decision(scotland, make_submitted(scotland, window, form, applicant), signed_by=lead)
    declined = make_submitted(scotland, window, form, another)
    decision = make_decision(scotland, declined, "decline", "released", signed_by=lead, moderated_by=central)
    _row(
        scotland, Appeal, application_id=declined, decision_id=decision, grounds="You missed a page.", state="received",
        at=clock.now(), version=1,
    )  # fmt: skip

    def waits(account: str | None) -> set[str]:
        return {one.kind for one in queues.of_central_team(scotland, account)[0]}

    assert waits(None) == {"moderate", "appeal"}
    assert waits(lead) == set()
    assert waits(central) == {"moderate"}


@pytest.mark.usefixtures("app_context")
def test_the_funnel_counts_each_stage_and_no_unreleased_decision(scotland: ScopedSession, people: Any) -> None:
    form = make_form(scotland)
    window = make_window(scotland, form, -40, -10)
    drafting, submitted, assessed, accepted, member, assessor, lead, central = people(8)
    for number in range(3):
        _row(
            scotland, Interest, email=f"{number}@example.org", email_norm=f"{number}@example.org", locale="en",
            state="confirmed", token_hash=new_token(), told_open=window, created_at=clock.now(), changed_at=clock.now(),
        )  # fmt: skip
    make_application(scotland, window, form, drafting, state="not_submitted")
    make_submitted(scotland, window, form, submitted)
    panel = make_assessor(scotland, assessor)
    made = {who: make_submitted(scotland, window, form, who) for who in (assessed, accepted, member)}
    for application in made.values():
        make_assessment(scotland, make_assignment(scotland, application, panel))
    make_decision(scotland, made[assessed], "accept", "moderated", signed_by=lead, moderated_by=central)
    for who in (accepted, member):
        make_decision(scotland, made[who], "accept", "released", signed_by=lead, moderated_by=central)
    _row(
        scotland, MembershipOffer, application_id=made[member], account_id=member, state="joined", offered_at=clock.now(),
        lapses_at=clock.now() + timedelta(days=60), version=1,
    )  # fmt: skip
    (found,) = funnel.funnels(scotland, lead, clock.now())
    assert dict(found.stages()) == {
        "interested": 3, "started": 5, "submitted": 4, "assessed": 3, "accepted": 2, "members": 1,
    }  # fmt: skip
    assert (found.declined, found.withdrawn, found.not_submitted) == (0, 0, 1)
    assert funnel.funnels(scotland, member, clock.now())[0].started == 4, "nobody counts their own application"
