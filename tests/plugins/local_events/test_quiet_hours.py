"""When letters wait for the morning, and which reminder is due. No database."""

from datetime import UTC, datetime, timedelta

import pytest

from plugins.local_events import quiet
from plugins.local_events.service.reminding import due, slot_of
from plugins.local_events.settings import Settings

USUAL, NEVER, DAYTIME = Settings(), Settings(quiet_from=8, quiet_until=8), Settings(quiet_from=9, quiet_until=17)
FAR = timedelta(days=3)


@pytest.mark.parametrize(
    ("at", "night"),
    [
        (datetime(2026, 12, 1, 20, 59, tzinfo=UTC), False),
        (datetime(2026, 12, 1, 21, 0, tzinfo=UTC), True),
        (datetime(2026, 12, 1, 7, 59, tzinfo=UTC), True),
        (datetime(2026, 12, 1, 8, 0, tzinfo=UTC), False),
        (datetime(2026, 7, 1, 20, 0, tzinfo=UTC), True),  # nine in the evening in summer
        (datetime(2026, 7, 1, 7, 0, tzinfo=UTC), False),
    ],
)
def test_night_is_read_on_a_london_clock(at, night):
    assert quiet.is_night(at, USUAL) is night
    assert quiet.is_night(at, NEVER) is False
    assert quiet.may_go("reminder", at + FAR, at, USUAL) is not night


def test_hours_within_a_day():
    assert quiet.is_night(datetime(2026, 12, 1, 12, tzinfo=UTC), DAYTIME)
    assert not quiet.is_night(datetime(2026, 12, 1, 18, tzinfo=UTC), DAYTIME)


@pytest.mark.parametrize("kind", ["change", "cancelled", "reminder", "message", "certificate", "invited"])
def test_only_changes_and_cancellations_of_what_is_near_go_at_night(kind):
    at = datetime(2026, 12, 1, 23, tzinfo=UTC)
    assert quiet.may_go(kind, at + timedelta(hours=24), at, USUAL) is (kind in ("change", "cancelled"))
    assert not quiet.may_go(kind, at + timedelta(hours=25), at, USUAL)


@pytest.mark.parametrize(
    ("at", "settings", "until"),
    [
        (datetime(2026, 12, 1, 23, 30, tzinfo=UTC), USUAL, datetime(2026, 12, 2, 8, tzinfo=UTC)),
        (datetime(2026, 12, 1, 3, tzinfo=UTC), USUAL, datetime(2026, 12, 1, 8, tzinfo=UTC)),
        (datetime(2026, 10, 24, 22, tzinfo=UTC), USUAL, datetime(2026, 10, 25, 8, tzinfo=UTC)),  # the clocks go back
        (datetime(2026, 12, 1, 12, tzinfo=UTC), DAYTIME, datetime(2026, 12, 1, 17, tzinfo=UTC)),
        (datetime(2026, 12, 1, 12, tzinfo=UTC), USUAL, None),
        (datetime(2026, 12, 1, 23, tzinfo=UTC), NEVER, None),
    ],
)
def test_what_waits_waits_until_the_morning_and_no_longer(at, settings, until):
    waits = quiet.wait("visit_ask", None, at, settings)
    assert (at + waits if waits is not None else None) == until


def test_who_sets_out_for_a_visit_soon_hears_at_night_that_it_is_off():
    at = datetime(2026, 12, 1, 23, tzinfo=UTC)
    assert quiet.wait("visit_withdraw", at + timedelta(hours=12), at, USUAL) is None
    assert quiet.wait("visit_withdraw", at + FAR, at, USUAL) == timedelta(hours=9)
    assert quiet.wait("visit_agree", at + timedelta(hours=12), at, USUAL) == timedelta(hours=9)


def test_of_several_missed_reminders_the_last_is_due():
    starts = datetime(2026, 12, 10, 10, tzinfo=UTC)
    hours = [168, 24]
    assert due(starts, hours, starts - timedelta(days=8)) is None
    assert due(starts, hours, starts - timedelta(days=7)) == 168
    assert due(starts, hours, starts - timedelta(hours=3)) == 24
    assert due(starts, hours, starts) is None
    assert due(starts, [], starts - timedelta(hours=3)) is None


def test_an_event_that_moves_is_another_occasion():
    starts = datetime(2026, 12, 10, 10, tzinfo=UTC)
    assert slot_of(starts, 168) != slot_of(starts + timedelta(days=1), 168)
