"""Forms of calibration: the case, the day, and an assessor's scores."""

from collections.abc import Mapping
from typing import Any

from wtforms import DateTimeLocalField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length
from wtforms.validators import Optional as Left

from core.admissions import content
from core.admissions.content.shapes import CRITERIA
from core.admissions.service.calibration import About, Judged
from core.admissions.web_forms.windows import FORMATS, LONDON_HINT
from core.kernel import wall_clock
from core.kernel.text import N_
from core.web.forms import Form, NotBlank, OnOneClock, stripped
from core.web.i18n import LANGUAGES, gettext, language
from core.web.i18n import lazy_gettext as _l

UNABLE = "unable"
SOURCE_TITLES = {
    "invented": N_("Invented"),
    "consented": N_("A real application, given with consent and without names"),
}


class CaseForm(Form):
    """What a calibration case is."""

    name = StringField(
        _l("Name"),
        [
            NotBlank(N_("Give the case a name of at most 80 characters")),
            Length(max=80, message=_l("At most 80 characters")),
        ],
        filters=[stripped],
        description=_l("Assessors see it, for instance Spring 2027, case 1."),
    )
    source = RadioField(_l("Where it comes from"), [InputRequired(_l("Say where the case comes from"))])
    locale = SelectField(
        _l("Language it is written in"),
        choices=[SelectChoice(code, name) for code, name in LANGUAGES.items()],
        default="en",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.source.choices = [(key, gettext(title)) for key, title in SOURCE_TITLES.items()]

    def about(self) -> About:
        """The form's answers as the services take them."""
        return About(self.name.data, self.source.data, self.locale.data)


class SendForm(Form):
    """By when a case is to be scored."""

    due_at = DateTimeLocalField(
        _l("To be scored by"),
        [InputRequired(_l("Enter the day and time")), OnOneClock()],
        format=FORMATS,
        description=LONDON_HINT,
    )

    def due(self) -> Any:
        """The instant, UTC."""
        return wall_clock.instant(self.due_at.data)


class _Scores(Form):
    """The fields of all criteria are added below."""

    recommendation = RadioField(_l("All in all"), [Left()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said, found = language(), content.criteria()
        for one in found.criteria:
            self[f"{one.key}_level"].label.text = one.title.in_language(said)
            self[f"{one.key}_level"].choices = [
                *((str(level.level), f"{level.level}. {found.name(level.level).in_language(said)}") for level in one.levels),
                (UNABLE, gettext("Not able to score")),
            ]  # fmt: skip
        self.recommendation.choices = [
            ("accept", gettext("Accept")), ("decline", gettext("Decline")), ("unsure", gettext("Unsure"))
        ]  # fmt: skip

    def judged(self) -> dict[str, Judged]:
        """What was chosen and why, by criterion."""
        found: dict[str, Judged] = {}
        for key in CRITERIA:
            level = self[f"{key}_level"].data or ""
            value = int(level) if level.isdigit() else None
            found[key] = Judged(bool(level), value, self[f"{key}_why"].data)
        return found


def _why() -> TextAreaField:
    return TextAreaField(
        _l("Why"), [Length(max=500, message=_l("At most 500 characters"))], filters=[stripped],
        description=_l("What in the answers leads you to this, or why you are not able to score it."),
    )  # fmt: skip


ScoresForm = type(
    "ScoresForm",
    (_Scores,),
    {f"{key}_level": RadioField(validators=[Left()]) for key in CRITERIA} | {f"{key}_why": _why() for key in CRITERIA},
)
"""An assessor's scores: for each criterion `<key>_level` and `<key>_why`."""


def values_of(scores: Mapping[str, Mapping[str, Any]], recommendation: str | None) -> dict[str, Any]:
    """Scores as they are kept, as the form's first values."""
    values: dict[str, Any] = {"recommendation": recommendation}
    for key, one in scores.items():
        unable = UNABLE if one["not_scored"] else None
        values[f"{key}_level"] = str(one["value"]) if one["value"] is not None else unable
        values[f"{key}_why"] = one["not_scored"] or one["words"]
    return values
