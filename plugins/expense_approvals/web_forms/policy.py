"""What the central team types about the national policy, and a lead about a site's own rules."""

from wtforms import DateField, HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length

from core.sdk import N_, Form, NotBlank, lazy_gettext, stripped

_l = lazy_gettext
_WHY = [
    NotBlank(N_("Say why, in at most 500 characters.")),
    Length(max=500, message=_l("Say why, in at most 500 characters.")),
]


class NothingForm(Form):
    """A button that names the version it was pressed on."""

    version = HiddenField()


class PolicyTextForm(Form):
    """A draft's rules as data."""

    version = HiddenField()
    text = TextAreaField(
        _l("The policy as data"), [NotBlank(N_("Write the policy here."))],
        description=_l("Amounts are pence; rates are thousandths of a penny for a mile, so 45p is 45000. Every rule and example says in both languages what it asks."),
    )  # fmt: skip


class PublishForm(Form):
    """From which day a draft holds, and why."""

    version = HiddenField()
    effective_from = DateField(
        _l("In force from"), [InputRequired(_l("Enter the day."))],
        description=_l("Costs of this day and later ones are held to it. A day that is over changes no decision: it makes differences to pay."),
    )  # fmt: skip
    note = TextAreaField(
        _l("Why"), _WHY, filters=[stripped], description=_l("Everybody who looks at the versions reads it.")
    )


class SiteRulesForm(Form):
    """All rules of a site's own, as data, with the day from which they hold."""

    after = HiddenField()
    seen = HiddenField()
    text = TextAreaField(
        _l("This site’s rules as data"),
        description=_l("All of them: what is not here does not hold any more. Begin each name with site_."),
    )
    effective_from = DateField(_l("In force from"), [InputRequired(_l("Enter the day."))])
    note = TextAreaField(
        _l("Why"), [Length(max=500, message=_l("Say why, in at most 500 characters."))], filters=[stripped],
        description=_l("Needed when you publish."),
    )  # fmt: skip
