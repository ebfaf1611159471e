"""What people answer when they register, built from the event: only what there is to choose is asked."""

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.fields.core import Field
from wtforms.validators import Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from core.sdk import N_, Form, NotBlank, lazy_gettext, say, stripped
from plugins.local_events.answers import LONGEST, Chosen
from plugins.local_events.queries.events import Details
from plugins.local_events.queries.places import Own
from plugins.local_events.queries.questions import Asked
from plugins.local_events.service.places import Wish
from plugins.local_events.words import MODES, MOST_GUESTS

_l = lazy_gettext
YES_NO = {"yes": N_("Yes"), "no": N_("No")}


class RegisterForm(Form):
    """The base of one event's form: `form_for` adds the fields."""

    event: Details
    asked: Sequence[Asked] = ()

    def wish(self) -> Wish:
        """What the person asks for. Nothing is asked for that the form did not offer."""

        def given(name: str, otherwise: Any) -> Any:
            field = self._fields.get(name)
            return otherwise if field is None or field.data is None else field.data

        return Wish(given("way", ""), given("or_online", False), given("guests", 0), given("accepts_offers", False))

    def answers(self) -> dict[str, str]:
        """What was answered, by question, as it is kept."""
        return {question.id: self._answer(question) for question in self.asked}

    def _answer(self, question: Asked) -> str:
        data = self._fields[question.field].data
        if question.kind != "choices":
            return data or ""
        return Chosen(tuple(data or ()), self._fields[f"{question.field}_other"].data or "").kept()


def form_for(
    event: Details, asked: Sequence[Asked], own: Own | None, answered: Mapping[str, str], *, waits: bool
) -> RegisterForm:
    """The form for one event: with the way of taking part, asked where there are two, guests where they may come, and its questions.
    `own` and `answered` are what the person has said before; `waits` says that places are offered, not taken at once."""
    fields: dict[str, Field] = {}
    first: dict[str, Any] = {}
    if event.mode == "both" and own is None:
        ways = [SelectChoice(kind, say(MODES[kind])) for kind in ("in_person", "online")]
        fields["way"] = RadioField(_l("How do you want to take part?"), choices=ways, default="in_person")
    elif own is None:
        # The one way there is now: where there are others by the time it is sent, this says what was seen.
        fields["way"], first["way"] = HiddenField(), event.mode
    if event.mode == "both":
        fields["or_online"] = BooleanField(_l("If no place in person is free, take one online for me"))
        first["or_online"] = own.or_online if own else False
    if event.guests_allowed:
        most = min(event.guests_allowed, MOST_GUESTS)
        wrong = say(N_("Enter a number from 0 to %(most)s"), {"most": most})
        fields["guests"] = IntegerField(
            _l("Guests you bring"), [Optional(), NumberRange(0, most, message=wrong)],
            description=say(N_("At most %(most)s. Each takes a place."), {"most": most}),
        )  # fmt: skip
        first["guests"] = own.guests if own else 0
    if waits:
        fields["accepts_offers"] = BooleanField(
            _l("Give me the place without asking again"),
            description=_l("When a place becomes free for you, you have it at once. Else we ask you first."),
        )
        first["accepts_offers"] = own.accepts_offers if own else False
    for question in asked:
        fields |= _fields(question)
        first |= _first(question, answered.get(question.id, ""))
    built = type("EventRegisterForm", (RegisterForm,), {**fields, "event": event, "asked": asked})
    form: RegisterForm = built(data=first)
    return form


def _fields(question: Asked) -> dict[str, Field]:
    hint = question.hint
    longest = LONGEST[question.kind]
    wrong = [Length(max=longest, message=say(N_("At most %(most)s characters"), {"most": longest}))]
    if question.kind == "short":
        return {question.field: StringField(question.text, wrong, [stripped], hint)}
    if question.kind == "long":
        return {question.field: TextAreaField(question.text, wrong, [stripped], hint)}
    if question.kind == "yes_no":
        choices = [SelectChoice(value, say(word)) for value, word in YES_NO.items()]
        return {question.field: RadioField(question.text, [Optional()], description=hint, choices=choices)}
    choices = [SelectChoice(option, option) for option in question.options]
    if question.kind == "choice":
        return {question.field: RadioField(question.text, [Optional()], description=hint, choices=choices)}
    many = SelectMultipleField(
        question.text, description=hint, choices=choices, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )  # fmt: skip
    other = StringField(say(N_("%(question)s Anything else"), {"question": question.text}), wrong, [stripped])
    return {question.field: many, f"{question.field}_other": other}


def _first(question: Asked, value: str) -> dict[str, Any]:
    if question.kind != "choices":
        return {question.field: value or None}
    chosen = Chosen.read(value)
    return {question.field: list(chosen.options), f"{question.field}_other": chosen.other}


class HandOnForm(Form):
    """To whom a place is handed on."""

    email = EmailField(
        _l("Email address"), [NotBlank(N_("Enter the address of somebody with an account")), Length(max=254)], [stripped],
        description=_l("The address with which the person signs in to Q."),
    )  # fmt: skip
