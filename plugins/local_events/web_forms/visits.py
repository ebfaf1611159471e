"""What hosts offer, what visitors ask, and what both learnt."""

from datetime import datetime
from typing import Any

from flask import current_app
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from core.sdk import N_, Form, NotBlank, OnOneClock, clock, lazy_gettext, say, stripped
from plugins.local_events.service import visit_offers
from plugins.local_events.service.visit_offers import Draft
from plugins.local_events.visit_matching import topics_of
from plugins.local_events.visit_words import MOST_VISITORS, VISIT_AUDIENCES, VISIT_KINDS
from plugins.local_events.web_forms.events import INSTANT_FORMATS
from plugins.local_events.words import DOMAINS

_l = lazy_gettext
TOO_LONG = N_("At most 2,000 characters")


def _words(label: str, hint: str, missing: str = "") -> Any:
    needed = [NotBlank(missing)] if missing else []
    return TextAreaField(
        _l(label),
        [*needed, Length(max=visit_offers.LONGEST, message=_l(TOO_LONG))],
        filters=[stripped],
        description=_l(hint),
    )


def _domains() -> Any:
    return SelectMultipleField(
        _l("Quality domains"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )


def _topics() -> Any:
    return StringField(
        _l("Topics"), [Length(max=500, message=_l("At most ten topics"))], filters=[stripped],
        description=_l("A few, with commas between them: falls, patient flow, medicines."),
    )  # fmt: skip


class OfferForm(Form):
    """An offer of a visit. Times are typed and shown on a London clock."""

    title = StringField(
        _l("Title"), [NotBlank(N_("Give the visit a title")), Length(max=200, message=_l("At most 200 characters"))],
        filters=[stripped],
    )  # fmt: skip
    kind = SelectField(_l("Kind of visit"))
    place = StringField(
        _l("Place"), [NotBlank(N_("Say where visitors come to")), Length(max=200, message=_l("At most 200 characters"))],
        filters=[stripped], description=_l("Organisation, ward or practice, and town."),
    )  # fmt: skip
    what = _words(
        N_("What visitors see and do"),
        N_("Who they meet, how long it takes, what to bring."),
        N_("Say what visitors will see and do"),
    )
    learning_edge = _words(
        N_("Your learning edge"),
        N_("What you are learning yourselves, and want visitors’ help with. A visit is an exchange."),
        N_("Say what you are learning yourselves"),
    )
    domains = _domains()
    topics = _topics()
    starts_at = DateTimeLocalField(
        _l("When"),
        [Optional(), OnOneClock()],
        format=INSTANT_FORMATS,
        description=_l("Leave it empty to agree a time with each visitor."),
    )
    open_until = DateField(
        _l("People can ask until"), [InputRequired(_l("Enter a date like 2026-11-23"))],
        description=_l("The last day on which somebody can ask."),
    )  # fmt: skip
    capacity = IntegerField(
        _l("Visitors in all"),
        [
            InputRequired(_l("Enter a number of visitors from 1 to 50")),
            NumberRange(1, MOST_VISITORS, message=_l("Enter a number of visitors from 1 to 50")),
        ],
    )
    audience = SelectField(_l("Who it is for"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field, words in ((self.kind, VISIT_KINDS), (self.audience, VISIT_AUDIENCES), (self.domains, DOMAINS)):
            field.choices = [(value, say(label)) for value, label in words.items()]

    def draft(self) -> Draft:
        """The form's answers as the service takes them."""
        return Draft(
            kind=self.kind.data, title=self.title.data, place=self.place.data, what=self.what.data,
            learning_edge=self.learning_edge.data, domains=self.domains.data or [], topics=topics_of(self.topics.data),
            starts_at=instant(self.starts_at), open_until=self.open_until.data, capacity=self.capacity.data,
            audience=self.audience.data,
        )  # fmt: skip


def instant(field: Any) -> datetime | None:
    """A field's time on a London clock as an instant."""
    return clock.from_london(field.data) if field.data is not None else None


def wall(at: datetime | None) -> datetime | None:
    """An instant as a field shows it."""
    return clock.london(at).replace(tzinfo=None) if at is not None else None


def values_of(offer: Any) -> dict[str, Any]:
    """An offer as the form's first values."""
    return {**offer._asdict(), "starts_at": wall(offer.starts_at), "topics": ", ".join(offer.topics)}


class InterestForm(Form):
    """What somebody looks for in visits."""

    domains = _domains()
    topics = _topics()
    words = _words(N_("In your own words"), N_("What you want to see, or learn, or ask somebody about."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.domains.choices = [(value, say(label)) for value, label in DOMAINS.items()]


class AskForm(Form):
    """What a visitor wants to learn."""

    wants = _words(
        N_("What do you want to learn?"), N_("The host reads this and decides. Say also what you bring."),
        N_("Say what you want to learn, in at most 2,000 characters"),
    )  # fmt: skip


class AgreeForm(Form):
    """The host's yes."""

    visit_at = DateTimeLocalField(
        _l("When you meet"), [Optional(), OnOneClock()], format=INSTANT_FORMATS,
        description=_l("Leave it empty where you settle the time between you."),
    )  # fmt: skip
    words = _words(N_("A word to the visitor"), N_("Where to come to, whom to ask for."))


class DeclineForm(Form):
    """The host's no."""

    why = _words(N_("Why not"), N_("The visitor reads this."), N_("Say why, in at most 2,000 characters"))


class LearningForm(Form):
    """What one side learnt."""

    words = _words(
        N_("What did you learn?"), N_("What you saw, what surprised you, what you will try."),
        N_("Say what you learnt, in at most 2,000 characters"),
    )  # fmt: skip
    shared = BooleanField(
        _l("Members may read this"), description=_l("Only where the other side agrees too; both are shown together.")
    )


class LinkForm(Form):
    """Which event an offer has become."""

    event_id = SelectField(_l("Event"))

    def __init__(self, events: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        short_day = current_app.jinja_env.filters["short_day"]
        self.event_id.choices = [
            ("", say(N_("None"))),
            *((one.id, f"{one.title}, {short_day(clock.london(one.starts_at).date())}") for one in events),
        ]
