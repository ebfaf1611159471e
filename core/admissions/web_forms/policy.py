"""What the central team types for a new version of the national policy; the model itself says what can stand."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length
from wtforms.widgets import NumberInput

from core.admissions.rule_words import BOUNDS, SIGNERS
from core.admissions.rules import CRITERIA, TERMS, Bounds, NationalPolicy
from core.admissions.web_forms.form_versions import lines
from core.kernel.text import N_
from core.web.forms import CheckboxesField, Form, NotBlank, stripped
from core.web.i18n import lazy_gettext as _l
from core.web.model_forms import told

LOWEST, HIGHEST = 1, 9
"""What the database can hold as a score."""
NUMBERS = ("lowest", "highest", "min_assessors", "max_assessors")
LISTS = ("criteria", "sign_off_roles", "sign_off_needs")
EXCEPTION = N_("Write each exception on a line: rules | assessors | decision")
SEPARATOR = "|"


def _number(label: str, hint: str = "", step: str = "1") -> StringField:
    return StringField(label, filters=[stripped], widget=NumberInput(step=step), description=hint)


class PolicyForm(Form):
    """Every part of a national policy. `after` is the version it follows, `seen` the hash of what was shown of its effect."""

    after = HiddenField()
    seen = HiddenField()
    criteria = CheckboxesField(
        _l("Criteria"), choices=[SelectChoice(key, _l(TERMS[key])) for key in CRITERIA], validate_choice=False
    )  # fmt: skip
    lowest = _number(_l("Lowest score"))
    highest = _number(_l("Highest score"))
    min_assessors = _number(
        _l("Fewest assessors"), _l("On fewer scores than this nobody is proposed for acceptance or refusal.")
    )
    max_assessors = _number(_l("Most assessors"))
    threshold_least = _number(_l("Mean score to accept: least"), step="any")
    threshold_most = _number(_l("Mean score to accept: most"), step="any")
    floor_least = _number(_l("Lowest score for each criterion: least"), step="any")
    floor_most = _number(_l("Lowest score for each criterion: most"), step="any")
    borderline_least = _number(_l("Borderline: least"), step="any")
    borderline_most = _number(_l("Borderline: most"), step="any")
    discrepancy_least = _number(_l("Scores that are far apart: least"), step="any")
    discrepancy_most = _number(_l("Scores that are far apart: most"), step="any")
    sign_off_roles = CheckboxesField(
        _l("Who can sign"), choices=[SelectChoice(key, _l(words)) for key, words in SIGNERS.items()], validate_choice=False
    )  # fmt: skip
    sign_off_needs = CheckboxesField(
        _l("Who always signs"), choices=[SelectChoice(key, _l(words)) for key, words in SIGNERS.items()], validate_choice=False,
        description=_l("The central team is always one of them."),
    )  # fmt: skip
    exceptions = TextAreaField(
        _l("Rules allowed fewer assessors"), [Length(max=2000, message=_l("Use at most 2,000 characters"))],
        filters=[lines],
        description=_l("One on a line: the key of the rules, the fewest assessors, and where it was decided, with | between."),
    )  # fmt: skip
    note = TextAreaField(
        _l("Why the policy is changed"),
        [NotBlank(N_("Say why, in at most 500 characters")), Length(max=500, message=_l("At most 500 characters"))],
        filters=[stripped], description=_l("It stands beside the version for good."),
    )  # fmt: skip

    def policy(self) -> NationalPolicy | None:
        """The policy that was typed, else None, with every problem beside its field."""
        values: dict[str, Any] = {name: _int(self[name].data) for name in NUMBERS}
        values |= {name: self[name].data for name in LISTS}
        values |= {
            name: {end: _float(self[f"{name}_{end}"].data) for end in Bounds.model_fields} for name in BOUNDS
        }  # fmt: skip
        values["exceptions"] = exceptions = _exceptions(self.exceptions.data)
        if exceptions is None:
            self.take({"exceptions": EXCEPTION})
            return None
        try:
            found = NationalPolicy.model_validate_json(json.dumps(values))
        except ValidationError as error:
            self.take({_field(name): words for name, words in told(error).items()})
            return None
        if found.lowest < LOWEST or found.highest > HIGHEST:
            self.take({"highest" if found.highest > HIGHEST else "lowest": N_("Scores are whole numbers from 1 to 9.")})
            return None
        return found


def _field(name: str) -> str:
    """The form's field for a part of the model."""
    return f"{name}_least" if name in BOUNDS else name


def _int(text: str | None) -> Any:
    """A whole number, else the text itself, which the model then refuses."""
    try:
        return int(text or "")
    except ValueError:
        return text


def _float(text: str | None) -> Any:
    try:
        return float(text or "")
    except ValueError:
        return text


def _exceptions(text: str | None) -> list[dict[str, Any]] | None:
    """The exceptions as typed, None where a line cannot be read."""
    found = []
    for line in filter(None, (line.strip() for line in (text or "").split("\n"))):
        parts = [part.strip() for part in line.split(SEPARATOR)]
        if len(parts) != 3:
            return None
        found.append({"rule": parts[0], "min_assessors": _int(parts[1]), "decision": parts[2]})
    return found


def values_of(policy: NationalPolicy) -> Mapping[str, Any]:
    """A policy as the form's first values."""
    values: dict[str, Any] = {name: str(getattr(policy, name)) for name in NUMBERS}
    values |= {name: list(getattr(policy, name)) for name in LISTS}
    for name in BOUNDS:
        values |= {f"{name}_{end}": f"{getattr(getattr(policy, name), end):g}" for end in Bounds.model_fields}
    values["exceptions"] = "\n".join(f"{e.rule} | {e.min_assessors} | {e.decision}" for e in policy.exceptions)
    return values
