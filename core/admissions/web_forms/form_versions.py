"""Forms of the central team's pages: the parts of the application form, and publishing it."""

from typing import Any

from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.fields.core import Field
from wtforms.validators import Length, Optional, ValidationError

from core.admissions import content
from core.admissions.form.changes import Change
from core.admissions.form.options import read_options
from core.admissions.form.schema import MOST_WORDS, Kind
from core.kernel.text import N_
from core.web.forms import CheckboxesField, Form, NotBlank, stripped
from core.web.i18n import language, say
from core.web.i18n import lazy_gettext as _l

LONGEST = 2000
KEY_HINT = _l("Small letters, digits and underscores, like ways_learnt. Chosen once: it cannot be changed afterwards.")
KIND_TITLES = {
    Kind.LINE: N_("One line"),
    Kind.TEXT: N_("A text with a limit of words"),
    Kind.YES_NO: N_("Yes or no"),
    Kind.ONE: N_("One of several options"),
    Kind.SOME: N_("Any of several options"),
    Kind.FILE: N_("A file"),
}
CHANGE_TITLES = {
    Change.EDITORIAL: N_("Editorial"),
    Change.ADDITIVE: N_("Additive"),
    Change.BREAKING: N_("Breaking"),
}
CHANGE_HINTS = {
    Change.EDITORIAL: N_("Other words only. Drafts under way move to it."),
    Change.ADDITIVE: N_(
        "Also something new that nobody must answer. Drafts under way move to it; what is new stands in its part, unanswered."
    ),
    Change.BREAKING: N_(
        "More is asked of people, or another thing. Drafts under way stay as they are until their window closes; "
        "new applications take it."
    ),
}


def lines(value: str | None) -> str:
    """A field filter: no space at either end, lines ended as everywhere else here."""
    return stripped(value).replace("\r\n", "\n").replace("\r", "\n")


def one_line(value: str | None) -> str:
    """A field filter for titles and questions: whatever was pasted, on one line."""
    return " ".join(stripped(value).split())


def _words(label: Any, *validators: Any, line: bool = False, description: Any = "") -> Any:
    return TextAreaField(
        label,
        [*validators, Length(max=LONGEST, message=_l("Use at most 2,000 characters"))],
        filters=[one_line if line else lines],
        description=description,
    )  # fmt: skip


def _pair(label: Any, cy: Any, *validators: Any, line: bool = False, description: Any = "") -> tuple[Any, Any]:
    """A field for English and one for Welsh; only the English must be there while it is a draft."""
    return _words(label, *validators, line=line, description=description), _words(cy, line=line)


class PartForm(Form):
    """Any part of a draft: `version` is the draft's when the page was shown."""

    version = HiddenField()


class KeyMixin:
    """The lasting name of a new part."""

    key = StringField(
        _l("Key"), [NotBlank(N_("Enter a key")), Length(max=40)], filters=[stripped], description=KEY_HINT
    )


class SectionForm(PartForm):
    """A section's own words."""

    title_en, title_cy = _pair(
        _l("Title in English"), _l("Title in Welsh"), NotBlank(N_("Enter the title in English")), line=True
    )
    intro_en, intro_cy = _pair(_l("Introduction in English"), _l("Introduction in Welsh"))


def _options(_: Form, field: Field) -> None:
    """Raise ValidationError where a line makes no option, or a key stands twice."""
    written = read_options(field.data or "")
    if written.bad:
        numbers = ", ".join(map(str, written.bad[:10]))
        raise ValidationError(
            say(N_("Write each option as key | English | Welsh. Look at line: %(lines)s"), {"lines": numbers})
        )
    if written.twice:
        raise ValidationError(say(N_("These keys stand twice: %(keys)s"), {"keys": ", ".join(written.twice)}))


class QuestionMixin:
    """What makes a question; the choices of `kind` and `criteria` are set by `prepare`."""

    label_en, label_cy = _pair(
        _l("Question in English"), _l("Question in Welsh"), NotBlank(N_("Enter the question in English")), line=True
    )
    hint_en, hint_cy = _pair(_l("Hint in English"), _l("Hint in Welsh"))
    kind = SelectField(_l("Answered with"))
    required = BooleanField(_l("Must be answered"), default=True)
    words = IntegerField(_l("Most words"), [Optional()], description=_l("For a text: from 10 to 2000."))
    options = TextAreaField(
        _l("Options"), [Length(max=50_000), _options], filters=[lines],
        description=_l("One on each line: key | English | Welsh. A new one may leave the key out: it is then made from the English."),
    )  # fmt: skip
    identifying = BooleanField(
        _l("Says who the person is"), description=_l("Hidden from assessors where a window is assessed blind.")
    )
    criteria = CheckboxesField(_l("Criteria that it speaks to"), description=_l("Assessors read these answers first."))

    def validate_words(self, field: Any) -> None:
        """Raise ValidationError for a number out of bounds: it would not be taken anyway, but here it says why."""
        if field.data is not None and not 10 <= field.data <= MOST_WORDS:
            raise ValidationError(say(N_("Enter a number from 10 to 2000")))


class QuestionForm(QuestionMixin, PartForm):
    """A question that is there; `section` moves it."""

    section = SelectField(_l("Section"))


class NewQuestionForm(KeyMixin, QuestionMixin, PartForm):
    """A new question at the end of a section."""


class NewSectionForm(KeyMixin, SectionForm):
    """A new section at the end of the form."""


class FirstQuestionForm(NewQuestionForm):
    """The first question of a new section: there is none without."""


class EligibilityForm(PartForm):
    """A question before the form."""

    label_en, label_cy = _pair(
        _l("Question in English"), _l("Question in Welsh"), NotBlank(N_("Enter the question in English"))
    )
    needed = RadioField(_l("Which answer lets somebody apply?"), default="yes")
    otherwise_en, otherwise_cy = _pair(
        _l("What the others read, in English"), _l("What the others read, in Welsh"), NotBlank(N_("Say what the others read"))
    )  # fmt: skip


class NewEligibilityForm(KeyMixin, EligibilityForm):
    """A new question before the form."""


class PublishForm(PartForm):
    """Publish the draft. Milder kinds than what was changed are refused by the service."""

    change = RadioField(_l("What kind of change is it?"))
    note = TextAreaField(
        _l("Note"), [NotBlank(N_("Say what changes, for whoever looks at this later")), Length(max=500)], filters=[lines],
        description=_l("Kept with the version and in the audit trail: write no names and nothing private."),
    )  # fmt: skip
    sure = BooleanField(_l("I have previewed it in both languages"))

    def validate_sure(self, field: Any) -> None:
        """Raise ValidationError until the box is ticked: what is published never changes again."""
        if not field.data:
            raise ValidationError(say(N_("Look at the preview first: what is published cannot be changed")))


class WhyForm(Form):
    """Retire a version, with the reason."""

    reason = TextAreaField(
        _l("Reason"), [NotBlank(N_("Say why")), Length(max=500)], filters=[lines],
        description=_l("Kept in the audit trail for good: write no names and nothing private."),
    )  # fmt: skip


def prepare(form: Any) -> Any:
    """`form` with the choices that its fields offer, in the reader's language."""
    if "kind" in form:
        form.kind.choices = [SelectChoice(kind.value, say(KIND_TITLES[kind])) for kind in Kind]
    if "criteria" in form:
        form.criteria.choices = [
            SelectChoice(one.key, one.title.in_language(language())) for one in content.criteria().criteria
        ]
    if "needed" in form:
        form.needed.choices = [SelectChoice("yes", say(N_("Yes"))), SelectChoice("no", say(N_("No")))]
    if "change" in form:
        form.change.choices = [SelectChoice(change.value, say(CHANGE_TITLES[change])) for change in Change]
    return form
