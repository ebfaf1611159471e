"""What leads and visitors type about windows. Dates and times are London's."""

from typing import Any

from wtforms import DateTimeLocalField, EmailField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from core.admissions.queries.windows import FormChoice, WindowRow
from core.admissions.service.windows import Plan
from core.kernel import wall_clock
from core.kernel.text import N_
from core.people.emails import LONGEST
from core.web.forms import Form, NotBlank, OnOneClock, stripped
from core.web.i18n import gettext
from core.web.i18n import lazy_gettext as _l

FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
LONDON_HINT = _l("London time, summer time included.")


def moment(label: str, hint: str = LONDON_HINT) -> DateTimeLocalField:
    """A field for a day and a time on London's clock."""
    given = InputRequired(_l("Enter the day and time"))
    return DateTimeLocalField(label, [given, OnOneClock()], format=FORMATS, description=hint)


def why_field(label: str, hint: str = "") -> TextAreaField:
    """A field for the reason of a step."""
    validators = [
        NotBlank(N_("Say why, in at most 500 characters")), Length(max=500, message=_l("At most 500 characters"))
    ]  # fmt: skip
    return TextAreaField(label, validators, filters=[stripped], description=hint)


class WindowForm(Form):
    """A new window, or a change to a draft."""

    name = StringField(
        _l("Name"),
        [
            NotBlank(N_("Give the window a name of at most 80 characters")),
            Length(max=80, message=_l("At most 80 characters")),
        ],
        filters=[stripped],
        description=_l("For instance Spring 2027. Applicants see it with their application."),
    )
    opens_at = moment(_l("Opens"))
    closes_at = moment(_l("Closes"), _l("The last minute in which an application can be submitted. London time."))
    grace_minutes = IntegerField(
        _l("Grace in minutes"),
        [
            InputRequired(_l("Enter a number of minutes from 0 to 1,440")),
            NumberRange(0, 1440, message=_l("Enter a number of minutes from 0 to 1,440")),
        ],
        description=_l("For so long after closing a submission is still taken, and marked. Applicants are not told."),
    )
    form_version_id = SelectField(_l("Application form"))

    def __init__(self, choices: list[FormChoice], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.form_version_id.choices = [
            (choice.id, gettext("Version %(number)s", number=choice.number)) for choice in choices
        ]

    def plan(self) -> Plan:
        """The form's answers as the services take them."""
        return Plan(
            name=self.name.data,
            opens_at=wall_clock.instant(self.opens_at.data),
            closes_at=wall_clock.instant(self.closes_at.data),
            grace_seconds=self.grace_minutes.data * 60,
            form_version_id=self.form_version_id.data,
        )


class AmendForm(WindowForm):
    """A change of a published window."""

    why = why_field(_l("Why the window is changed"), _l("It is kept in the history, beside what was changed."))


class CancelForm(Form):
    """Why a window is cancelled."""

    why = why_field(_l("Why the window is cancelled"))


class ExtendForm(Form):
    """More time for one person."""

    email = EmailField(
        _l("Email address"),
        [
            NotBlank(N_("Enter an email address")),
            Length(max=LONGEST, message=_l("At most %(max)s characters", max=LONGEST)),
        ],
        filters=[stripped],
        description=_l("The one the person signs in with. They get a letter with the new time."),
    )
    closes_at = moment(_l("Can submit until"))
    why = why_field(
        _l("Why this person gets more time"), _l("You and the central team see it, and the person, who may ask for it.")
    )


class InterestForm(Form):
    """Where to write when a window opens."""

    email = EmailField(
        _l("Your email address"),
        [
            NotBlank(N_("Enter your email address")),
            Length(max=LONGEST, message=_l("At most %(max)s characters", max=LONGEST)),
        ],
        filters=[stripped],
    )


class PressForm(Form):
    """Only a button."""


class FinderForm(Form):
    """Where somebody is based. It is sent with GET: it changes nothing, and the answer has an address."""

    postcode = StringField(
        _l("Postcode where you are based"), filters=[stripped],
        description=_l("For instance EH1 1YZ. The first half is enough. We do not keep it."),
    )  # fmt: skip
    authority = RadioField(_l("Which of these places are you based in?"), validate_choice=False)


def values_of(window: WindowRow) -> dict[str, Any]:
    """A window as the form's first values."""
    return {
        **window._asdict(),
        "opens_at": wall_clock.typed(window.opens_at),
        "closes_at": wall_clock.typed(window.closes_at),
        "grace_minutes": window.grace_minutes,
    }
