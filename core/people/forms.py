"""The forms of accounts. What an address or a password must be is for the services to say; here is only what fits a field."""

from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from core.kernel.text import N_
from core.people.emails import LONGEST
from core.people.passwords import MAX_LENGTH
from core.people.sectors import SECTORS, UNTOLD
from core.web.forms import Form, NotBlank, stripped
from core.web.i18n import LANGUAGES
from core.web.i18n import lazy_gettext as _l

PASSWORD_HINT = _l("At least 12 characters. Three random words work well.")
LONG_TEXT = Length(max=1000, message=_l("Write at most 1,000 characters"))


def _length(most: int) -> Length:
    return Length(max=most, message=_l("Write at most %(max)s characters", max=most))


def _name() -> StringField:
    return StringField(_l("Your name"), [NotBlank(N_("Enter your name")), _length(120)], filters=[stripped])


def _email(label: str = _l("Email address")) -> EmailField:
    validators = [NotBlank(N_("Enter your email address")), _length(LONGEST)]
    return EmailField(label, validators, filters=[stripped])


def _new_password() -> PasswordField:
    return PasswordField(
        _l("New password"), [NotBlank(N_("Enter a password")), _length(MAX_LENGTH)], description=PASSWORD_HINT
    )


class RegisterForm(Form):
    """Begin an account: the password is chosen by whoever opens the mailed link; `next` is the page to go on to then."""

    name = _name()
    email = _email()
    next = HiddenField()


class ConfirmForm(Form):
    """Finish an account by its mailed link."""

    name = _name()
    password = _new_password()


class SignInForm(Form):
    """Sign in by password; `next` is the page to go on to."""

    email = _email()
    password = PasswordField(_l("Password"), [NotBlank(N_("Enter your password")), _length(MAX_LENGTH)])
    remember = BooleanField(_l("Keep me signed in on this device for 30 days"))
    next = HiddenField()


class ResetForm(Form):
    """Ask for a link to choose a new password."""

    email = _email()


class NewPasswordForm(Form):
    """Choose a password by a mailed link."""

    password = _new_password()


class ChangePasswordForm(Form):
    """Change the password with the present one."""

    current = PasswordField(_l("Present password"), [NotBlank(N_("Enter your present password")), _length(MAX_LENGTH)])
    new = _new_password()


class EmailForm(Form):
    """Ask to change the address."""

    email = _email(_l("New email address"))
    password = PasswordField(_l("Your password"), [NotBlank(N_("Enter your password")), _length(MAX_LENGTH)])


class OwnPasswordForm(Form):
    """Prove that it is oneself who sits here, before something that concerns all of one's data."""

    password = PasswordField(_l("Your password"), [NotBlank(N_("Enter your password")), _length(MAX_LENGTH)])


class CloseForm(OwnPasswordForm):
    """Close one's own account."""

    sure = BooleanField(
        _l("I want to close my account, and everything about me to be erased"),
        [DataRequired(_l("Tick this if you want to close your account"))],
    )


class PressForm(Form):
    """A page with one button and no field."""


class DetailsForm(Form):
    """One's own name, language and short profile."""

    name = _name()
    locale = SelectField(
        _l("Language of pages and mail"), choices=[SelectChoice(code, name) for code, name in LANGUAGES.items()]
    )
    job_title = StringField(_l("What you do"), [_length(120)], filters=[stripped])
    organisation = StringField(_l("Where you work"), [_length(160)], filters=[stripped])
    sector = SelectField(
        _l("Where you do most of your improvement work"),
        choices=[
            SelectChoice(UNTOLD, _l("Prefer not to say")),
            *(SelectChoice(key, _l(title)) for key, title in SECTORS.items()),
        ],
        default=UNTOLD,
        description=_l("Used for figures about whom activities reach, in which nobody can be recognised."),
    )
    locality = StringField(_l("Town or area"), [_length(120)], filters=[stripped])
    about = TextAreaField(_l("A few words about you"), [LONG_TEXT], filters=[stripped])


class HomeForm(Form):
    """Move one's home to another partner; the choices are the partners' slugs."""

    home = SelectField(_l("Home partner"))
    reason = StringField(_l("Why you are moving"), [_length(300)], filters=[stripped])
