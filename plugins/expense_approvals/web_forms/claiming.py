"""What a member types when claiming: one cost at a time, its proof, and words."""

from typing import Any

from wtforms import DateField, FileField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from core.sdk import N_, Form, Invalid, NotBlank, lazy_gettext, say, stripped
from plugins.expense_approvals.claims.places import postcode_typed
from plugins.expense_approvals.claims.proofs import PROOFS
from plugins.expense_approvals.policy.rules import Policy
from plugins.expense_approvals.service.claiming import Cost
from plugins.expense_approvals.web_forms.asking import CHOOSE_KIND, PASSENGERS, line_of

_l = lazy_gettext
_300 = Length(max=300, message=_l("Use at most 300 characters."))


class CostForm(Form):
    """One cost of a claim. The names are those of a cost that is asked for beforehand, so that both are read alike."""

    category = SelectField(_l("Kind of cost"), [InputRequired(_l(CHOOSE_KIND))], default="")
    day = DateField(_l("Day"), [InputRequired(_l("Enter the day."))])
    amount = StringField(
        _l("What you paid"), filters=[stripped], description=_l("Leave it empty for miles in your own vehicle.")
    )
    quantity = StringField(_l("How many"), filters=[stripped], default="1", description=_l("Meals, tickets or nights."))
    miles = StringField(_l("Miles"), filters=[stripped])
    from_postcode = StringField(_l("From (postcode)"), filters=[stripped])
    to_postcode = StringField(_l("To (postcode)"), filters=[stripped])
    vehicle = SelectField(_l("Vehicle"), default="")
    passengers = SelectField(_l("Passengers you took"), choices=PASSENGERS, default="0")
    region = SelectField(_l("Where"), default="")
    travel_class = SelectField(_l("Class of travel"), default="")
    reason = StringField(_l("Why it was needed"), [_300], filters=[stripped])

    def cost(self, policy: Policy) -> Cost | None:
        """The cost; None where something could not be taken, which then stands beside its field."""
        category = policy.category(self.category.data)
        by_miles = category is not None and category.unit == "mile"
        ends = {"from_postcode": "", "to_postcode": ""}
        if by_miles:
            for name in ends:
                ends[name] = self._postcode(name)
        line = line_of(self, "cost", policy)
        return None if line is None else Cost(line, self.reason.data or "", **ends)

    def _postcode(self, name: str) -> str:
        field: Any = self[name]
        try:
            return postcode_typed(field.data or "", name)
        except Invalid as error:
            field.errors = [*field.errors, *(say(message) for message in error.field_errors.values())]
            return ""


class ProofForm(Form):
    """A file that proves a cost."""

    kind = RadioField(
        _l("What it is"), choices=[SelectChoice(key, _l(words)) for key, words in PROOFS.items()], default="receipt"
    )
    file = FileField(
        _l("Photograph or file"),
        description=_l("PDF, PNG or JPEG, at most 10 MB. Where a picture was taken is removed."),
    )


class WordsForm(Form):
    """Words that go with a step: an answer, or why a claim came to more."""

    words = TextAreaField(
        _l("Your words"), [NotBlank(N_("Write a few words.")), Length(max=500, message=_l("Use at most 500 characters."))],
        filters=[stripped],
    )  # fmt: skip
