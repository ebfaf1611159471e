"""What approvers and leads type."""

from wtforms import DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from core.sdk import N_, Form, NotBlank, lazy_gettext, stripped

_l = lazy_gettext


class DecideForm(Form):
    """A decision: the amounts stand beside their costs, and come in under names of their own."""

    version = HiddenField()
    words = TextAreaField(
        _l("What you want to say"), [Length(max=500, message=_l("Use at most 500 characters."))], filters=[stripped],
        description=_l("The person reads it. Write something when you ask a question, agree to less or say no."),
    )  # fmt: skip


class JudgeForm(DecideForm):
    """A decision about a claim; `sha256` is the version that is looked at. Amounts and reasons stand beside their costs."""

    sha256 = HiddenField()


class AdjustForm(Form):
    """Making an adjustment of what was looked at: the version of the policy that makes the difference, and its pence."""

    policy_version = HiddenField()
    pence = HiddenField()


class DecideAdjustmentForm(Form):
    """A decision about an adjustment."""

    version = HiddenField()
    words = TextAreaField(
        _l("What you want to say"), [Length(max=500, message=_l("Use at most 500 characters."))], filters=[stripped],
        description=_l("With a yes, the person reads it. A no needs it."),
    )  # fmt: skip


class BudgetForm(Form):
    """A new budget."""

    name = StringField(
        _l("Name"),
        [NotBlank(N_("Give the budget a name of at most 120 characters.")), Length(max=120, message=_l("Use at most 120 characters."))],
        filters=[stripped],
    )  # fmt: skip
    limit = StringField(_l("Limit"), filters=[stripped], description=_l("Pounds and pence, like 2,500.00."))


class LimitForm(Form):
    """Another limit for a budget."""

    version = HiddenField()
    limit = StringField(_l("Limit"), filters=[stripped], description=_l("Pounds and pence, like 2,500.00."))


class ActivityForm(Form):
    """An activity, and whether its costs may be covered."""

    title = StringField(
        _l("Title"),
        [NotBlank(N_("Give the activity a title of at most 200 characters.")), Length(max=200, message=_l("Use at most 200 characters."))],
        filters=[stripped],
    )  # fmt: skip
    starts_on = DateField(_l("First day"), [InputRequired(_l("Enter the day."))])
    ends_on = DateField(_l("Last day"), [InputRequired(_l("Enter the day."))])
    budget_id = SelectField(
        _l("Costs of members who are not in paid employment"), description=_l("As a rule they are not covered.")
    )


class EventActivityForm(ActivityForm):
    """The same of an event; `event_id` is empty where it is none."""

    event_id = HiddenField()


class ActivityChangedForm(ActivityForm):
    """The same of an activity that is there, as it was when the page was made."""

    version = HiddenField()
