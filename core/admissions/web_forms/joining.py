"""What people type about the compact, offers of membership and the equality questions."""

from datetime import datetime, time
from typing import Any

from wtforms import BooleanField, DateField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from core.admissions import content
from core.admissions.compact import CompactText, Expectation
from core.admissions.content.shapes import Nation
from core.admissions.form.schema import Said
from core.admissions.service.accepting import LONGEST_WORDS
from core.admissions.web_forms.form_versions import KEY_HINT, KeyMixin, PartForm, lines, one_line
from core.kernel import wall_clock
from core.kernel.text import N_
from core.web.forms import Form, NotBlank, stripped
from core.web.i18n import language, say
from core.web.i18n import lazy_gettext as _l

LONGEST = 2000


def _words(label: Any, *validators: Any, line: bool = False) -> Any:
    length = Length(max=LONGEST, message=_l("Use at most 2,000 characters"))
    return TextAreaField(label, [*validators, length], filters=[one_line if line else lines])


class FrameForm(PartForm):
    """The words around the expectations. The Welsh may come later, as long as it is a draft."""

    title_en = _words(_l("Title in English"), NotBlank(N_("Enter the title in English")), line=True)
    title_cy = _words(_l("Title in Welsh"), line=True)
    intro_en = _words(_l("Introduction in English"), NotBlank(N_("Enter the introduction in English")))
    intro_cy = _words(_l("Introduction in Welsh"))
    promise_en = _words(
        _l("What somebody promises, in English"), NotBlank(N_("Enter the promise in English")), line=True
    )
    promise_cy = _words(_l("What somebody promises, in Welsh"), line=True)


class ExpectationForm(PartForm):
    """One expectation's words."""

    title_en = _words(_l("Title in English"), NotBlank(N_("Enter the title in English")), line=True)
    title_cy = _words(_l("Title in Welsh"), line=True)
    text_en = _words(_l("Text in English"), NotBlank(N_("Enter the text in English")))
    text_cy = _words(_l("Text in Welsh"))


class NewExpectationForm(KeyMixin, ExpectationForm):
    """A new expectation at the end."""

    key = StringField(
        _l("Key"), [NotBlank(N_("Enter a key")), Length(max=40)], filters=[stripped], description=KEY_HINT
    )


def said(form: Any, name: str) -> Said:
    """The words of a pair of fields."""
    return Said(en=form[f"{name}_en"].data, cy=form[f"{name}_cy"].data)


def frame_values(text: CompactText) -> dict[str, str]:
    """The frame as the form's first values."""
    return _spread(title=text.title, intro=text.intro, promise=text.promise)


def expectation_values(one: Expectation) -> dict[str, str]:
    """An expectation as the form's first values."""
    return _spread(title=one.title, text=one.text)


def _spread(**words: Said) -> dict[str, str]:
    return {f"{name}_{code}": getattr(one, code) for name, one in words.items() for code in ("en", "cy")}


class PublishCompactForm(PartForm):
    """Publish the draft for good."""

    note = TextAreaField(
        _l("Note"), [NotBlank(N_("Say what changes, in at most 500 characters")), Length(max=500, message=_l("At most 500 characters"))],
        filters=[lines],
        description=_l("Kept with the version and in the audit trail: write no names and nothing private."),
    )  # fmt: skip
    asks_again = RadioField(
        _l("Are members asked to accept it?"), validate_choice=True,
        description=_l("Whoever joins from now on accepts this version in any case."),
    )  # fmt: skip
    sure = BooleanField(_l("I have read it in both languages"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asks_again.choices = [
            SelectChoice("yes", say(N_("Yes: each member gets a letter and is asked after signing in"))),
            SelectChoice("no", say(N_("No: what is expected of them stays the same"))),
        ]

    def validate_sure(self, field: Any) -> None:
        """Raise ValidationError until the box is ticked: what is published never changes again."""
        if not field.data:
            raise ValidationError(say(N_("Read it first: what is published cannot be changed")))


class PromiseForm(Form):
    """The compact, accepted. `shown` is the id of the version that the page showed."""

    shown = HiddenField()
    promise = BooleanField()

    def validate_promise(self, field: Any) -> None:
        """Raise ValidationError until the promise is ticked."""
        if not field.data:
            raise ValidationError(say(N_("Tick the promise if you accept the compact")))


class RefuseCompactForm(Form):
    """A member who does not accept a version says so, and why if they like."""

    shown = HiddenField()
    words = TextAreaField(
        _l("What stands in the way?"), [Length(max=LONGEST_WORDS, message=_l("At most 1,000 characters"))], filters=[lines],
        description=_l("Only the central team reads this."),
    )  # fmt: skip


class RenewForm(PartForm):
    """A new day for an offer that lapsed."""

    until = DateField(_l("Stands until the end of"), [InputRequired(_l("Enter a day"))])
    why = TextAreaField(
        _l("Why it stands again"),
        [NotBlank(N_("Say why, in at most 500 characters")), Length(max=500, message=_l("At most 500 characters"))],
        filters=[stripped], description=_l("You and the central team see it, and the person, who may ask for it."),
    )  # fmt: skip

    def instant(self) -> datetime:
        """The last minute of the day on London's clock, as UTC."""
        return wall_clock.instant(datetime.combine(self.until.data, time(23, 59)))


class EqualityForm(Form):
    """The equality questions of one nation, none of which needs an answer. Made by `equality_form`."""

    def answers(self) -> dict[str, str]:
        """What was chosen, by question."""
        return {field.name: field.data for field in self if isinstance(field, RadioField) and field.data}


def equality_form(nation: Nation, now: dict[str, str]) -> EqualityForm:
    """A form with a choice for each question in the words of `nation`; `now` is what was answered before."""
    fields: dict[str, Any] = {}
    for question in content.equality().questions:
        choices = [
            SelectChoice(one.key, one.label.in_language(language())) for one in question.in_nation(nation).categories()
        ]
        fields[question.key] = RadioField(
            question.label.in_language(language()), choices=choices, validate_choice=False,
            description=question.hint.in_language(language()) if question.hint else "",
        )  # fmt: skip
    made: Any = type("EqualityForm", (EqualityForm,), fields)
    form: EqualityForm = made(data=now)
    return form
