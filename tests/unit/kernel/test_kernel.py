"""Ids, clock, findings and state machines."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel import clock
from core.kernel.errors import Conflict, Declined, Forbidden, Invalid, NotFound, Refused
from core.kernel.findings import Finding, Verdict, worst
from core.kernel.ids import is_id, new_id, new_token
from core.kernel.states import StateMachine, Transition


def test_ids_are_unique_and_sort_by_time() -> None:
    made = [new_id() for _ in range(2000)]
    assert len(set(made)) == 2000
    assert all(is_id(value) for value in made)
    assert made[0][:9] <= made[-1][:9]


def test_what_is_missing_or_forbidden_is_no_refusal_that_a_form_shows() -> None:
    assert {kind for kind in (Conflict, Forbidden, Invalid, NotFound, Refused) if issubclass(kind, Declined)} == {
        Conflict, Invalid, Refused,
    }  # fmt: skip


@given(st.text(max_size=40))
def test_nonsense_is_no_id(text: str) -> None:
    assert not is_id(text) or (len(text) == 26 and text.isascii())


def test_tokens_carry_256_bits() -> None:
    assert len(new_token()) == 43


def test_london_has_summer_time() -> None:
    assert clock.london(datetime(2027, 7, 1, 12, tzinfo=UTC)).hour == 13
    assert clock.from_london(datetime(2027, 7, 1, 13)) == datetime(2027, 7, 1, 12, tzinfo=UTC)  # noqa: DTZ001 - typed by a person
    assert clock.from_london(datetime(2027, 1, 1, 13)) == datetime(2027, 1, 1, 13, tzinfo=UTC)  # noqa: DTZ001 - typed by a person


def test_a_frozen_clock_stands_still() -> None:
    at = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)
    with clock.frozen(at):
        assert clock.now() == at
    assert clock.now() != at


@given(st.lists(st.sampled_from(Verdict)))
def test_the_worst_finding_wins(verdicts: list[Verdict]) -> None:
    found = worst(Finding(verdict, "", "") for verdict in verdicts)
    assert found == max(verdicts, default=Verdict.ALLOW)
    if Verdict.DENY in verdicts:
        assert found is Verdict.DENY


DOOR = StateMachine(
    "door", "open", [Transition("shut", "open", "closed", "x"), Transition("lock", "closed", "locked", "x")]
)


def test_a_state_machine_refuses_what_it_does_not_list() -> None:
    assert DOOR.target("shut", "open") == "closed"
    with pytest.raises(Refused):
        DOOR.target("lock", "open")
    assert DOOR.sources("lock") == ("closed",)
    assert "open --> closed: shut" in DOOR.mermaid()


def test_a_state_nobody_can_reach_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no way to reach"):
        StateMachine("door", "open", [Transition("lock", "closed", "locked", "x")])


def test_one_event_cannot_lead_to_two_states() -> None:
    with pytest.raises(ValueError, match="leads from one state to two"):
        StateMachine("door", "a", [Transition("go", "a", "b", "x"), Transition("go", "a", "c", "x")])
