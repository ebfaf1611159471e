"""What leads choose for a window's assessment: a form made from the pack's own model, within the national policy."""

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

from pydantic import ValidationError
from wtforms import IntegerField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange

from core.admissions.queries.policies import Published
from core.admissions.queries.rules import Pinned
from core.admissions.rule_words import BLINDNESS, signers
from core.admissions.rules import APPEAL_DAYS, ASSESS_DAYS, ConfigRefused, RuleSet
from core.admissions.rules.policy import NationalPolicy
from core.admissions.service.pinning import MOST_DAYS
from core.admissions.service.usual_rules import Rules
from core.kernel.errors import Invalid
from core.kernel.text import N_
from core.web.forms import Form, stripped
from core.web.i18n import gettext, say
from core.web.i18n import lazy_gettext as _l
from core.web.model_forms import PREFIX, model_fields, sent_settings, shown, told

SIGN_OFF = "sign_off"
DAYS = N_("Enter a number of days from 1 to 365")


def _days(label: str, hint: str) -> IntegerField:
    return IntegerField(
        label, [InputRequired(_l(DAYS)), NumberRange(1, MOST_DAYS, message=_l(DAYS))], description=hint
    )  # fmt: skip


class RulesForm(Form):
    """What every pack's form has; the fields of the pack's configuration are added by `rules_form`."""

    policy_id = SelectField(
        _l("National policy"), description=_l("The bounds for everything below."), validate_choice=False
    )
    blindness = RadioField(
        _l("Who applies"), choices=[SelectChoice(key, _l(words)) for key, words in BLINDNESS.items()], validate_choice=False
    )  # fmt: skip
    assess_days = _days(_l("Days for assessing"), _l("From the closing of the window until scores should be sealed."))
    appeal_days = _days(
        _l("Days for an appeal"), _l("So long after the decision an applicant can ask for another look.")
    )
    why = TextAreaField(
        _l("Why the rules are changed"), [Length(max=500, message=_l("At most 500 characters"))], filters=[stripped],
        description=_l("The window has opened: this is kept in its history."),
    )  # fmt: skip


def rules_form(pack: RuleSet[Any], first: Mapping[str, Any], versions: Sequence[Published], *, amends: bool) -> Any:
    """A form for `pack`, filled with `first` (see `first_values`) until something is sent. `versions` are the policy's."""
    names = list(pack.config_model.model_fields)
    fields = model_fields(pack.config_model, [name for name in names if name != SIGN_OFF])
    info = pack.config_model.model_fields[SIGN_OFF]
    fields[PREFIX + SIGN_OFF] = SelectField(
        _said(info.title), choices=chains(versions[0].policy, first.get(PREFIX + SIGN_OFF, "")),
        validate_choice=False,
        description=_said(info.description),
    )  # fmt: skip
    made: Any = type("PackForm", (RulesForm,), fields)(data=dict(first))
    made.policy_id.choices = [
        SelectChoice(one.id, gettext("Version %(number)s", number=one.number)) for one in versions
    ]
    if not amends:
        del made.why
    return made


def _said(text: str | None) -> str:
    return say(text) if text else ""


def chains(policy: NationalPolicy, now: str) -> list[SelectChoice]:
    """Every order in which people can sign under `policy`, and the one there is `now`, as choices of a field."""
    roles, needs = policy.sign_off_roles, set(policy.sign_off_needs)
    found = [one for size in range(1, len(roles) + 1) for one in permutations(roles, size) if needs <= set(one)]
    if now and tuple(now.split(",")) not in found:
        found.append(tuple(now.split(",")))
    return [SelectChoice(",".join(one), signers(one)) for one in found]


def first_values(
    pack: RuleSet[Any], pinned: Pinned | None, config: Mapping[str, Any] | None, policy_id: str
) -> dict[str, Any]:
    """The first values of a form: `config` where given, else the pack's own defaults; the rest as the window pins it."""
    chosen = {**pack.config_model().model_dump(mode="json"), **(config or {})}
    values = {PREFIX + name: shown(what) for name, what in chosen.items()}
    values[PREFIX + SIGN_OFF] = ",".join(chosen.get(SIGN_OFF, ()))
    return {
        **values,
        "policy_id": policy_id,
        "blindness": pinned.blindness if pinned is not None else "none",
        "assess_days": pinned.assess_days if pinned is not None else ASSESS_DAYS,
        "appeal_days": pinned.appeal_days if pinned is not None else APPEAL_DAYS,
    }


def wanted(pack: RuleSet[Any], form: Any, sent: Sequence[str]) -> Rules:
    """The form's answers as the services take them. What is no number stays a text, which the model then refuses."""
    config = sent_settings(pack.config_model, form, sent)
    config[SIGN_OFF] = [role for role in (form[PREFIX + SIGN_OFF].data or "").split(",") if role]
    return Rules(
        pack.ref, config, form.policy_id.data or "", form.blindness.data or "", form.assess_days.data, form.appeal_days.data
    )  # fmt: skip


def take(form: Form, error: Invalid) -> None:
    """Put what a service refused beside the fields, in the reader's language."""
    if not isinstance(error, ConfigRefused):
        form.take(error.field_errors or {"": error.message})
        return
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        found = told(cause)
    else:
        found = {one.field: say(one.message, dict(one.params)) for one in error.problems}
    form.take({PREFIX + name if name else "": words for name, words in found.items()})
