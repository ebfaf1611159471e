"""Rules of series on a London clock, against the time zone's own data."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from core.sdk import Invalid
from plugins.local_events.recurrence import Rule, check, dates, instants, moved, usual_rules, wall, written

wall_clock = datetime.fromisoformat

LONDON = ZoneInfo("Europe/London")
TUESDAY = wall_clock("2026-05-12T17:00")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
"""When the clocks change in 2026, at one o'clock UTC."""

starts = st.datetimes(wall_clock("2024-01-01T00:00"), wall_clock("2030-12-31T00:00")).map(
    lambda at: at.replace(second=0, microsecond=0)
)
endings = st.one_of(
    st.integers(2, 60).map(lambda count: {"count": count}), st.integers(1, 700).map(lambda days: {"days": days})
)


@st.composite
def ruled(draw: st.DrawFn) -> tuple[Rule, datetime]:
    """A rule and a first date that suggests it."""
    first = draw(starts)
    usual = draw(st.sampled_from(sorted(usual_rules(first).items())))[1]
    end = draw(endings)
    until = (first + timedelta(days=end["days"])).date() if "days" in end else None
    days = usual.weekdays
    if usual.freq == "weekly":
        days = tuple(sorted({*days, *draw(st.sets(st.integers(0, 6), max_size=3))}))
    interval = draw(st.integers(1, 12))
    return Rule(
        usual.freq, interval, days, usual.month_day, usual.nth, until=until, count=end.get("count")
    ), first  # fmt: skip


def _days(rule: Rule, first: datetime = TUESDAY) -> list[str]:
    return [day.date().isoformat() for day in dates(rule, first)]


def test_every_second_tuesday():
    assert _days(Rule("weekly", 2, (1,), count=4)) == ["2026-05-12", "2026-05-26", "2026-06-09", "2026-06-23"]


def test_monthly_on_the_third_and_on_the_second_thursday():
    third = wall_clock("2026-01-03T10:00")
    assert _days(Rule("monthly", month_day=3, count=3), third) == ["2026-01-03", "2026-02-03", "2026-03-03"]
    thursday = wall_clock("2026-01-08T10:00")
    assert _days(Rule("monthly", weekdays=(3,), nth=2, count=3), thursday) == ["2026-01-08", "2026-02-12", "2026-03-12"]


def test_a_month_without_such_a_day_is_left_out():
    last = wall_clock("2026-01-31T10:00")
    assert _days(Rule("monthly", month_day=31, count=4), last) == [
        "2026-01-31",
        "2026-03-31",
        "2026-05-31",
        "2026-07-31",
    ]
    friday = wall_clock("2026-01-30T10:00")
    assert _days(Rule("monthly", weekdays=(4,), nth=-1, count=3), friday) == ["2026-01-30", "2026-02-27", "2026-03-27"]


def test_until_is_included():
    assert _days(Rule("weekly", 1, (1,), until=date(2026, 5, 26))) == ["2026-05-12", "2026-05-19", "2026-05-26"]


@given(ruled())
def test_a_series_is_ordered_bounded_and_begins_with_its_first_date(case):
    rule, first = case
    found = dates(rule, first)
    assert found[0] == first
    assert found == sorted(set(found))
    assert len(found) <= min(rule.count or 60, 60)
    assert found[-1] - first <= timedelta(days=731)
    assert rule.until is None or found[-1].date() <= rule.until
    assert {day.time() for day in found} == {first.time()}


@given(ruled())
def test_every_date_is_one_of_the_rule_and_none_is_missing(case):
    rule, first = case
    found = dates(rule, first)
    end = found[-1] if rule.count else datetime.combine(rule.until or first.date(), first.time())
    if len(found) == 60:
        end = found[-1]
    day, expected = first, []
    while day <= min(end, first + timedelta(days=731)):
        if day == first or _fits(rule, first, day):
            expected.append(day)
        day += timedelta(days=1)
    assert found == expected


def _fits(rule: Rule, first: datetime, day: datetime) -> bool:
    """What the rule says, said again from its words."""
    if rule.freq == "weekly":
        monday = first.date() - timedelta(days=first.weekday())
        return (day.date() - monday).days // 7 % rule.interval == 0 and day.weekday() in rule.weekdays
    if ((day.year - first.year) * 12 + day.month - first.month) % rule.interval:
        return False
    if rule.month_day is not None:
        return day.day == rule.month_day
    if day.weekday() not in rule.weekdays:
        return False
    return (day + timedelta(days=7)).month != day.month if rule.nth == -1 else (day.day - 1) // 7 + 1 == rule.nth


@given(ruled())
def test_a_rule_is_read_back_as_it_was_written(case):
    assert Rule.parse(case[0].text()) == case[0]


@given(ruled(), st.data())
def test_a_rule_that_is_cut_gives_the_same_dates_before_and_none_after(case, data):
    rule, first = case
    found = dates(rule, first)
    assume(len(found) > 1)
    at = data.draw(st.integers(1, len(found) - 1))
    assert dates(rule.cut(found[at].date()), first) == found[:at]


@given(starts, st.integers(15, 20160).map(lambda minutes: timedelta(minutes=minutes)))
@example(wall_clock("2026-03-29T01:30"), timedelta(minutes=30))
@example(wall_clock("2026-03-29T00:45"), timedelta(minutes=30))
@example(wall_clock("2026-10-25T01:30"), timedelta(minutes=45))
@example(wall_clock("2026-03-29T01:30").replace(fold=1), timedelta(minutes=30))
@example(wall_clock("2026-10-25T01:30").replace(fold=1), timedelta(minutes=45))
def test_the_wall_clock_is_kept_and_no_event_ends_before_it_begins(start, length):
    begins, ends = instants(start, length)
    assert begins < ends
    assert begins.tzinfo is UTC
    local = begins.astimezone(LONDON)
    exists = (
        start.replace(tzinfo=LONDON, fold=0).astimezone(UTC).astimezone(LONDON).replace(tzinfo=None, fold=0) == start
    )
    if exists:
        assert local.replace(tzinfo=None, fold=0) == start == wall(begins)
        assert local.fold == 0, "of an hour that comes twice, the first"
    else:
        assert local.replace(tzinfo=None) == start + timedelta(hours=1)


def test_five_in_the_afternoon_stays_so_when_the_clocks_change():
    first = wall_clock("2026-03-24T17:00")
    begins = [instants(day, timedelta(hours=2))[0] for day in dates(Rule("weekly", 1, (1,), count=2), first)]
    assert [at.hour for at in begins] == [17, 16]
    assert begins[1] - begins[0] == timedelta(days=7) - timedelta(hours=1)


def test_a_time_that_a_clock_skips_comes_an_hour_later_and_a_double_one_first():
    skipped, _ = instants(datetime.combine(SPRING, datetime.min.time().replace(hour=1, minute=30)), timedelta(hours=2))
    assert (skipped, wall(skipped).hour) == (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), 2)
    double, ends = instants(
        datetime.combine(AUTUMN, datetime.min.time().replace(hour=1, minute=30)), timedelta(hours=2)
    )
    assert double == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert wall(ends) == wall_clock("2026-10-25T03:30")


@given(starts, starts, st.integers(-20000, 20000))
def test_what_belongs_to_a_start_keeps_its_distance_on_the_wall_clock(before, after, minutes):
    at = before + timedelta(minutes=minutes)
    instant, _ = instants(at, timedelta(minutes=15))
    assume(wall(instant) == at)
    wanted = after + timedelta(minutes=minutes)
    shifted = moved(instant, before, after)
    assert shifted == instants(wanted, timedelta(minutes=15))[0]
    assert moved(None, before, after) is None


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (Rule("daily", count=3), "pattern"),
        (Rule("weekly", 0, (1,), count=3), "interval"),
        (Rule("weekly", 13, (1,), count=3), "interval"),
        (Rule("weekly", count=3), "weekdays"),
        (Rule("weekly", 1, (9,), count=3), "weekdays"),
        (Rule("monthly", weekdays=(1,), nth=5, count=3), "pattern"),
        (Rule("weekly", 1, (1,)), "until"),
        (Rule("weekly", 1, (1,), count=61), "count"),
        (Rule("weekly", 1, (1,), count=1), "count"),
        (Rule("weekly", 1, (1,), until=date(2026, 5, 12)), "until"),
        (Rule("weekly", 1, (1,), until=date(2029, 5, 12)), "until"),
    ],
)
def test_what_no_series_can_have(rule, field):
    with pytest.raises(Invalid) as problem:
        check(rule, TUESDAY)
    assert field in problem.value.field_errors


def test_the_end_of_the_calendar_is_no_error():
    assert len(dates(Rule("weekly", 1, (4,), count=60), wall_clock("9999-12-03T17:00"))) == 5
    assert "monthly_last" in usual_rules(wall_clock("9999-12-31T23:59"))
    assert "monthly_last" not in usual_rules(wall_clock("9999-12-24T23:59"))


def test_original_starts_sort_as_time_does():
    days = dates(Rule("weekly", 1, (1,), count=60), TUESDAY)
    assert sorted(map(written, days)) == [written(day) for day in days]
