"""The letters of the people room, in the reader's language, as text and HTML."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for

from core.data.session import ScopedSession
from core.kernel.text import N_
from core.people.service.tools import LIFETIMES, Letter
from core.web.contact import platform_address, root
from core.web.context import here
from core.web.i18n import say
from core.web.letters import Letter as Written
from core.web.letters import send_letter
from core.work import mail


@dataclass(frozen=True, slots=True)
class Words:
    """One kind of letter: msgids, and the page (endpoint) its button leads to."""

    subject: str
    paragraphs: tuple[str, ...]
    label: str = ""
    endpoint: str = ""


IGNORE = N_("If you did not ask for this, you need not do anything.")
NOT_YOU = N_("If that was not you, choose a new password now, and tell your partner.")
LETTERS = {
    "confirm": Words(
        N_("Confirm your email address"),
        (N_("Open this link within three days to confirm your email address and choose a password."), IGNORE),
        N_("Confirm and choose a password"),
        "account.confirm",
    ),
    "already": Words(
        N_("You already have an account"),
        (
            N_("Somebody, perhaps you, asked to use this email address for an account. It has one already."),
            N_("You can sign in with it. If you do not remember the password, you can choose a new one there."),
            IGNORE,
        ),
        N_("Sign in"),
        "account.sign_in",
    ),
    "reset": Words(
        N_("Choose a new password"),
        (N_("Open this link within an hour to choose a new password. It works once."), IGNORE),
        N_("Choose a new password"),
        "account.reset_with",
    ),
    "unknown": Words(
        N_("There is no account with this address"),
        (
            N_("Somebody, perhaps you, asked for a new password, but no account has this email address."),
            N_("You may have used another address. If you have no account yet, you can create one."),
            IGNORE,
        ),
        N_("Create an account"),
        "account.register",
    ),
    "closed": Words(
        N_("Your account is closed"),
        (N_("Somebody, perhaps you, asked for a new password. This account is closed, so it has none."), IGNORE),
    ),
    "closing": Words(
        N_("You closed your account"),
        (
            N_("Your account is closed, and you are signed out everywhere."),
            N_("We erase what we hold about you after %(at)s. Until then we can open your account again."),
            N_("Do you want it back, or was that not you? Write to %(contact)s."),
        ),
    ),
    "email": Words(
        N_("Confirm your new email address"),
        (N_("Open this link within a day to use this email address for your account."), IGNORE),
        N_("Use this address"),
        "account.email_with",
    ),
    "email_changed": Words(
        N_("Your email address was changed"),
        (
            N_("The email address of your account was changed on %(at)s. You sign in with the new one."),
            # a link to choose a new password goes to the new address alone: who reads this could not use it
            N_("If that was not you, write to %(contact)s at once: somebody else may be using your account."),
        ),
    ),
    "password_changed": Words(
        N_("Your password was changed"),
        (N_("The password of your account was changed on %(at)s. Your other devices were signed out."), NOT_YOU),
        N_("Choose a new password"),
        "account.reset",
    ),
}


def send(session: ScopedSession, letter: Letter) -> None:
    """Write `letter` in the reader's language and hand it to the outbox, in the caller's transaction."""
    context, words = here(), LETTERS[letter.kind]
    given: dict[str, Any] = {name: value for name, value in (("token", letter.token), ("next", letter.then)) if value}
    path = url_for(words.endpoint, **given) if words.endpoint else ""
    language, context.language = context.language, letter.locale
    try:
        places: dict[str, Callable[[], str]] = {"at": lambda: _moment(letter), "contact": platform_address}
        written = Written(
            subject=say(words.subject),
            paragraphs=[
                say(text, {name: place() for name, place in places.items() if f"%({name})s" in text})
                for text in words.paragraphs
            ],
            label=say(words.label) if words.label else "",
            href=f"{root()}{path}" if path else "",
            site_href=f"{root()}{context.prefix}/",
        )
        send_letter(
            session, context.tenant, written, to=letter.email, language=letter.locale, account_id=letter.account_id,
            secret=bool(letter.token), life=LIFETIMES[letter.kind] if letter.token else mail.SENT_WITHIN,
        )  # fmt: skip
    finally:
        context.language = language


def _moment(letter: Letter) -> str:
    return str(current_app.jinja_env.filters["when"](letter.at))
