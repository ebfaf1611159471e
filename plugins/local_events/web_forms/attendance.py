"""What organisers type on the day and after it; and what a phone sends."""

import json
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import DecimalField, RadioField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange, Optional

from core.sdk import N_, Form, Invalid, NotBlank, lazy_gettext, say, stripped
from plugins.local_events.service.checking_in import Press
from plugins.local_events.words import ATTENDANCES, CORRECTIONS

_l = lazy_gettext
UNREADABLE = N_("What was sent cannot be read.")


HOURS_WRONG = _l("Enter a number from 0.25 to 336")


class HoursField(DecimalField):  # type: ignore[misc]  # wtforms carries no types
    """Hours, with a point for parts of one; says in our words when they cannot be read."""

    def __init__(self, label: Any, validators: Any, **kwargs: Any) -> None:
        super().__init__(label, validators, places=None, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take what was typed. Raises ValueError with words for the person when it is no number."""
        text = (valuelist[0] if valuelist else "").strip()
        try:
            self.data = Decimal(text) if text else None
        except InvalidOperation:
            self.data = None
        if text and (self.data is None or not self.data.is_finite()):
            self.data = None
            raise ValueError(str(HOURS_WRONG))


class CodeForm(Form):
    """The short code of a ticket."""

    code = StringField(
        _l("Code on the ticket"), [NotBlank(N_("Enter the code"))], [stripped],
        description=_l("Eight letters and digits, under the square on their phone."),
    )  # fmt: skip


class WalkInForm(Form):
    """Somebody who came without a place, and has no account."""

    name = StringField(
        _l("Name"), [NotBlank(N_("Enter a name")), Length(max=200, message=_l("At most 200 characters"))], [stripped],
        description=_l("For somebody without an account. They count as there."),
    )  # fmt: skip


def _minutes(hours: Decimal | None) -> int | None:
    return int(hours * 60) if hours is not None else None


class CorrectionForm(Form):
    """What somebody's attendance was, and why that is known."""

    attendance = RadioField(_l("Attendance"), [NotBlank(N_("Choose one of the list"))])
    hours = HoursField(
        _l("Hours they were there"), [Optional(), NumberRange(Decimal("0.25"), 336, message=HOURS_WRONG)],
        description=_l("Only for who was there for a part: 1.5 is an hour and a half."),
    )  # fmt: skip
    why = TextAreaField(
        _l("Why"), [NotBlank(N_("Say why, in at most 500 characters")), Length(max=500, message=_l("At most 500 characters"))],
        [stripped], description=_l("It stays on record, and the person can see it among their data."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.attendance.choices = [(value, say(ATTENDANCES[value])) for value in CORRECTIONS]

    def minutes(self) -> int | None:
        """The hours as minutes."""
        return _minutes(self.hours.data)


class HoursForm(Form):
    """What an event counts for on certificates."""

    hours = HoursField(
        _l("Hours that the event counts for"), [NumberRange(Decimal("0.25"), 336, message=HOURS_WRONG)],
        description=_l("1.5 is an hour and a half. Who left early gets what they were there for."),
    )  # fmt: skip

    def minutes(self) -> int:
        """The hours as minutes."""
        return _minutes(self.hours.data) or 0


def presses_of(device: str, text: str) -> list[Press]:
    """The presses that a phone sends, as JSON. Raises Invalid for what is none."""
    try:
        sent = json.loads(text)
        return [_press(device, one) for one in sent]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise Invalid({"": UNREADABLE}, UNREADABLE) from error


def _press(device: str, one: dict[str, Any]) -> Press:
    """One of them. Raises as reading JSON does, and TypeError for a value of another type than it must have."""
    texts = [one["nonce"], one["direction"], one["kind"], one["who"], one["name"], *one["undoes"]]
    if not all(isinstance(text, str) for text in texts) or not isinstance(one["at"], int):
        raise TypeError("a press of other types")
    return Press(
        nonce=one["nonce"], direction=one["direction"], kind=one["kind"], who=one["who"], name=one["name"], device=device,
        at=datetime.fromtimestamp(one["at"] / 1000, UTC), undoes=tuple(one["undoes"]),
    )  # fmt: skip
