"""Asking for the password again on a page of a plugin's: a browser that was left open is not its owner."""

from core.data.session import ScopedSession
from core.kernel.errors import Invalid
from core.people import limits
from core.people.service import credentials
from core.people.views.base import tools
from core.web.context import Visitor


def prove_password(session: ScopedSession, visitor: Visitor, password: str) -> None:
    """See that whoever sits here is the account's owner; on a view with `password_tries`, which limits guessing and counts nothing
    else. Ask it last, once everything else in the form is right. Raises Invalid (`password`)."""
    try:
        credentials.proved(session, tools(), visitor.actor(), password, "password")
    except Invalid:
        limits.note_wrong_password()
        raise
