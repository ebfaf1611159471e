"""What an approver types who is away."""

from wtforms import DateField, StringField
from wtforms.validators import InputRequired, Length

from core.sdk import N_, Form, NotBlank, lazy_gettext, stripped

_l = lazy_gettext


class StandInForm(Form):
    """Who decides meanwhile, and on which days."""

    email = StringField(
        _l("Email address of the member who stands in for you"),
        [NotBlank(N_("Enter the email address.")), Length(max=254, message=_l("Use at most 254 characters."))],
        filters=[stripped],
        description=_l("A member of this site. They decide only what both of you could decide."),
    )
    starts_on = DateField(_l("First day"), [InputRequired(_l("Enter the day."))])
    ends_on = DateField(_l("Last day"), [InputRequired(_l("Enter the day."))])
