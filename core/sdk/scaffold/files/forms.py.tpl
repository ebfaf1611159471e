"""What people type."""

from wtforms import TextAreaField
from wtforms.validators import Length

from core.sdk import N_, Form, NotBlank, lazy_gettext, stripped

_l = lazy_gettext


class NoteForm(Form):
    """A new note."""

    text = TextAreaField(
        _l("Note"),
        [
            NotBlank(N_("Write a note of at most 500 characters")),
            Length(max=500, message=_l("Write a note of at most 500 characters")),
        ],
        filters=[stripped],
        description=_l("At most 500 characters. Everybody who visits this site can read it."),
    )
