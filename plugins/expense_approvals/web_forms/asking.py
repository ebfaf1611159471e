"""What a member types when asking that costs be agreed."""

from datetime import date
from typing import Any

from wtforms import DateField, FieldList, FormField, SelectField, StringField, TextAreaField
from wtforms import Form as Part
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from core.sdk import N_, Form, Invalid, NotBlank, lazy_gettext, pence_typed, say, stripped, thousandths_typed
from plugins.expense_approvals.claims.lines import Line
from plugins.expense_approvals.policy.rules import Policy
from plugins.expense_approvals.words import CLASSES, VEHICLES

_l = lazy_gettext
MOST_ROWS = 12
MOST_MILES = 2_000
PASSENGERS = [SelectChoice(str(number), str(number)) for number in range(5)]
CHOOSE_KIND = N_("Choose the kind of cost.")
QUANTITY = N_("Enter a whole number from 1 to 60.")
MILES = N_("Enter the miles with the figures 0 to 9, like 12.4.")
TOO_FAR = N_("Enter at most 2,000 miles.")


class CostForm(Part):  # type: ignore[misc]  # wtforms carries no types
    """One cost. A row without a kind in which nothing else was typed counts for nothing."""

    category = SelectField(_l("Kind of cost"), default="")
    day = DateField(_l("Day"))
    amount = StringField(
        _l("Estimate"), filters=[stripped], description=_l("Leave it empty for miles in your own vehicle.")
    )
    quantity = StringField(_l("How many"), filters=[stripped], default="1", description=_l("Meals, tickets or nights."))
    miles = StringField(_l("Miles"), filters=[stripped])
    vehicle = SelectField(_l("Vehicle"), default="")
    passengers = SelectField(_l("Passengers you will take"), choices=PASSENGERS, default="0")
    region = SelectField(_l("Where"), default="")
    travel_class = SelectField(_l("Class of travel"), default="")
    reason = StringField(
        _l("Why it is needed"), [Length(max=300, message=_l("Use at most 300 characters."))], filters=[stripped]
    )

    @property
    def is_empty(self) -> bool:
        """Whether nothing was chosen or typed in this row."""
        return not (self.category.data or self.amount.data or self.miles.data or self.reason.data)


class AskForm(Form):
    """Up to a dozen costs."""

    costs = FieldList(FormField(CostForm), min_entries=1, max_entries=MOST_ROWS)

    def offer(self, policy: Policy, language: str, day: date) -> None:
        """Fill the lists of choices from the policy, in the person's language; a new row begins on `day`."""
        for entry in self.costs.entries:
            offer(entry.form, policy, language, day)

    def readable(self, policy: Policy) -> list[Line]:
        """The costs that can be read by now, while others are still being typed; the key of each is its row's number."""
        rows = [(str(number), entry.form) for number, entry in enumerate(self.costs.entries)]
        read = (line_of(row, key.zfill(2), policy) for key, row in rows if row.category.data and not row.errors)
        return [line for line in read if line is not None]

    def lines(self, policy: Policy) -> tuple[list[Line], dict[str, str]]:
        """(the costs, the person's reasons by their key). Errors stand beside the fields, and then the first is empty. Where nothing
        was typed at all, they stand in the first row: something has to be asked for."""
        lines, reasons, wrong = [], {}, False
        nothing = all(entry.form.is_empty for entry in self.costs.entries)
        for number, entry in enumerate(self.costs.entries):
            row: Any = entry.form
            if row.is_empty and not (nothing and number == 0):
                continue
            if not row.category.data:
                row.category.errors = [*row.category.errors, say(CHOOSE_KIND)]
            line = line_of(row, f"{number:02}", policy)
            wrong = wrong or line is None
            if line is not None:
                lines.append(line)
                reasons[line.key] = row.reason.data or ""
        self.costs.errors = [entry.form.errors for entry in self.costs.entries if entry.form.errors]
        return ([], {}) if wrong else (lines, reasons)


def offer(row: Any, policy: Policy, language: str, day: date) -> None:
    """Fill the lists of choices of one cost from the policy; a cost without a day is on `day`. What is never covered is no choice,
    unless the cost is of that kind already: then the page says why nothing is allowed."""
    welsh = language == "cy"
    hidden = {one.key for one in policy.never} - {row.category.data}
    categories = [
        (one.key, one.title.cy if welsh else one.title.en) for one in policy.categories if one.key not in hidden
    ]
    regions = [(key, words.cy if welsh else words.en) for key, words in policy.regions.items()]
    row.category.choices = [("", say(N_("Choose a kind"))), *categories]
    row.vehicle.choices = [("", say(N_("None"))), *((key, say(VEHICLES.get(key, key))) for key in policy.vehicles)]
    row.region.choices = [("", say(N_("Anywhere else"))), *regions]
    row.travel_class.choices = [("", say(N_("None"))), *((key, say(words)) for key, words in CLASSES.items())]
    if row.day.data is None and not row.day.raw_data:
        row.day.data = day


def line_of(row: Any, key: str, policy: Policy) -> Line | None:
    """One row as a cost; None where something could not be taken, which then stands beside its field."""
    category = policy.category(row.category.data)
    by_miles = category is not None and category.unit == "mile"
    amount = miles = None
    if row.amount.data or not by_miles:
        amount = _taken(row.amount, lambda: pence_typed(row.amount.data or "", "amount"))
    if by_miles:
        miles = _taken(
            row.miles,
            lambda: thousandths_typed(row.miles.data or "", "miles", most=MOST_MILES, unclear=MILES, too_many=TOO_FAR),
        )
        if not row.vehicle.data:
            row.vehicle.errors = [*row.vehicle.errors, say(N_("Choose the vehicle."))]
    quantity = _taken(row.quantity, lambda: _quantity(row.quantity.data or ""))
    if any(field.errors for field in row):
        return None
    return Line(
        key, row.category.data, row.day.data, amount, quantity or 1, miles or 0, row.vehicle.data if by_miles else "",
        int(row.passengers.data) if by_miles else 0, region=row.region.data, travel_class=row.travel_class.data, has_reason=bool(row.reason.data),
    )  # fmt: skip


def _quantity(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 2 and 1 <= int(typed) <= 60):
        raise Invalid({"quantity": QUANTITY})
    return int(typed)


def _taken(field: Any, read: Any) -> int | None:
    try:
        return int(read())
    except Invalid as error:
        field.errors = [*field.errors, *(say(message) for message in error.field_errors.values())]
        return None


class AnswerForm(Form):
    """The answer to an approver's question."""

    words = TextAreaField(
        _l("Your answer"),
        [NotBlank(N_("Write your answer.")), Length(max=500, message=_l("Use at most 500 characters."))],
        filters=[stripped],
    )
