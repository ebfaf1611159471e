"""What an organiser types about a kind of event."""

from typing import Any

from wtforms import BooleanField, FieldList, FormField, IntegerField, SelectField, StringField, TextAreaField
from wtforms import Form as Part
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from core.sdk import Form, Invalid, lazy_gettext, say, stripped
from plugins.local_events.queries.kinds import Kind
from plugins.local_events.service import questions
from plugins.local_events.service.kinds import MOST_QUESTIONS
from plugins.local_events.web_forms.events import PLACES_WRONG, TicksField
from plugins.local_events.words import LONGEST_DAYS, MODES, MOST_GUESTS, MOST_PLACES, QUESTION_KINDS, REMINDERS

_l = lazy_gettext
SPARE = 2
"""Empty rows for more questions."""


class QuestionPart(Part):  # type: ignore[misc]  # wtforms carries no types
    """One usual question. Without words it is none."""

    text = StringField(_l("Question"), [Length(max=200, message=_l("At most 200 characters"))], filters=[stripped])
    kind = SelectField(_l("How it is answered"), default=next(iter(QUESTION_KINDS)))
    hint = StringField(_l("Hint"), [Length(max=300, message=_l("At most 300 characters"))], filters=[stripped])
    options = TextAreaField(
        _l("Options"), filters=[stripped], description=_l("For a list: each option on a line of its own, at least two.")
    )
    required = BooleanField(_l("It must be answered"))
    sensitive = BooleanField(
        _l("It is sensitive"), description=_l("Such as access and food needs: kept sealed, and deleted.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [(value, say(label)) for value, label in QUESTION_KINDS.items()]

    def validate_options(self, field: TextAreaField) -> None:
        """Say beside the options what is wrong with them, by the rule that every question of an event keeps."""
        if not self.text.data:
            return
        try:
            questions.check(questions.Ask(**self.question()))
        except Invalid as error:
            if wrong := error.field_errors.get(field.short_name):
                raise ValidationError(say(wrong)) from None

    def question(self) -> dict[str, Any]:
        """The question as it is kept."""
        options = [line.strip()[:100] for line in self.options.data.splitlines() if line.strip()]
        return {
            "text": self.text.data,
            "kind": self.kind.data,
            "hint": self.hint.data,
            "options": list(dict.fromkeys(options)) if self.kind.data in ("choice", "choices") else [],
            "required": self.required.data,
            "sensitive": self.sensitive.data,
        }


class KindForm(Form):
    """What a new event of a kind begins with."""

    minutes = IntegerField(
        _l("Length in minutes"),
        [
            InputRequired(_l("Enter a number of minutes from 15 to 20,160")),
            NumberRange(15, LONGEST_DAYS * 24 * 60, message=_l("Enter a number of minutes from 15 to 20,160")),
        ],
    )
    mode = SelectField(_l("How people take part"))
    capacity = IntegerField(
        _l("Places"), [Optional(), NumberRange(1, MOST_PLACES, message=PLACES_WRONG)],
        description=_l("Leave it empty for no limit."),
    )  # fmt: skip
    guests_allowed = IntegerField(
        _l("Guests each person may bring"),
        [Optional(), NumberRange(0, MOST_GUESTS, message=_l("Enter a number from 0 to 9"))],
    )
    wants_approval = BooleanField(_l("An organiser approves each registration"))
    certificate = BooleanField(_l("Certificates of attendance"))
    reminders = TicksField(_l("Reminders"), coerce=int)
    questions = FieldList(FormField(QuestionPart), max_entries=MOST_QUESTIONS + SPARE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mode.choices = [(value, say(label)) for value, label in MODES.items()]
        self.reminders.choices = [(value, say(label)) for value, label in REMINDERS.items()]
        if not self.is_submitted():
            for _ in range(min(SPARE, MOST_QUESTIONS - len(self.questions.entries))):
                self.questions.append_entry()

    def settings(self, kind: str, version: int) -> Kind:
        """The form's answers as the service takes them."""
        return Kind(
            kind=kind,
            version=version,
            minutes=self.minutes.data,
            mode=self.mode.data,
            capacity=self.capacity.data,
            wants_approval=self.wants_approval.data,
            guests_allowed=self.guests_allowed.data or 0,
            certificate=self.certificate.data,
            reminders=sorted(self.reminders.data or (), reverse=True),
            questions=[part.form.question() for part in self.questions if part.form.text.data],
        )


def values_of(kind: Kind) -> dict[str, Any]:
    """A kind's settings as the form's first values."""
    questions = [{**question, "options": "\n".join(question["options"])} for question in kind.questions]
    return {**kind._asdict(), "questions": questions}
