"""What organisers type about places, invitations and questions."""

from collections.abc import Sequence
from typing import Any

from wtforms import (
    BooleanField,
    DateTimeLocalField,
    EmailField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.fields.core import Field
from wtforms.validators import Length, NumberRange, Optional

from core.sdk import N_, Form, NotBlank, clock, lazy_gettext, say, stripped, whole_number
from plugins.local_events.queries.places import PoolNow
from plugins.local_events.service.capacities import Size
from plugins.local_events.service.questions import Ask
from plugins.local_events.web_forms.events import INSTANT_FORMATS, KeptOrOnOneClock
from plugins.local_events.words import ELIGIBILITIES, MOST_PLACES, QUESTION_KINDS

_l = lazy_gettext
AT_MOST_500 = _l("At most 500 characters")


class ReasonForm(Form):
    """Why an organiser decides so; the person reads it."""

    why = TextAreaField(
        _l("Why"),
        [NotBlank(N_("Say why, in at most 500 characters")), Length(max=500, message=AT_MOST_500)],
        [stripped],
    )


class AddForm(Form):
    """Somebody who gets a place without having registered."""

    email = EmailField(
        _l("Email address"),
        [NotBlank(N_("Enter the address of somebody with an account")), Length(max=254)],
        [stripped],
    )
    why = TextAreaField(
        _l("Why"), [NotBlank(N_("Say why, in at most 500 characters")), Length(max=500, message=AT_MOST_500)], [stripped],
        description=_l("It stays on record: this place stands beside the order, and may be one too many."),
    )  # fmt: skip


class InviteForm(Form):
    """Addresses for the invitation list."""

    addresses = TextAreaField(
        _l("Email addresses"), [NotBlank(N_("Give 1 to 500 addresses, each on a line of its own"))], [stripped],
        description=_l("Each on a line of its own. Each person gets a letter, once the event is published."),
    )  # fmt: skip


READY = {
    "access": Ask(
        "choices", N_("What would help you take part?"), N_("Only the organisers read it, and it is deleted after the event."),
        (
            N_("Step-free access"), N_("Hearing loop"), N_("British Sign Language"), N_("Large print"), N_("A quiet room"),
        ),
        sensitive=True,
    ),
    "diet": Ask(
        "choices", N_("What do you not eat, or need to eat?"),
        N_("Who cooks gets numbers only, and it is deleted after the event."),
        (
            N_("Vegetarian"), N_("Vegan"), N_("Halal"), N_("Kosher"), N_("No gluten"), N_("No dairy"), N_("No nuts"),
        ),
        sensitive=True,
    ),
}  # fmt: skip
"""Questions that are asked again and again, to begin from."""


class QuestionForm(Form):
    """One more question."""

    text = StringField(
        _l("Question"),
        [NotBlank(N_("Write the question, in at most 200 characters")), Length(max=200, message=_l("At most 200 characters"))],
        [stripped],
    )  # fmt: skip
    hint = StringField(_l("Help with it"), [Length(max=300, message=_l("At most 300 characters"))], [stripped])
    kind = SelectField(_l("How it is answered"))
    options = TextAreaField(
        _l("Options"), [Length(max=2200, message=_l("Shorten what you wrote"))], [stripped],
        description=_l("For a list: 2 to 20 options, each on a line of its own."),
    )  # fmt: skip
    required = BooleanField(_l("It must be answered"))
    sensitive = BooleanField(
        _l("The answer is sensitive"),
        description=_l(
            "Health, access, food, belief. It is kept sealed, read by named roles only, and deleted after the event."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [(kind, say(label)) for kind, label in QUESTION_KINDS.items()]

    def ask(self) -> Ask:
        """As the service takes it."""
        options = tuple(line.strip() for line in (self.options.data or "").splitlines() if line.strip())
        return Ask(
            self.kind.data, self.text.data, self.hint.data, options, required=self.required.data, sensitive=self.sensitive.data
        )  # fmt: skip


def ready(name: str) -> dict[str, Any]:
    """The values of a question to begin from, in the reader's language; none for an unknown name."""
    ask = READY.get(name)
    if ask is None:
        return {}
    return {
        "text": say(ask.text), "hint": say(ask.hint), "kind": ask.kind, "sensitive": ask.sensitive,
        "options": "\n".join(say(option) for option in ask.options),
    }  # fmt: skip


SIZED = ("capacity", "waiting_limit", "eligibility", "opens_at")


class SizesForm(Form):
    """The base of the form of an event's pools: `sizes_form` adds four fields for each."""

    kinds: Sequence[str] = ()

    def sizes(self, versions: dict[str, int]) -> dict[str, Size]:
        """As the service takes them; `versions` are those of the pools that the form was made from, 0 for one that there was not."""
        found = {kind: self._size(kind, versions.get(kind, 0)) for kind in self.kinds}
        return {kind: size for kind, size in found.items() if kind != "reserved" or size.capacity or size.version}

    def _size(self, kind: str, version: int) -> Size:
        capacity, waiting, eligibility, opens = (self._fields[f"{kind}-{name}"].data for name in SIZED)
        if kind == "reserved":
            capacity = capacity or 0  # empty is none, where it is no limit of the others
        return Size(capacity, waiting, eligibility, clock.from_london(opens) if opens is not None else None, version)


def sizes_form(pools: Sequence[PoolNow]) -> SizesForm:
    """The form of an event's pools; reserved places can always be given a number."""
    fields: dict[str, Field] = {}
    first: dict[str, Any] = {}
    there = {pool.kind: pool for pool in pools}
    kinds = [*(kind for kind in ("in_person", "online") if kind in there), "reserved"]
    eligible = [SelectChoice(value, say(label)) for value, label in ELIGIBILITIES.items()]
    for kind in kinds:
        pool = there.get(kind)
        fields[f"{kind}-capacity"] = IntegerField(
            _l("Places"), [Optional(), NumberRange(0, MOST_PLACES, message=_l("Enter a number of places from 0 to 5,000"))],
            description=_l("Leave it empty for no limit.") if kind != "reserved" else _l("Leave it empty for none."),
        )  # fmt: skip
        fields[f"{kind}-waiting_limit"] = IntegerField(
            _l("People on the waiting list"),
            [Optional(), NumberRange(0, MOST_PLACES, message=_l("Enter a number from 0 to 5,000"))],
            description=_l("Leave it empty for no limit; 0 is no waiting list."),
        )  # fmt: skip
        fields[f"{kind}-eligibility"] = SelectField(_l("For whom"), choices=eligible)
        fields[f"{kind}-opens_at"] = DateTimeLocalField(
            _l("Opens"), [Optional(), KeptOrOnOneClock()], format=INSTANT_FORMATS
        )
        opens = clock.london(pool.opens_at).replace(tzinfo=None) if pool and pool.opens_at else None
        values = (pool.capacity, pool.waiting_limit, pool.eligibility, opens) if pool else (None, None, "invited", None)
        first |= {f"{kind}-{name}": value for name, value in zip(SIZED, values, strict=True)}
    form: SizesForm = type("EventSizesForm", (SizesForm,), {**fields, "kinds": kinds})(data=first)
    return form


def versions_of(form: Any, kinds: Sequence[str]) -> dict[str, int]:
    """The versions of the pools, out of the form's hidden inputs; 0 for what is none."""
    return {kind: whole_number(form.get(f"version-{kind}", "")) for kind in kinds}
