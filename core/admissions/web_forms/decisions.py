"""What those who decide type, and what applicants type about a decision."""

from typing import Any

from wtforms import DateTimeLocalField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.admissions import content
from core.admissions.content.shapes import CRITERIA
from core.admissions.override_reasons import LONGEST, OVERRIDES
from core.admissions.service.appeals import LONGEST_ANSWER, LONGEST_GROUNDS
from core.admissions.service.batches import LONGEST_NAME
from core.admissions.service.deciding import LONGEST_COMMENT, Wish
from core.admissions.service.feedback import LONGEST_WORDS
from core.admissions.web_forms.windows import FORMATS
from core.kernel.text import N_
from core.web.forms import Form, NotBlank, OnOneClock, stripped
from core.web.i18n import gettext, language
from core.web.i18n import lazy_gettext as _l

OUTCOMES = {"accept": N_("Accept"), "decline": N_("Decline")}


def _words(label: str, most: int, hint: str = "", *, blank: str = "") -> TextAreaField:
    """A text of at most `most` characters; `blank` is what is said where it must not be empty."""
    too_long = Length(max=most, message=_l("At most %(max)s characters", max=most))
    return TextAreaField(label, [*([NotBlank(blank)] if blank else []), too_long], filters=[stripped], description=hint)


class CommentForm(Form):
    """Approved words for the letter, on each criterion in both languages: what assessors wrote is never sent by itself."""

    def comments(self) -> dict[str, dict[str, str]]:
        """What was typed, by criterion and language."""
        return {
            key: {code: getattr(self, f"comment_{key}_{code}").data or "" for code in ("en", "cy")} for key in CRITERIA
        }

    def pairs(self) -> list[tuple[str, str, Any, Any]]:
        """(criterion, its name, field in English, field in Welsh), in order."""
        return [
            (
                key, content.criteria().criterion(key).title.in_language(language()),
                getattr(self, f"comment_{key}_en"), getattr(self, f"comment_{key}_cy"),
            )
            for key in CRITERIA
        ]  # fmt: skip


for _key in CRITERIA:
    setattr(CommentForm, f"comment_{_key}_en", _words(_l("In English"), LONGEST_COMMENT))
    setattr(CommentForm, f"comment_{_key}_cy", _words(_l("In Welsh"), LONGEST_COMMENT))


class SignForm(CommentForm):
    """A decision to sign. Nothing is chosen beforehand."""

    outcome = RadioField(_l("Your decision"), [InputRequired(_l("Choose whether to accept or to decline."))])
    code = SelectField(
        _l("Why you decide otherwise than proposed"),
        validate_choice=False,  # the service says what is wrong with it
        description=_l("Leave this empty when you follow what is proposed."),
    )
    words = _words(
        _l("The reason in your words"),
        LONGEST,
        _l("The central team reads it. It is not in the letter to the applicant."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outcome.choices = [(key, gettext(words)) for key, words in OUTCOMES.items()]
        self.code.choices = [("", ""), *((key, gettext(words)) for key, words in OVERRIDES.items())]

    def wish(self) -> Wish:
        """What the service takes."""
        return Wish(self.outcome.data or "", self.code.data or "", self.words.data or "", self.comments())


class ReturnForm(Form):
    """Why a decision goes back to its partner."""

    why = _words(_l("Why it goes back"), 500, _l("The partner reads it and decides anew."), blank=N_("Say why, in at most 500 characters"))  # fmt: skip


class BatchForm(Form):
    """A batch: its name, and the instant before which it is not released."""

    name = StringField(
        _l("Name"),
        [
            NotBlank(N_("Give the batch a name of at most 80 characters")),
            Length(max=LONGEST_NAME, message=_l("At most 80 characters")),
        ],
        filters=[stripped],
        description=_l("For you and the central team, for instance Spring, all decisions."),
    )
    embargo_until = DateTimeLocalField(
        _l("Not before"), [Optional(), OnOneClock()], format=FORMATS,
        description=_l("Nothing can be released earlier. Leave it empty for no such time. London time."),
    )  # fmt: skip


class ReleaseForm(Form):
    """How many decisions go out: typed, so that it was counted."""

    expected = IntegerField(
        _l("How many decisions are you releasing?"),
        [
            InputRequired(_l("Enter the number of decisions")),
            NumberRange(1, 100_000, message=_l("Enter the number of decisions")),
        ],
        description=_l("If the batch holds another number, nothing is released and nothing is sent."),
    )


class AppealForm(Form):
    """Why an applicant thinks that a decision is wrong."""

    grounds = _words(
        _l("Why do you think that the decision is wrong?"), LONGEST_GROUNDS,
        _l("Say what was overlooked or misread in what you submitted. You cannot add new answers here."),
        blank=N_("Say why you think the decision is wrong, in at most 4,000 characters"),
    )  # fmt: skip


class AnswerForm(Form):
    """What whoever looked at an appeal found."""

    answer = _words(
        _l("What you found"), LONGEST_ANSWER,
        _l("The applicant reads these words when the appeal is dismissed: write them in the language of the application."),
        blank=N_("Say why, in at most 2,000 characters"),
    )  # fmt: skip


class UnderstoodForm(Form):
    """What an applicant says of the decision."""

    understood = RadioField(
        _l("I understand why this decision was made"), [InputRequired(_l("Choose a number from 1 to 5."))]
    )
    would_reapply = RadioField(_l("Would you apply again, or advise a colleague to?"), [Optional()])
    words = _words(_l("Anything you want to tell us about it"), LONGEST_WORDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.understood.choices = [
            ("1", gettext("1: not at all")), ("2", gettext("2: a little")), ("3", gettext("3: partly")),
            ("4", gettext("4: mostly")), ("5", gettext("5: fully")),
        ]  # fmt: skip
        self.would_reapply.choices = [
            ("yes", gettext("Yes")),
            ("no", gettext("No")),
            ("unsure", gettext("I do not know")),
        ]
