"""What presses at the door say of one person, in any order; tickets and hours. No database."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.local_events import attendance, tickets
from plugins.local_events.attendance import ATTENDED, EXPECTED, NO_SHOW, PARTIAL
from plugins.local_events.queries.certificates import hours_of

STARTS = datetime(2026, 11, 30, 10, tzinfo=UTC)
ENDS = STARTS + timedelta(hours=2)
AFTER = ENDS + timedelta(minutes=1)


class P(NamedTuple):
    """A press."""

    direction: str
    at: datetime
    nonce: str
    undoes: str = ""


def _at(minutes: int) -> datetime:
    return STARTS + timedelta(minutes=minutes)


def _said(*presses: P, now: datetime = AFTER) -> str:
    return attendance.attendance(attendance.presence(presses), ENDS, now)


def test_who_never_came_is_expected_until_the_event_is_over():
    assert _said(now=_at(30)) == EXPECTED
    assert _said() == NO_SHOW


def test_two_devices_are_one_coming():
    found = attendance.presence([P("in", _at(5), "b"), P("in", _at(1), "a")])
    assert (found.inside, found.came_at, found.nonces) == (True, _at(1), ("a", "b"))
    assert _said(P("in", _at(5), "b"), P("in", _at(1), "a")) == ATTENDED


def test_an_undo_takes_back_its_own_press_and_no_other():
    mistaken = (P("in", _at(1), "a"), P("in", _at(2), "b"), P("undo", _at(3), "c", "b"))
    assert attendance.presence(mistaken).nonces == ("a",)
    assert _said(P("in", _at(1), "a"), P("undo", _at(3), "c", "a")) == NO_SHOW


@pytest.mark.parametrize(("left", "said"), [(60, PARTIAL), (104, PARTIAL), (105, ATTENDED), (125, ATTENDED)])
def test_leaving_early_is_attending_in_part(left, said):
    assert _said(P("in", _at(0), "a"), P("out", _at(left), "b")) == said


def test_minutes_are_whole_quarters_within_the_event():
    early = attendance.presence(
        [P("in", _at(-30), "a"), P("out", _at(50), "b"), P("in", _at(70), "c"), P("out", _at(89), "d")]
    )
    assert attendance.minutes(early, STARTS, ENDS) == 60
    assert attendance.minutes(attendance.Presence(), STARTS, ENDS) == 0


_PRESSES = st.lists(
    st.tuples(st.sampled_from(["in", "out", "undo"]), st.integers(-60, 180), st.integers(0, 9)), max_size=8
)


@given(_PRESSES, st.randoms(use_true_random=False))
def test_the_order_in_which_presses_arrive_does_not_matter(drawn, shuffled):
    presses = [
        P(way, _at(at), f"n{i}", f"n{other}" if way == "undo" else "") for i, (way, at, other) in enumerate(drawn)
    ]
    once = attendance.presence(presses)
    shuffled.shuffle(presses)
    assert attendance.presence(presses) == once
    assert attendance.presence([*presses, *presses]).spells == once.spells


def test_a_code_is_read_as_people_write_it():
    code = tickets.code_of("secret")
    assert len(code) == 8
    assert code != tickets.code_of("another")
    assert tickets.typed(f" {tickets.shown(code).lower()} ") == code
    assert tickets.typed("o0il-u1") == "0011V1"


def test_a_picture_is_one_path_with_its_margin():
    path, side = tickets.path_of_picture("https://q.example.org/scotland/events/x/check-in/ticket/y")
    assert path.startswith("M4 4h7v1h-7z")
    assert side > 29


@pytest.mark.parametrize(("minutes", "said"), [(120, "2"), (90, "1.5"), (45, "0.75"), (600, "10")])
def test_hours_without_needless_digits(minutes, said):
    assert hours_of(minutes) == said
