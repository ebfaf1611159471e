"""The forms of the console and of a partner's own management pages."""

from datetime import date

from wtforms import BooleanField, DateField, EmailField, HiddenField, SelectField, TextAreaField
from wtforms.fields.core import Field
from wtforms.validators import Length, Optional, ValidationError

from core.kernel.text import N_
from core.web.forms import Form, NotBlank, stripped
from core.web.i18n import lazy_gettext as _l
from core.web.i18n import say

FOR_GOOD = _l("Kept in the audit trail for good: write no names and nothing private.")
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)


def _sensible(_: Form, field: Field) -> None:
    """Raise ValidationError for a day that is a slip of the keyboard."""
    if field.data is not None and not EARLIEST <= field.data <= LATEST:
        raise ValidationError(say(N_("Enter a date between 2000 and 2200")))


class ReasonForm(Form):
    """Anything that is done with a reason and nothing else."""

    reason = TextAreaField(
        _l("Reason"), [NotBlank(N_("Say why")), Length(max=500)], filters=[stripped], description=FOR_GOOD
    )


class CloseAccountForm(ReasonForm):
    """Close somebody's account; `erase` when the person asked for it."""

    erase = BooleanField(
        _l("The person asked for everything about them to be erased"),
        description=_l("Erased 30 days from now. Until then the account can be opened again."),
    )


class ConfirmForm(Form):
    """The confirmation of a change that has been previewed: `values` holds the change as JSON."""

    values = HiddenField()
    revision = HiddenField()
    why = TextAreaField(
        _l("Reason"),
        [NotBlank(N_("Say why you are changing this")), Length(max=500)],
        filters=[stripped],
        description=_l("Kept in the history, for whoever looks at this later."),
    )


class GrantForm(Form):
    """Give somebody a role. The choices of `role` and `at` are set by the view; each begins with one that is no answer, so that
    nobody gets another role, or a wider one, because a list was passed over."""

    email = EmailField(
        _l("Email address"),
        [NotBlank(N_("Enter the email address of the person’s account")), Length(max=254)],
        filters=[stripped],
        description=_l("Exactly as the person signs in."),
    )
    role = SelectField(_l("Role"), [NotBlank(N_("Choose the role"))])
    at = SelectField(_l("Where"), [NotBlank(N_("Choose where the role holds"))])
    starts_on = DateField(_l("First day"), [_sensible])
    ends_on = DateField(
        _l("Last day"), [Optional(), _sensible], description=_l("Leave it empty for a role without an end.")
    )
    reason = TextAreaField(
        _l("Reason"), [NotBlank(N_("Say why")), Length(max=500)], filters=[stripped], description=FOR_GOOD
    )
