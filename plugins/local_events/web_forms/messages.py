"""What an organiser writes to people of an event."""

from collections.abc import Sequence
from typing import Any

from wtforms import RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from core.sdk import N_, Form, lazy_gettext, say, stripped
from plugins.local_events.queries.messages import CAME, STAYED_AWAY, Audience
from plugins.local_events.service.messaging import Words
from plugins.local_events.states import ACTIVE, CONFIRMED
from plugins.local_events.words import POOL_KINDS, REGISTRATION_STATES

_l = lazy_gettext
ATTENDED = {
    "": N_("All of them"),
    CAME: N_("Only who was there, also without a place"),
    STAYED_AWAY: N_("Only who was not there"),
}


class Ticks(SelectMultipleField):  # type: ignore[misc]  # wtforms carries no types
    """Several of a list, each with a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class MessageForm(Form):
    """A message, and whom it is for. The service says what is wrong with it."""

    states = Ticks(_l("Who gets it"), description=_l("People whose registration is one of these."))
    pools = Ticks(_l("Which places"), [Optional()], description=_l("Tick none for all."))
    attendance = RadioField(_l("Of these"), [Optional()], default="")
    subject = StringField(_l("Subject"), filters=[stripped])
    text = TextAreaField(_l("Message"), filters=[stripped], description=_l("A blank line starts a new paragraph."))
    subject_cy = StringField(_l("Subject in Welsh"), filters=[stripped])
    text_cy = TextAreaField(
        _l("Message in Welsh"), filters=[stripped],
        description=_l("For people who read the site in Welsh. Without it they get the English."),
    )  # fmt: skip

    def __init__(self, pools: Sequence[str], begun: bool, **kwargs: Any) -> None:
        """`pools` are the event's kinds of places; who was there is asked only once it has `begun`."""
        super().__init__(**kwargs)
        self.states.choices = [(state, say(REGISTRATION_STATES[state])) for state in (CONFIRMED, *_others())]
        self.pools.choices = [(kind, say(POOL_KINDS[kind])) for kind in pools]
        self.attendance.choices = [(value, say(label)) for value, label in ATTENDED.items()]
        if not begun:
            del self.attendance
        if len(pools) < 2:
            del self.pools

    def words(self) -> Words:
        """What is written."""
        return Words(self.subject.data, self.text.data, self.subject_cy.data, self.text_cy.data)

    def audience(self) -> Audience:
        """Whom it is for."""
        pools, attendance = self._fields.get("pools"), self._fields.get("attendance")
        return Audience(
            tuple(self.states.data or ()), tuple(pools.data or ()) if pools is not None else (),
            attendance.data or "" if attendance is not None else "",
        )  # fmt: skip


def _others() -> list[str]:
    return [state for state in reversed(ACTIVE) if state != CONFIRMED]
