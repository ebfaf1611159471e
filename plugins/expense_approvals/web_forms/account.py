"""What a member types about where costs are paid to."""

from wtforms import StringField
from wtforms.validators import Length

from core.sdk import N_, NotBlank, OwnPasswordForm, SecretField, lazy_gettext, stripped

_l = lazy_gettext


class AccountForm(OwnPasswordForm):
    """A UK account, and the password of whoever gives it."""

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
