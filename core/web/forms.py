"""The base of every form: CSRF, a one-use key, clean text; and what becomes of a form that cannot be taken as it was sent."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Self

from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import (
    FieldList,
    FileField,
    FormField,
    HiddenField,
    IntegerField,
    PasswordField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectFieldBase
from wtforms.fields.core import Field
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from core.kernel import wall_clock
from core.kernel.errors import Conflict, Invalid, Refused
from core.kernel.ids import new_token
from core.kernel.numbers import whole_number
from core.kernel.text import N_, is_blank, is_one_line
from core.web.form_words import FieldWords
from core.web.i18n import day, say
from core.web.sent import refusal

_ALLOWED_CONTROL = {"\n", "\r", "\t"}
_AS_SPACE = str.maketrans(dict.fromkeys(_ALLOWED_CONTROL, " "))
_TURNING = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
"""Marks that turn the direction of writing until they are taken back: they come along unseen with what is copied, and in a name they
would turn round what the page says after it (Unicode Technical Report 36, section 2.5)."""
REPLACED = "\ufffd"
_NOT_A_LINE = (TextAreaField, PasswordField)
TOO_LARGE = 10**15
"""What is counted here has no sixteen digits."""
_FIELD_WORDS = FieldWords()


class _KeyField(HiddenField):  # type: ignore[misc]  # wtforms carries no types
    """The one-use key: on the page by itself, as data with a mark of what was sent with it."""

    def _value(self) -> str:
        return (self.data or "").partition(":")[0]


class Form(FlaskForm):  # type: ignore[misc]  # flask-wtf carries no types
    """A form with CSRF protection and `form_key`, which makes a second sending of the same form harmless."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # the same
        """How a request becomes a form's answers."""

        def get_translations(self, _: FlaskForm) -> Any:
            """What fields say by themselves, in our words."""
            return _FIELD_WORDS

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """What was sent: text for fields of text, files only for fields that ask for one, and nothing from JSON.

            Flask-WTF alone would put a file, or any JSON value, where a service expects text.
            """
            if formdata is None or hasattr(formdata, "getlist"):
                return formdata  # given by the caller
            if not form.is_submitted():
                return None
            wanted = {field.name for field in form if isinstance(field, FileField)}
            files = [(name, file) for name in wanted for file in request.files.getlist(name)]
            return CombinedMultiDict([request.form, MultiDict(files)]) if files else request.form

    form_key = _KeyField()
    overtaken = False
    """Whether somebody else changed first what this form is about: see `kept_on`."""
    differing: Sequence[tuple[str, Any, Any]] = ()
    """Where it was overtaken: the label of each field that differs, the answer as it is now, and as it was typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.form_key.data:
            self.form_key.data = new_token()

    def process(self, formdata: Any = None, *args: Any, **kwargs: Any) -> None:
        """Take what was sent, a line of text without marks that turn it round. A whole number of hundreds of digits is none: WTForms'
        own check of its range fails on it. The one-use key is of what was sent with it: who goes back, mends a word and sends again
        has not sent the same twice."""
        formdata = self.meta.wrap_formdata(self, formdata)
        super().process(formdata, *args, **kwargs)
        if formdata and self.form_key.data:
            self.form_key.data = f"{self.form_key._value()}:{_digest(formdata)}"
        for field in _leaves(self):
            if isinstance(field, IntegerField) and field.data is not None and abs(field.data) >= TOO_LARGE:
                field.data = None
                field.process_errors = [*field.process_errors, say(N_("Enter a whole number"))]
            elif isinstance(field, StringField) and not isinstance(field, _NOT_A_LINE) and isinstance(field.data, str):
                field.data = field.data.translate(_TURNING)

    def validate(self, extra_validators: Any = None) -> bool:
        """WTForms' validation after a look for characters that no answer can hold: null bytes, lone surrogates, and in one line
        what mail would take for the next one or not at all. A form that is turned away (`turned_away`) says why, and looks at nothing."""
        if why := refusal():
            self.form_errors.append(why)
            return False
        ok = bool(super().validate(extra_validators))
        for field in _leaves(self):
            if isinstance(field, (StringField, TextAreaField)) and not _clean(
                field.data, lines=isinstance(field, TextAreaField)
            ):
                field.errors = [*field.errors, say(N_("Remove the characters that cannot be shown"))]
                ok = False
        return ok

    def take(self, errors: dict[str, str]) -> None:
        """Put a service's field errors (msgids) beside the fields; unknown names go to the top of the form."""
        for name, message in errors.items():
            target: Any = self._fields.get(name)
            if target is None:
                self.form_errors.append(say(message))
            else:
                target.errors = [*target.errors, say(message)]

    def differs_from(self, now: Self) -> list[tuple[str, Any, Any]]:
        """The visible fields whose answers differ from those of `now`, the same form filled with what is kept: label, now, here."""
        return [
            (mine.label.text, _told(now[mine.name]), _told(mine))
            for mine in self
            if getattr(mine.widget, "input_type", "") != "hidden"
            and mine.name in now
            and now[mine.name].data != mine.data
        ]


@contextmanager
def kept_on(form: Form, now: Callable[[], Form] | None = None) -> Iterator[None]:
    """Show a service's refusal on the form itself, with everything that was typed.

    Where somebody else's change came first (Conflict) the form is `overtaken`, and with `now`, which makes the same form of what
    is kept, its page shows what differs. Whoever has been told so can send it again: see `next_version`.
    """
    try:
        yield
    except Invalid as error:
        form.take(error.field_errors or {"": error.message})
    except (Conflict, Refused) as error:
        form.form_errors.append(say(error.message, error.params))
        form.overtaken = isinstance(error, Conflict)
        if form.overtaken and now is not None:
            form.differing = form.differs_from(now())


def whole(name: str) -> int:
    """A whole number out of what was sent; 0 for what is none."""
    return whole_number(request.form.get(name))


def key_sent() -> str:
    """The one-use key of a form that was sent and has no class here, of what was sent with it as every form's; "" for none."""
    key = str(request.form.get("form_key", "")).partition(":")[0]
    return f"{key}:{_digest(request.form)}" if key else ""


def version_sent(now: int = 0) -> int:
    """The version that the sent form was made from, 0 for none; `now` where the page is only shown."""
    return whole("version") if request.method == "POST" else now


def next_version(form: Form, now: int) -> int:
    """The version that the form on the answered page is made from. `now` is that of what is kept.

    It is `now` where the page is only shown, and where the form was overtaken: whoever sends it then has been told. Otherwise
    what was sent stays: with a newer one a mended slip would write over somebody else's change unseen.
    """
    return now if form.overtaken else version_sent(now)


def _digest(formdata: Any) -> str:
    """Sixteen characters that differ where anything differs that was sent; of a file its name counts."""
    sent = [(name, str(one)) for name, one in formdata.items(multi=True) if name not in {"csrf_token", "form_key"}]
    return hashlib.sha256(repr(sorted(sent)).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _leaves(fields: Iterable[Field]) -> Iterator[Field]:
    """The fields that people fill in, those inside a field of fields too."""
    for field in fields:
        if isinstance(field, FormField):
            yield from _leaves(field.form)
        elif isinstance(field, FieldList):
            yield from _leaves(field.entries)
        else:
            yield field


def _told(field: Field) -> Any:
    """A field's answer as people read it."""
    if isinstance(field, SelectFieldBase):
        return ", ".join(str(label) for _, label, chosen, *_ in field.iter_choices() if chosen)
    if isinstance(field.data, datetime):
        return f"{day(field.data.date())}, {field.data:%H:%M}"
    return day(field.data) if isinstance(field.data, date) else field.data


def _clean(data: object, *, lines: bool) -> bool:
    """Whether the data of a field, of several `lines` or of one, can be kept: what is not text was made by the field itself, or was
    there before the form was. Where bytes were no UTF-8, Werkzeug puts a character that says so."""
    if not isinstance(data, str):
        return True
    try:
        data.encode()
    except UnicodeEncodeError:
        return False
    return all((char >= " " or char in _ALLOWED_CONTROL) and char != REPLACED for char in data) and (
        lines or is_one_line(data.translate(_AS_SPACE))
    )


class CheckboxesField(SelectMultipleField):  # type: ignore[misc]  # wtforms carries no types
    """Several of a few choices, each a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class SecretField(StringField):  # type: ignore[misc]  # wtforms carries no types
    """A line of text that stands on no page again: a form that came too late and has one is not shown once more."""


def stripped(value: str | None) -> str:
    """A field filter: no space at either end, None as empty."""
    return (value or "").strip()


class NotBlank:
    """A validator: something that can be seen, else `message` (msgid)."""

    def __init__(self, message: str) -> None:
        self.message = message
        self.field_flags = {"required": True}

    def __call__(self, form: Any, field: Field) -> None:
        """Raise ValidationError when nothing was typed."""
        if is_blank(field.data or ""):
            raise ValidationError(say(self.message))


class OnOneClock:
    """A validator: a time on a London clock that is exactly one instant. What cannot be read is told by the field."""

    def __call__(self, form: Any, field: Field) -> None:
        """Raise ValidationError for a time that does not exist or comes twice."""
        if field.data is None:
            return
        try:
            wall_clock.instant(field.data)
        except wall_clock.Unclear as unclear:
            raise ValidationError(say(unclear.message)) from None
