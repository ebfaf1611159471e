"""What applicants are told is worked out from what is released, and from nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.admissions.projection import Appealed, Applied, PublicStatus, Stage, appeal_until, public_status
from core.admissions.queries.public import Out
from core.admissions.states import APPLICATION, DECISION

NOW = datetime(2027, 5, 1, 12, tzinfo=UTC)
CLOSED = Applied("submitted", NOW - timedelta(days=1))
HIDDEN = st.builds(
    Out,
    id=st.text("ab", min_size=1, max_size=3),
    number=st.integers(1, 9),
    state=st.sampled_from(sorted(DECISION.states - {"released"})),
    outcome=st.sampled_from(["accept", "decline"]),
    released_at=st.none() | st.just(NOW),
)
APPEALS = st.lists(
    st.builds(Appealed, decision_id=st.just("z"), state=st.sampled_from(["received", "upheld", "dismissed"]))
)


@given(
    state=st.sampled_from(sorted(APPLICATION.states)),
    closes=st.integers(-60, 60),
    hidden=st.lists(HIDDEN, max_size=6),
    appeals=APPEALS,
    released=st.none() | st.sampled_from(["accept", "decline"]),
)
def test_what_is_not_released_changes_nothing(
    state: str, closes: int, hidden: list[Out], appeals: list[Appealed], released: str | None
) -> None:
    applied = Applied(state, NOW + timedelta(days=closes))
    out = [Out("out", 1, "released", released, NOW)] if released else []
    told = public_status(applied, [*hidden, *out], NOW, appeals)
    assert told == public_status(applied, out, NOW)
    if not out:
        assert (told.outcome, told.decision_id, told.decided_at) == ("", "", None)


def test_a_state_that_no_released_decision_carries_says_nothing() -> None:
    assert public_status(Applied("accepted", CLOSED.closes_at), [], NOW) == public_status(CLOSED, [], NOW)


@pytest.mark.parametrize(("days", "stage"), [(0, Stage.SUBMITTED), (5, Stage.SUBMITTED), (-1, Stage.ASSESSING)])
def test_being_assessed_follows_from_the_closing_instant(days: int, stage: Stage) -> None:
    told = public_status(Applied("submitted", NOW + timedelta(days=days)), [], NOW)
    assert told == PublicStatus(stage, expected_by=NOW + timedelta(days=days + 42))


def test_an_appeal_can_be_made_to_the_end_of_its_last_day_in_london() -> None:
    released = datetime(2027, 3, 1, 12, tzinfo=UTC)
    until = appeal_until(released, 28)
    assert until == datetime(2027, 3, 29, 22, 59, 59, tzinfo=UTC)
    out = [Out("d", 1, "released", "decline", released)]
    declined = Applied("declined", released - timedelta(days=30))
    assert public_status(declined, out, until).appeal == "open"
    assert public_status(declined, out, until + timedelta(seconds=1)).appeal == ""
    assert public_status(declined, out, until, [Appealed("d", "upheld")]).appeal == "received"
    assert public_status(declined, out, until, [Appealed("d", "dismissed")]).appeal == "dismissed"
    accepted = [Out("d", 2, "released", "accept", released)]
    told = public_status(Applied("accepted", declined.closes_at), accepted, until)
    assert (told.appeal, told.corrected) == ("", True)
