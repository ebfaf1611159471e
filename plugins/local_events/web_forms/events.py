"""What organisers and members type."""

import re
from collections.abc import Sequence
from datetime import MAXYEAR, datetime, timedelta
from typing import Any

from wtforms import (
    BooleanField,
    DateTimeLocalField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.fields.core import Field
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from core.sdk import N_, Form, Invalid, NotBlank, OnOneClock, clock, lazy_gettext, say, stripped
from plugins.local_events.queries.events import Details
from plugins.local_events.queries.kinds import Kind
from plugins.local_events.queries.places import Places
from plugins.local_events.queries.tags import Tags, plain_topic
from plugins.local_events.recurrence import wall
from plugins.local_events.service.drafts import LONGEST_OFFER_HOURS, Draft, check
from plugins.local_events.words import AUDIENCES, DOMAINS, KINDS, MODES, MOST_GUESTS, MOST_PLACES, REMINDERS

_l = lazy_gettext
PLACES_WRONG = _l("Enter a number of places from 1 to 5,000")
INSTANT_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class KeptOrOnOneClock(OnOneClock):
    """A validator: a London time that is exactly one instant, or the one that the form came with: a series has dates in the hour that
    autumn has twice (the first of the two), and whoever changes such an event's words leaves its time alone."""

    def __call__(self, form: Form, field: Field) -> None:
        """Raise ValidationError for another time that does not exist or comes twice."""
        if field.data != field.object_data:
            super().__call__(form, field)


class TicksField(SelectMultipleField):  # type: ignore[misc]  # wtforms carries no types
    """Any of a list, each with a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class EventForm(Form):
    """A new event, or a change to one. Times are typed and shown on a London clock. A new event has no 0 places (the service
    says so); one that was given 0 on the page of its places can still be changed."""

    title = StringField(
        _l("Title"), [NotBlank(N_("Give the event a title")), Length(max=200, message=_l("At most 200 characters"))],
        filters=[stripped],
    )  # fmt: skip
    kind = SelectField(_l("Kind of event"))
    summary = TextAreaField(
        _l("In short"),
        [
            NotBlank(N_("Say in a sentence or two what the event is about")),
            Length(max=500, message=_l("At most 500 characters")),
        ],
        filters=[stripped],
        description=_l("One or two sentences, shown in lists. At most 500 characters."),
    )
    description = TextAreaField(
        _l("Details"), [Length(max=20000, message=_l("At most 20,000 characters"))], filters=[stripped],
        description=_l("Programme, what to bring, how to get there. A blank line starts a new paragraph."),
    )  # fmt: skip
    starts_at = DateTimeLocalField(
        _l("Starts"), [InputRequired(_l("Enter the day and time")), KeptOrOnOneClock()], format=INSTANT_FORMATS
    )
    ends_at = DateTimeLocalField(
        _l("Ends"), [InputRequired(_l("Enter the day and time")), KeptOrOnOneClock()], format=INSTANT_FORMATS
    )
    mode = SelectField(_l("How people take part"))
    place = StringField(
        _l("Place"), [Length(max=200, message=_l("At most 200 characters"))], filters=[stripped],
        description=_l("Venue and town. Leave empty for an online event."),
    )  # fmt: skip
    online_url = URLField(
        _l("Link for joining online"), [Length(max=500, message=_l("At most 500 characters"))], filters=[stripped],
        description=_l("Only people who have registered see it."),
    )  # fmt: skip
    audience = SelectField(_l("Who it is for"))
    domains = TicksField(
        _l("Domains of quality"), description=_l("What it helps to make better. Choose as many as fit."),
    )  # fmt: skip
    topics = StringField(
        _l("Topics"), [Length(max=500, message=_l("At most 500 characters"))], filters=[stripped],
        description=_l("Words that people may look for, with commas between them: falls, run charts, mental health."),
    )  # fmt: skip
    capacity = IntegerField(
        _l("Places"), [Optional(), NumberRange(0, MOST_PLACES, message=PLACES_WRONG)],
        description=_l("Leave it empty for no limit."),
    )  # fmt: skip
    online_capacity = IntegerField(
        _l("Places online"), [Optional(), NumberRange(0, MOST_PLACES, message=PLACES_WRONG)],
        description=_l("For an event in person and online: how many can join online. Leave it empty for no limit."),
    )  # fmt: skip
    registration_opens_at = DateTimeLocalField(
        _l("Registration opens"), [Optional(), KeptOrOnOneClock()], format=INSTANT_FORMATS,
        description=_l("Leave it empty to open it when the event is published."),
    )  # fmt: skip
    registration_closes_at = DateTimeLocalField(
        _l("Registration closes"), [Optional(), KeptOrOnOneClock()], format=INSTANT_FORMATS,
        description=_l("Leave it empty to keep it open until the event begins."),
    )  # fmt: skip
    withdraw_until = DateTimeLocalField(
        _l("Give places back until"), [Optional(), KeptOrOnOneClock()], format=INSTANT_FORMATS,
        description=_l("Until when catering and rooms can be changed. Later is possible, and is noted as late."),
    )  # fmt: skip
    wants_approval = BooleanField(
        _l("An organiser approves each registration"),
        description=_l("People ask for a place, and you say yes or no."),
    )
    guests_allowed = IntegerField(
        _l("Guests each person may bring"), [Optional(), NumberRange(0, MOST_GUESTS, message=_l("Enter a number from 0 to 9"))],
        default=0, description=_l("Each guest takes a place."),
    )  # fmt: skip
    offer_hours = IntegerField(
        _l("Hours to answer an offer"),
        [Optional(), NumberRange(1, LONGEST_OFFER_HOURS, message=_l("Enter a number of hours from 1 to 336"))], default=48,
        description=_l("How long a free place is kept for somebody on the waiting list before it goes to the next."),
    )  # fmt: skip
    keep_answers_days = IntegerField(
        _l("Days to keep sensitive answers"),
        [Optional(), NumberRange(0, 365, message=_l("Enter a number of days from 0 to 365"))], default=14,
        description=_l("Access and food needs are deleted so many days after the event."),
    )  # fmt: skip
    reminders = TicksField(
        _l("Reminders"), coerce=int, description=_l("When people who are coming hear from you again."),
    )  # fmt: skip
    certificate = BooleanField(
        _l("Certificates of attendance"), description=_l("Those who came can have one when the event is over."),
    )  # fmt: skip

    def __init__(self, *args: Any, audiences: Sequence[str] = tuple(AUDIENCES), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lists = (
            (self.kind, KINDS), (self.mode, MODES), (self.audience, {name: AUDIENCES[name] for name in audiences}),
            (self.domains, DOMAINS), (self.reminders, REMINDERS),
        )  # fmt: skip
        for field, words in lists:
            field.choices = [(value, say(label)) for value, label in words.items()]

    def validate(self, extra_validators: Any = None) -> bool:
        """WTForms' validation; where something is wrong, with what the service would say of the rest: it is told in one round.
        Of its times nothing more where one of them is none, or two: read as either it might be told to be before another."""
        ok = super().validate(extra_validators)
        if not ok and self.mode.data in MODES and self.starts_at.data and self.ends_at.data:
            unsure = set(INSTANTS) if any(self[name].data and self[name].errors for name in INSTANTS) else set()
            try:
                check(self.draft(), fewest=0)
            except Invalid as error:
                wrong = error.field_errors.items()
                self.take({name: words for name, words in wrong if name not in unsure and not self[name].errors})
        return ok

    def draft(self) -> Draft:
        """The form's answers as the service takes them."""
        return Draft(
            kind=self.kind.data,
            title=self.title.data,
            summary=self.summary.data,
            description=self.description.data,
            mode=self.mode.data,
            place=self.place.data,
            online_url=self.online_url.data,
            starts_at=clock.from_london(self.starts_at.data),
            ends_at=clock.from_london(self.ends_at.data),
            audience=self.audience.data,
            capacity=self.capacity.data,
            online_capacity=self.online_capacity.data,
            registration_opens_at=_instant(self.registration_opens_at),
            registration_closes_at=_instant(self.registration_closes_at),
            withdraw_until=_instant(self.withdraw_until),
            wants_approval=self.wants_approval.data,
            guests_allowed=self.guests_allowed.data or 0,
            offer_hours=48 if self.offer_hours.data is None else self.offer_hours.data,
            keep_answers_days=14 if self.keep_answers_days.data is None else self.keep_answers_days.data,
            reminders=tuple(self.reminders.data or ()),
            certificate=self.certificate.data,
            domains=tuple(self.domains.data or ()),
            topics=topics_of(self.topics.data),
        )


def topics_of(text: str) -> tuple[str, ...]:
    """Topics as they are typed: with commas, semicolons or lines between them."""
    words = (plain_topic(word) for word in re.split(r"[,;\n]", text))
    return tuple(dict.fromkeys(word for word in words if word))


def _instant(field: Any) -> datetime | None:
    return clock.from_london(field.data) if field.data is not None else None


INSTANTS = ("starts_at", "ends_at", "registration_opens_at", "registration_closes_at", "withdraw_until")


def values_of(event: Details, places: Places, tags: Tags) -> dict[str, Any]:
    """An event as the form's first values."""
    sizes = {pool.kind: pool.capacity for pool in places.pools}
    return {
        **{name: value for name, value in event._asdict().items() if name not in INSTANTS},
        **{name: wall(at) for name in INSTANTS if (at := getattr(event, name)) is not None},
        "domains": tags.domains,
        "topics": ", ".join(tags.topics),
        "capacity": sizes.get("in_person", sizes.get("online")),
        "online_capacity": sizes.get("online") if event.mode == "both" else None,
    }


def beginning(kind: Kind, day: datetime) -> dict[str, Any]:
    """The first values of a new event of a kind that may begin at `day` (wall clock)."""
    return {
        "kind": kind.kind,
        "mode": kind.mode,
        "starts_at": day,
        "ends_at": day + timedelta(minutes=kind.minutes),
        "capacity": kind.capacity,
        "wants_approval": kind.wants_approval,
        "guests_allowed": kind.guests_allowed,
        "certificate": kind.certificate,
        "reminders": kind.reminders,
    }


def begin_anew(form: EventForm, before: Kind, kind: Kind) -> None:
    """Give a form that is being filled what is usual for `kind`: only where it still says what was usual for `before`. What
    somebody chose or typed stays, the day and its time too; so does an end that is not the usual one."""
    typed = form.starts_at.data
    start = typed if typed and typed.year < MAXYEAR else None  # nothing can be added to the end of time
    day = start or datetime.combine(clock.today(), datetime.min.time())
    was, becomes = beginning(before, day), beginning(kind, day)
    for name, value in becomes.items():
        field = form[name]
        same = set(field.data or ()) == set(was[name]) if isinstance(value, list) else field.data == was[name]
        if name == "kind" or (
            same and not field.process_errors and (start or name != "ends_at") and name != "starts_at"
        ):
            field.data, field.raw_data = value, None


class CancelForm(Form):
    """Why an event is cancelled."""

    why = TextAreaField(
        _l("Why it is cancelled"),
        [
            NotBlank(N_("Say why the event is cancelled, in at most 500 characters")),
            Length(max=500, message=_l("At most 500 characters")),
        ],
        filters=[stripped],
        description=_l("Everybody who can see the event can read this."),
    )
