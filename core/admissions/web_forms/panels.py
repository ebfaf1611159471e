"""What leads type about their panel, and assessors about what they are tied to. Days are London's."""

from datetime import date, datetime, time, timedelta
from typing import Any

from wtforms import DateField, EmailField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.core import Field
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from core.admissions import conflict_rules
from core.admissions.models.panels import INTEREST_KINDS
from core.admissions.panel_needs import ROLE_NAMES
from core.admissions.service.assessors import Place
from core.kernel import clock, wall_clock
from core.kernel.text import N_
from core.people.emails import LONGEST
from core.web.forms import CheckboxesField, Form, NotBlank, stripped
from core.web.i18n import lazy_gettext as _l
from core.web.i18n import say

NUMBER = _l("Enter a number from 0 to 500")
LAST_MINUTE = time(23, 59)
USUAL_DAYS = 14
LATEST = timedelta(days=366)


def why_field(label: str, hint: str = "") -> TextAreaField:
    """A reason that has to be given."""
    rules = [NotBlank(N_("Say why, in at most 500 characters")), Length(max=500, message=_l("At most 500 characters"))]
    return TextAreaField(label, rules, filters=[stripped], description=hint)


class WhyForm(Form):
    """Something that is done with a reason and nothing else."""

    why = why_field(_l("Why"), _l("It is kept. You, your colleagues and the central team can read it."))


class PlaceForm(Form):
    """A place on the panel."""

    roles = CheckboxesField(
        _l("What this person brings"),
        description=_l("Rules can ask for one of these on each application. Leave all empty if none applies."),
    )  # fmt: skip
    capacity = IntegerField(
        _l("Applications at most"), [InputRequired(NUMBER), NumberRange(0, 500, message=NUMBER)],
        description=_l("How many of one window this person can have."),
    )  # fmt: skip
    workplace = StringField(
        _l("Where this person works"), [Length(max=conflict_rules.LONGEST, message=_l("At most 200 characters"))], filters=[stripped],
        description=_l("They never get an application from there. Write the name in full, as applicants do."),
    )  # fmt: skip
    trained_on = DateField(
        _l("Trained on"),
        [Optional()],
        description=_l("The day of their last training for assessors, if there was one."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roles.choices = [(key, say(name)) for key, name in ROLE_NAMES.items()]

    def place(self) -> Place:
        """The form's answers as the services take them."""
        return Place(
            tuple(self.roles.data or ()), self.capacity.data, self.workplace.data or "", self.trained_on.data
        )  # fmt: skip


class AddForm(PlaceForm):
    """Somebody new on the panel."""

    email = EmailField(
        _l("Email address"),
        [
            NotBlank(N_("Enter an email address")),
            Length(max=LONGEST, message=_l("At most %(max)s characters", max=LONGEST)),
        ],
        filters=[stripped],
        description=_l("The one the person signs in with. Who is no assessor here yet gets that role."),
    )


class InterestForm(Form):
    """Something an assessor is tied to."""

    kind = RadioField(_l("What is it?"), validate_choice=False)
    target = StringField(
        _l("Its name"),
        [
            NotBlank(N_("Enter a name, or an email address, of at most 200 characters")),
            Length(max=conflict_rules.LONGEST, message=_l("At most 200 characters")),
        ],
        filters=[stripped],
        description=_l("The organisation’s name in full; or the person’s name or email address."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [(kind, say(conflict_rules.KINDS[kind])) for kind in INTEREST_KINDS]


class ConflictForm(Form):
    """A conflict of interest of somebody with one application."""

    account_id = SelectField(_l("Whose conflict is it?"), validate_choice=False)
    kind = RadioField(_l("What is it?"), validate_choice=False)
    why = why_field(
        _l("What is known of it"), _l("A sentence is enough. Those who are not in conflict themselves can read it.")
    )

    def __init__(self, own: str, panel: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = [(account_id, name) for account_id, name in panel if account_id != own]
        self.account_id.choices = [("", say(N_("Choose a person"))), (own, say(N_("My own"))), *others]
        self.kind.choices = [(kind, say(conflict_rules.KINDS[kind])) for kind in INTEREST_KINDS]


def _to_come(_: Form, field: Field) -> None:
    """Raise ValidationError for a day that is past, or more than a year away."""
    if field.data is not None and not clock.today() < field.data <= clock.today() + LATEST:
        raise ValidationError(say(N_("Choose a day from tomorrow on, within a year")))


class DueForm(Form):
    """Until when something is to be assessed."""

    due_on = DateField(
        _l("To be assessed by"), [InputRequired(_l("Enter a date like 2026-11-23")), _to_come],
        description=_l("The end of that day, London time. A reminder goes out five days before."),
    )  # fmt: skip

    @property
    def due_at(self) -> datetime:
        """The last minute of the day, as an instant."""
        return wall_clock.instant(datetime.combine(self.due_on.data, LAST_MINUTE))


class AssignForm(DueForm):
    """Who gets an application, and until when."""

    assessor_id = RadioField(_l("Who is to assess it?"), validate_choice=False)


def usual_day(closes_at: datetime | None, assess_days: int | None) -> date:
    """The day that forms begin with: so many days after the window's closing as it pins, at least two weeks from now."""
    soonest = clock.today() + timedelta(days=USUAL_DAYS)
    if closes_at is None or assess_days is None:
        return soonest
    return max(soonest, clock.london(closes_at).date() + timedelta(days=assess_days))
