"""What assessors and whoever runs their panel type."""

from typing import Any

from wtforms import DateTimeLocalField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange

from core.admissions.service.meetings import Plan
from core.admissions.web_forms.windows import FORMATS, LONDON_HINT, why_field
from core.kernel import wall_clock
from core.kernel.text import N_
from core.web.forms import CheckboxesField, Form, NotBlank, OnOneClock, stripped
from core.web.i18n import lazy_gettext as _l

CHOOSE = InputRequired(_l("Choose one of these"))


class DeclareForm(Form):
    """Whether there is a conflict of interest. Nothing is chosen beforehand."""

    level = RadioField(
        _l("Do you have a conflict of interest?"),
        [CHOOSE],
        choices=[
            SelectChoice("none", _l("No, none that I know of")),
            SelectChoice("minor", _l("Perhaps: there is a connection that the partner lead should know")),
            SelectChoice("major", _l("Yes: I should not assess this application")),
        ],
    )
    words = TextAreaField(
        _l("What connects you"),
        [Length(max=500, message=_l("At most 500 characters"))],
        filters=[stripped],
        description=_l(
            "Needed for a connection that the partner lead is to judge. Only they and the central team read it."
        ),
    )


class TurnDownForm(Form):
    """Why an assessment is given back."""

    why = why_field(_l("Why you cannot assess it"), _l("The partner lead reads it, and gives it to somebody else."))


class RecuseForm(Form):
    """A conflict of interest that was noticed late."""

    why = why_field(_l("What connects you"), _l("Only the partner lead and the central team read it."))


class NoteForm(Form):
    """Something said about an application."""

    body = TextAreaField(
        _l("Your note"),
        [
            NotBlank(N_("Write a note of at most 4,000 characters")),
            Length(max=4000, message=_l("Write a note of at most 4,000 characters")),
        ],
        filters=[stripped],
        description=_l(
            "Everybody who has sealed their scores reads it, and whoever leads the panel. It cannot be changed."
        ),
    )


class ResolveForm(Form):
    """What the lead decides about a minor conflict of interest."""

    decision = RadioField(
        _l("What follows?"),
        [CHOOSE],
        choices=[
            SelectChoice("allow", _l("They may assess it")),
            SelectChoice("recuse", _l("They do not assess it, and see nothing of it")),
        ],
    )
    why = why_field(_l("Why"), _l("It is kept with the assessment."))


class ReopenForm(Form):
    """Why sealed scores are opened again."""

    why = why_field(
        _l("Why they are asked to score again"),
        _l("Their sealed scores stay as they are. It is kept in the audit trail."),
    )


class RedactForm(Form):
    """Words of an answer that assessors are not to see."""

    question = SelectField(_l("In which answer"))
    words = TextAreaField(
        _l("The exact words"),
        [NotBlank(N_("Give the words to hide, at most 2,000 characters"))],
        filters=[stripped],
        description=_l(
            "Copy them from an answer. They are hidden wherever they stand in it, in each version and translation."
        ),
    )
    replacement = StringField(
        _l("What assessors read instead"),
        [
            NotBlank(N_("Say what stands there instead, in at most 100 characters, without the words themselves")),
            Length(max=100, message=_l("At most 100 characters")),
        ],
        filters=[stripped],
        description=_l("For instance [a hospital]."),
    )

    def __init__(self, questions: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.question.choices = questions


class MeetingForm(Form):
    """When and where a panel meets."""

    held_at = DateTimeLocalField(
        _l("When"), [InputRequired(_l("Enter the day and time")), OnOneClock()], format=FORMATS, description=LONDON_HINT
    )
    place = StringField(
        _l("Where"),
        [Length(max=200, message=_l("At most 200 characters"))],
        filters=[stripped],
        description=_l("A room, or how to join online."),
    )
    quorum = IntegerField(
        _l("Assessors needed in the room"),
        [
            InputRequired(_l("Enter a number from 1 to 50")),
            NumberRange(1, 50, message=_l("Enter a number from 1 to 50")),
        ],
        description=_l("For each outcome. Whoever is out for an application does not count."),
    )

    def plan(self) -> Plan:
        """The form's answers as the services take them."""
        return Plan(wall_clock.instant(self.held_at.data), self.place.data, self.quorum.data)


class PresentForm(Form):
    """Who is present."""

    present = CheckboxesField(_l("Who is present"))

    def __init__(self, members: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.present.choices = members


class ConcludeForm(Form):
    """How the discussion of an application ends. Nothing is chosen beforehand."""

    outcome = RadioField(
        _l("Outcome"),
        [CHOOSE],
        choices=[
            SelectChoice("accept", _l("Accept")),
            SelectChoice("decline", _l("Decline")),
            SelectChoice("defer", _l("Put it off")),
        ],
    )
    minutes = TextAreaField(
        _l("Minutes"),
        [
            NotBlank(N_("Write the minutes, in at most 4,000 characters")),
            Length(max=4000, message=_l("Write the minutes, in at most 4,000 characters")),
        ],
        filters=[stripped],
        description=_l("What was discussed, and why the panel came to this."),
    )
