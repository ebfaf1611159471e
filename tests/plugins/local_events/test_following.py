"""What changing a series from one date on does: settled dates stay as they are, whatever the new rule."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from plugins.local_events.following import ADDED, BY_ITSELF, ENDS, MOVES, STAYS, Line, plan, settled
from plugins.local_events.queries.series import Date
from plugins.local_events.recurrence import Rule, dates, instants, wall, written

wall_clock = datetime.fromisoformat

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
FIRST = wall_clock("2026-05-12T17:00")
HOUR = timedelta(hours=1)


def _date(number: int, day: datetime, state: str = "published", registered: bool = False, by: int = 0) -> Date:
    begins, ends = instants(day + timedelta(hours=by), HOUR)
    return Date(
        f"event {number}", written(day), "Title", "", "", "in_person", "Perth", "", "workshop", begins, ends, "public",
        state, 1, None, None, registered,
    )  # fmt: skip


WEEKLY = Rule("weekly", 1, (1,), count=6)
LATER = [_date(number, day) for number, day in enumerate(dates(WEEKLY, FIRST))]


def _whats(lines: list[Line]) -> list[str]:
    return [line.what for line in lines]


def test_all_move_to_the_new_time():
    wednesdays = Rule("weekly", 1, (2,), count=6)
    lines = plan(LATER, [], wednesdays, dates(wednesdays, FIRST + timedelta(days=1)), NOW)
    assert _whats(lines) == [MOVES] * 6
    assert [line.event_id for line in lines] == [one.event_id for one in LATER]


def test_a_date_with_registrations_stays_and_no_other_is_made_in_its_week():
    there = [LATER[0], _date(1, FIRST + timedelta(days=7), registered=True), *LATER[2:]]
    wednesdays = Rule("weekly", 1, (2,), count=6)
    lines = plan(there, [], wednesdays, dates(wednesdays, FIRST + timedelta(days=1)), NOW)
    stays = [line for line in lines if line.what == STAYS]
    assert [(line.event_id, line.why) for line in stays] == [("event 1", "registered")]
    weeks = [line.after.isocalendar()[:2] for line in lines if line.after is not None]
    assert len(weeks) == len(set(weeks))


def test_a_date_that_was_left_out_or_cancelled_is_not_made_anew():
    there = [LATER[0], _date(1, FIRST + timedelta(days=7), state="cancelled"), *LATER[3:]]
    out = [written(FIRST + timedelta(days=14))]
    lines = plan(there, out, WEEKLY, dates(WEEKLY, FIRST + HOUR), NOW)
    assert _whats(lines) == [MOVES, STAYS, MOVES, MOVES, MOVES]


TWICE = Rule("weekly", 1, (1, 3), count=6)  # Tuesdays and Thursdays


def test_of_two_days_a_week_one_that_stays_or_was_left_out_stands_for_itself_alone():
    days = dates(TWICE, FIRST)
    there = [_date(0, days[0], registered=True), *(_date(number, days[number]) for number in (1, 3, 4, 5))]
    later = dates(TWICE, FIRST + HOUR)
    lines = plan(there, [written(days[2])], TWICE, later, NOW)
    assert [(line.what, line.after) for line in lines] == [
        (STAYS, days[0]), *((MOVES, later[number]) for number in (1, 3, 4, 5))
    ]  # fmt: skip
    assert [line.event_id for line in lines] == [one.event_id for one in there]


def test_what_was_left_out_before_the_chosen_date_takes_nothing_from_it():
    days = dates(TWICE, FIRST)
    there = [_date(number, days[number]) for number in range(1, 6)]
    rule = Rule("weekly", 1, (1, 3), count=5)
    lines = plan(there, [written(days[0])], rule, dates(rule, days[1] + HOUR), NOW)
    assert _whats(lines) == [MOVES] * 5


def test_fewer_dates_end_what_is_left_over_and_more_add_to_it():
    few, many = Rule("weekly", 1, (1,), count=4), Rule("weekly", 1, (1,), count=8)
    assert _whats(plan(LATER, [], few, dates(few, FIRST), NOW)) == [MOVES] * 4 + [ENDS] * 2
    assert _whats(plan(LATER, [], many, dates(many, FIRST), NOW)) == [MOVES] * 6 + [ADDED] * 2


kinds = st.tuples(
    st.sampled_from(["draft", "published", "approved", "cancelled", "completed"]),
    st.booleans(),
    st.sampled_from([0, 0, 3]),
)


@given(
    st.lists(kinds, min_size=1, max_size=10),
    st.sampled_from(["weekly", "monthly"]),
    st.integers(1, 3),
    st.integers(2, 12),
    st.integers(-60, 90),
    st.sampled_from([(), (0,), (2, 4)]),
)
def test_settled_dates_keep_their_time_every_date_is_told_and_no_two_share_a_time(
    them, freq, interval, count, shift, also
):
    there = [_date(n, FIRST + timedelta(days=7 * n), *one) for n, one in enumerate(them)]
    start = FIRST + timedelta(days=shift)
    rule = Rule("weekly", interval, tuple(sorted({start.weekday(), *also})), count=count)
    if freq == "monthly":
        rule = Rule("monthly", interval, month_day=start.day, count=count)
    days = dates(rule, start)
    lines = plan(there, [], rule, days, NOW)
    told = [line.event_id for line in lines if line.event_id is not None]
    assert sorted(told) == sorted(one.event_id for one in there)
    by_id = {one.event_id: one for one in there}
    for line in lines:
        one = by_id.get(line.event_id or "")
        settled = one is not None and (
            one.registered
            or one.state in ("cancelled", "completed")
            or written(wall(one.starts_at)) != one.original_start
        )
        assert (line.what == STAYS) == settled
        if line.what == STAYS:
            assert line.before == line.after
        if line.what in (MOVES, ADDED):
            assert line.after in days
    times = [line.after for line in lines if line.what in (MOVES, ADDED)]
    assert len(times) == len(set(times))
    assert not set(times) & {line.after for line in lines if line.what == STAYS}


def test_a_date_that_the_clocks_moved_on_an_hour_was_not_moved_by_its_organiser():
    days = dates(Rule("weekly", 1, (6,), count=3), wall_clock("2027-03-21T01:30"))
    there = [_date(number, day) for number, day in enumerate(days)]
    assert wall(there[1].starts_at) == wall_clock("2027-03-28T02:30")
    assert [settled(one, NOW) for one in there] == [""] * 3
    assert settled(_date(1, days[1], by=1), NOW) == ""  # 02:30 is the same time, however it came to be
    assert settled(_date(1, days[1], by=2), NOW) == BY_ITSELF
