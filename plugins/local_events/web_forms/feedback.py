"""What people say about an event, what organisers do about it, and what people keep for themselves."""

from typing import Any

from wtforms import BooleanField, DateField, EmailField, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from core.sdk import N_, Form, NotBlank, clock, lazy_gettext, say, stripped
from plugins.local_events.feedback_questions import (
    COMMENTS,
    LONGEST_COMMENT,
    NOT_FOR_ME,
    NOT_FOR_ME_WORDS,
    SCORES,
    asked,
)
from plugins.local_events.service import feedback_actions, reflections
from plugins.local_events.service.feedback import Said
from plugins.local_events.service.feedback_actions import Plan

_l = lazy_gettext
FEW_WORDS = N_("Write one or two sentences, at most 500 characters")


class FeedbackForm(Form):
    """The statements and comments of one kind of event; made by `feedback_form`."""

    kind = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key in asked(self.kind):
            choices = [*SCORES.items(), (NOT_FOR_ME, NOT_FOR_ME_WORDS)]
            self[key].choices = [(str(score), say(words)) for score, words in choices]

    def said(self) -> Said:
        """The form's answers as the service takes them."""
        scores = {key: int(self[key].data) for key in asked(self.kind)}
        return Said(scores, {key: self[key].data for key in COMMENTS})


def feedback_form(kind: str) -> FeedbackForm:
    """The form for an event of this kind."""
    fields: dict[str, Any] = {"kind": kind}
    for key, words in asked(kind).items():
        fields[key] = RadioField(_l(words), [InputRequired(_l("Choose one of the answers"))])
    for key, words in COMMENTS.items():
        fields[key] = TextAreaField(
            _l(words), [Length(max=LONGEST_COMMENT, message=_l("At most 2,000 characters"))], filters=[stripped]
        )
    made: FeedbackForm = type("FeedbackFormOfKind", (FeedbackForm,), fields)()
    return made


def _few_words(label: str, hint: str) -> Any:
    return TextAreaField(
        _l(label), [NotBlank(FEW_WORDS), Length(max=feedback_actions.LONGEST, message=_l(FEW_WORDS))], filters=[stripped],
        description=_l(hint),
    )  # fmt: skip


class ActionForm(Form):
    """What people said, and what is done about it."""

    said = _few_words(N_("You said"), N_("What several people said, in your own words. Quote nobody."))
    did = _few_words(N_("We do"), N_("What you will do about it. Everybody who sees the event can read this."))
    owner = EmailField(
        _l("Whose it is"), [NotBlank(N_("Enter the email address of the organiser who does it"))], filters=[stripped],
        description=_l("The email address of an organiser of this event or of this site. They find it among their items."),
    )  # fmt: skip
    due_on = DateField(_l("Until"), [InputRequired(_l("Enter a date like 2026-11-23"))])

    def plan(self) -> Plan:
        """The form's answers as the service takes them."""
        return Plan(self.said.data, self.did.data, self.owner.data, self.due_on.data)

    def validate_due_on(self, field: Any) -> None:
        """A year that nobody means is a slip of the hand."""
        if field.data is not None and not 2000 <= field.data.year <= clock.today().year + 10:
            raise ValidationError(say(N_("Enter a day within ten years")))


class EndForm(Form):
    """How an action ended."""

    ended = RadioField(_l("What became of it"), [InputRequired(_l("Choose one of the answers"))])
    words = TextAreaField(
        _l("What was done, or why nothing is"),
        [NotBlank(FEW_WORDS), Length(max=feedback_actions.LONGEST, message=_l(FEW_WORDS))], filters=[stripped],
        description=_l("Everybody who sees the event can read this."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ended.choices = [("finish", say(N_("It is done"))), ("drop", say(N_("It is dropped")))]


class ReflectionForm(Form):
    """A person's own words."""

    words = TextAreaField(
        _l("Your reflection"),
        [
            NotBlank(N_("Write something, at most 10,000 characters")),
            Length(max=reflections.LONGEST, message=_l("Write something, at most 10,000 characters")),
        ],
        filters=[stripped],
        description=_l("What did you see, what does it mean for your work, and what will you try?"),
    )
    wants_to_share = BooleanField(
        _l("I would like to share this later"),
        description=_l("It stays private. Once resources can be made from reflections, we ask you first."),
    )
