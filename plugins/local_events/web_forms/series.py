"""What an organiser types to repeat an event, to copy it, and to change a series from one date on."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from wtforms import (
    DateField,
    DateTimeLocalField,
    HiddenField,
    IntegerField,
    RadioField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.sdk import N_, Form, NotBlank, OnOneClock, gettext, lazy_gettext, say, stripped
from plugins.local_events.queries.series import Date
from plugins.local_events.recurrence import MOST_INTERVAL, WEEK, Rule, usual_rules, wall
from plugins.local_events.service.splitting import WORDS, Later
from plugins.local_events.web_forms.events import INSTANT_FORMATS, KeptOrOnOneClock, TicksField
from plugins.local_events.words import MOST_DATES, ORDINALS, WEEKDAYS

_l = lazy_gettext
UNTIL, COUNT = "until", "count"


def pattern_words(name: str, first: datetime) -> str:
    """A pattern as people say it, for a series that begins with `first`."""
    day, nth = say(WEEKDAYS[first.weekday()]), (first.day - 1) // 7 + 1
    if name == "weekly":
        return gettext("By weeks")
    if name == "monthly_day":
        return gettext("By months, on day %(day)s", day=first.day)
    number = ORDINALS[-1 if name == "monthly_last" else nth]
    return gettext("By months, on the %(number)s %(weekday)s", number=say(number), weekday=day)


class RuleForm(Form):
    """How something repeats."""

    pattern = RadioField(_l("Repeat"), default="weekly")
    interval = IntegerField(
        _l("Every so many weeks or months"),
        [
            InputRequired(_l("Enter a number from 1 to 12")),
            NumberRange(1, MOST_INTERVAL, message=_l("Enter a number from 1 to 12")),
        ],
        default=1,
        description=_l("1 is each week or month, 2 is every other one."),
    )
    weekdays = TicksField(_l("Also on"), coerce=int, description=_l("By weeks: more days of the same week."))
    ends = RadioField(_l("Until"), default=COUNT)
    count = IntegerField(
        _l("Number of dates"),
        [Optional(), NumberRange(2, MOST_DATES, message=_l("Enter a number of dates from 2 to 60"))],
        description=_l("The first one counts."),
    )
    until = DateField(_l("Last day"), [Optional()])

    def offer(self, first: datetime) -> None:
        """Offer the patterns that fit a first date."""
        self.pattern.choices = [(name, pattern_words(name, first)) for name in usual_rules(first)]
        self.weekdays.choices = [
            (number, say(name)) for number, name in enumerate(WEEKDAYS) if number != first.weekday()
        ]
        self.ends.choices = [(COUNT, gettext("A number of dates")), (UNTIL, gettext("A last day"))]

    def rule(self, first: datetime) -> Rule:
        """The rule as the service takes it, for a series that begins with `first`. A pattern that does not fit `first` is weekly."""
        known = usual_rules(first)
        found = known.get(self.pattern.data) or known["weekly"]
        if found.freq == WEEK:
            found = replace(found, weekdays=tuple(sorted({first.weekday(), *(self.weekdays.data or ())})))
        by_day = self.ends.data == UNTIL
        return replace(
            found,
            interval=self.interval.data,
            until=self.until.data if by_day else None,
            count=None if by_day else self.count.data,
        )


def rule_values(rule: Rule, first: datetime) -> dict[str, Any]:
    """A rule as the form's first values."""
    usual = usual_rules(first)
    bare = replace(rule, interval=1, until=None, count=None)
    weekly = "weekly" if rule.freq == WEEK else "monthly_day"
    return {
        "pattern": next((name for name, one in usual.items() if one == bare), weekly),
        "interval": rule.interval,
        "weekdays": [day for day in rule.weekdays if day != first.weekday()] if rule.freq == WEEK else [],
        "ends": COUNT if rule.count is not None else UNTIL,
        "count": rule.count,
        "until": rule.until,
    }


class RepeatForm(RuleForm):
    """Repeating an event. `without` are dates that a preview showed and that are left out."""

    without = TicksField(_l("Leave these dates out"))


class LaterForm(RuleForm):
    """Changing a series from one date on."""

    title = StringField(
        _l("Title"), [NotBlank(N_("Give the event a title")), Length(max=200, message=_l("At most 200 characters"))],
        filters=[stripped],
    )  # fmt: skip
    summary = TextAreaField(
        _l("In short"),
        [
            NotBlank(N_("Say in a sentence or two what the event is about")),
            Length(max=500, message=_l("At most 500 characters")),
        ],
        filters=[stripped],
    )
    description = TextAreaField(
        _l("Details"), [Length(max=20000, message=_l("At most 20,000 characters"))], filters=[stripped]
    )
    starts_at = DateTimeLocalField(
        _l("This date begins"),
        [InputRequired(_l("Enter the day and time")), KeptOrOnOneClock()],
        format=INSTANT_FORMATS,
    )
    minutes = IntegerField(
        _l("Length in minutes"),
        [
            InputRequired(_l("Enter a number of minutes from 15 to 20,160")),
            NumberRange(15, 20160, message=_l("Enter a number of minutes from 15 to 20,160")),
        ],
    )
    place = StringField(_l("Place"), [Length(max=200, message=_l("At most 200 characters"))], filters=[stripped])
    online_url = URLField(
        _l("Link for joining online"), [Length(max=500, message=_l("At most 500 characters"))], filters=[stripped]
    )
    previewed = HiddenField()

    def later(self) -> Later:
        """The form's answers as the service takes them."""
        start = self.starts_at.data
        return Later(
            rule=self.rule(start),
            start=start,
            length=timedelta(minutes=self.minutes.data),
            ending=gettext("This date is no longer part of the series."),
            **{name: getattr(self, name).data for name in WORDS},
        )


def later_values(date: Date, rule: Rule, left: int) -> dict[str, Any]:
    """The first values for changing a series from `date` on, which is the first of `left` dates of its rule, those that were left
    out counted too."""
    start = wall(date.starts_at)
    values = {name: getattr(date, name) for name in WORDS}
    if rule.count is not None:
        rule = replace(rule, count=max(2, left))
    length = wall(date.ends_at) - start
    return {
        **values, **rule_values(rule, start), "starts_at": start, "minutes": int(length.total_seconds() // 60),
    }  # fmt: skip


class CopyForm(Form):
    """When a copy of an event begins."""

    starts_at = DateTimeLocalField(
        _l("The copy begins"), [InputRequired(_l("Enter the day and time")), OnOneClock()], format=INSTANT_FORMATS
    )


class VisitForm(CopyForm):
    """One more visit of an exchange."""

    starts_at = DateTimeLocalField(
        _l("The next visit begins"), [InputRequired(_l("Enter the day and time")), OnOneClock()], format=INSTANT_FORMATS
    )
    place = StringField(
        _l("Place"), [Length(max=200, message=_l("At most 200 characters"))], filters=[stripped],
        description=_l("Where this visit goes."),
    )  # fmt: skip
