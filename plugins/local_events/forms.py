"""What organisers and members type."""

from datetime import datetime
from typing import Any

from wtforms import (
    DateTimeLocalField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.validators import InputRequired, Length, NumberRange

from core.sdk import N_, Form, NotBlank, clock, lazy_gettext, say, stripped
from plugins.local_events.queries import Details
from plugins.local_events.service import Draft
from plugins.local_events.words import AUDIENCES, KINDS, MODES, MOST_PLACES

_l = lazy_gettext
INSTANT_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class EventForm(Form):
    """A new event, or a change to one. Times are typed and shown on a London clock."""

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
    starts_at = DateTimeLocalField(_l("Starts"), [InputRequired(_l("Enter the day and time"))], format=INSTANT_FORMATS)
    ends_at = DateTimeLocalField(_l("Ends"), [InputRequired(_l("Enter the day and time"))], format=INSTANT_FORMATS)
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
    capacity = IntegerField(
        _l("Places"),
        [
            InputRequired(_l("Enter a number of places from 1 to 5,000")),
            NumberRange(1, MOST_PLACES, message=_l("Enter a number of places from 1 to 5,000")),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field, words in ((self.kind, KINDS), (self.mode, MODES), (self.audience, AUDIENCES)):
            field.choices = [(value, say(label)) for value, label in words.items()]

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
        )


def values_of(event: Details) -> dict[str, Any]:
    """An event as the form's first values."""

    def wall(instant: datetime) -> datetime:
        return clock.london(instant).replace(tzinfo=None)

    return {**event._asdict(), "starts_at": wall(event.starts_at), "ends_at": wall(event.ends_at)}


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


def whole_number(text: str, otherwise: int) -> int:
    """A number from 1 to 999,999,999 as an address or a hidden input has it; `otherwise` for anything that is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0 else otherwise
