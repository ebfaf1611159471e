"""The sample form of the style page: one field of every kind. Nothing that is typed into it is kept."""

from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    FileField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, InputRequired, Length, NumberRange

from core.kernel.text import N_
from core.web.forms import CheckboxesField, Form, NotBlank
from core.web.i18n import lazy_gettext as _l

LONGEST = 300


class SampleForm(Form):
    """Every kind of field the components draw."""

    name = StringField(_l("Full name"), [NotBlank(N_("Enter your full name"))])
    email = EmailField(
        _l("Email address"),
        [InputRequired(_l("Enter your email address")), Email(_l("Enter an email address like name@example.org"))],
        description=_l("We write to it only about what you sign up for."),
    )
    password = PasswordField(
        _l("Password"), description=_l("At least 12 characters. Three words you can remember are good.")
    )
    sector = SelectField(
        _l("Where you work"),
        choices=[
            SelectChoice("", _l("Choose one")),
            SelectChoice("care", _l("Health and care")),
            SelectChoice("charity", _l("Charity")),
            SelectChoice("none", _l("Not in paid work")),
        ],
    )
    mode = RadioField(
        _l("How will people take part?"),
        [InputRequired(_l("Say how people will take part"))],
        choices=[
            SelectChoice("person", _l("In person")),
            SelectChoice("online", _l("Online")),
            SelectChoice("both", _l("Both")),
        ],
    )
    domains = CheckboxesField(
        _l("Which domains of quality is it about?"),
        choices=[
            SelectChoice("safe", _l("Safe")),
            SelectChoice("timely", _l("Timely")),
            SelectChoice("equitable", _l("Equitable")),
        ],
        description=_l("Choose all that fit."),
    )
    date = DateField(_l("Date"))
    starts = TimeField(_l("Starts"))
    places = IntegerField(_l("Places"), [NumberRange(1, 5000, _l("Places must be from 1 to 5,000"))])
    cost = StringField(_l("What it costs you"), description=_l("Pounds and pence, like 12.50."))
    about = TextAreaField(
        _l("What it is about"), [Length(max=LONGEST, message=_l("Say it in 300 characters or fewer"))]
    )
    paper = FileField(_l("Programme"), description=_l("A PDF of up to 5 MB."))
    agree = BooleanField(_l("I have read the compact"), [InputRequired(_l("Read the compact and tick the box"))])
