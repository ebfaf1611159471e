"""What is typed about whose an event is: a word to a proposer, an organiser's address, a site to host with."""

from collections.abc import Iterable

from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import Length

from core.sdk import N_, Form, NotBlank, lazy_gettext, say, stripped

_l = lazy_gettext
CHOOSE_SITE = N_("Choose a site")


class WhyForm(Form):
    """What a proposer is told."""

    why = TextAreaField(
        _l("Your words to the proposer"),
        [
            NotBlank(N_("Say what should change, or why it cannot take place")),
            Length(max=500, message=_l("At most 500 characters")),
        ],
        filters=[stripped],
        description=_l("They are sent by email, and shown on this page to the proposer alone."),
    )


class OrganiserForm(Form):
    """Who else runs an event."""

    email = StringField(
        _l("Email address of a member"),
        [NotBlank(N_("Enter an email address")), Length(max=320, message=_l("At most 320 characters"))],
        filters=[stripped],
    )


class HostForm(Form):
    """Which site to ask. It begins with no answer, so that no site is asked because the list was passed over."""

    site = SelectField(_l("Site"), [NotBlank(CHOOSE_SITE)])

    def offer(self, sites: Iterable[tuple[int, str]]) -> None:
        """Let one of `sites` be chosen."""
        self.site.choices = [("", say(CHOOSE_SITE)), *((str(site), name) for site, name in sites)]
