"""What finance types about payments."""

from wtforms import DateField, FileField, HiddenField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length

from core.sdk import N_, Form, NotBlank, SecretField, lazy_gettext, stripped

_l = lazy_gettext


class PrepareForm(Form):
    """A new batch: its day, and the claims that are ticked beside what is ready."""

    claims = SelectMultipleField(_l("Claims"), validate_choice=False)
    day = DateField(
        _l("Day of payment"), [InputRequired(_l("Enter the day."))], description=_l("Today, or a day of the next 30.")
    )


class StepForm(Form):
    """A step of a batch; `version` is what was looked at."""

    version = HiddenField()


class ResultsForm(Form):
    """What the bank says became of a batch."""

    file = FileField(
        _l("The bank’s list"),
        description=_l("A CSV file. Each line has a payment’s reference and then paid or bounced."),
    )


class PayerForm(Form):
    """The account that payments are made from; `replaces` is the one that was looked at."""

    replaces = HiddenField()
    name = StringField(
        _l("Name on the account"),
        [
            NotBlank(N_("Enter the name on the account, in at most 80 characters.")),
            Length(max=80, message=_l("Enter the name on the account, in at most 80 characters.")),
        ],
        filters=[stripped],
    )
    sort_code = SecretField(_l("Sort code"), filters=[stripped], description=_l("Six figures, like 20-00-00."))
    account = SecretField(_l("Account number"), filters=[stripped], description=_l("Eight figures, like 31926819."))
    user_number = StringField(
        _l("Service user number"), filters=[stripped],
        description=_l("Six figures, from whoever sponsors you at Bacs. Only a Standard 18 file needs it."),
    )  # fmt: skip
