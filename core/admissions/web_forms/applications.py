"""What leads and the central team type about one application."""

from collections.abc import Sequence
from typing import Any

from wtforms import HiddenField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from core.admissions.service.submitting import LONGEST_QUESTION
from core.admissions.web_forms.windows import moment, why_field
from core.kernel.text import N_
from core.web.forms import CheckboxesField, Form, NotBlank, stripped
from core.web.i18n import gettext
from core.web.i18n import lazy_gettext as _l


class AskForm(Form):
    """What more is asked of an applicant."""

    sections = CheckboxesField(
        _l("Parts that the applicant can change"), [InputRequired(_l("Choose at least one part of the application."))],
        description=_l("All other parts stay as they were submitted."),
    )  # fmt: skip
    question = TextAreaField(
        _l("What you want to know"),
        [
            NotBlank(N_("Say what you want to know.")),
            Length(max=LONGEST_QUESTION, message=_l("At most 2,000 characters")),
        ],
        filters=[stripped],
        description=_l("The applicant gets these words by email. They should be able to answer without asking back."),
    )
    due_at = moment(_l("Answer by"), _l("London time. Give people at least a week: many work shifts."))

    def __init__(self, choices: Sequence[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sections.choices = list(choices)


class MoveForm(Form):
    """Where an application is moved, and why."""

    version = HiddenField()
    window = SelectField(_l("Window it is moved to"), [InputRequired(_l("Choose a window."))])
    why = why_field(_l("Why it is moved"), _l("The applicant reads this, and both partners."))

    def __init__(self, choices: Sequence[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.window.choices = [("", gettext("Choose a window")), *choices]
