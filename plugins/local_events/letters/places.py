"""The letters about places: what became of a registration, and invitations."""

from dataclasses import dataclass

from flask import current_app

from core.sdk import (
    N_,
    Letter,
    ScopedSession,
    TenantSnapshot,
    calendars,
    gettext,
    in_language,
    invited,
    one_line,
    root_of,
    say,
    send_letter,
)
from plugins.local_events.calendars.invitations import Asked, entry_of
from plugins.local_events.letters import language_for
from plugins.local_events.service.changing import path_of
from plugins.local_events.service.telling import Post, Told


@dataclass(frozen=True, slots=True)
class Words:
    """One kind of letter: msgids, in which %(title)s, %(starts)s, %(until)s and %(why)s can stand."""

    subject: str
    paragraphs: tuple[str, ...]
    label: str = N_("See the event")


ON = N_("It begins on %(starts)s.")
GIVE_BACK = N_(
    "If you cannot come, please give your place back on the event’s page: somebody else may be waiting for it."
)
BECAUSE = N_("The organiser writes: %(why)s")

LETTERS = {
    "confirmed": Words(
        N_("You have a place: %(title)s"),
        (N_("You are registered for “%(title)s”."), ON, GIVE_BACK),
    ),
    "waitlisted": Words(
        N_("You are on the waiting list: %(title)s"),
        (
            N_("All places for “%(title)s” are taken, and you are on the waiting list."),
            N_("Places that become free are offered in the order in which people asked. We write to you when one is offered "
               "to you. The event’s page says where you stand."),
        ),
    ),
    "offered": Words(
        N_("A place is offered to you: %(title)s"),
        (
            N_("A place for “%(title)s” has become free, and it is offered to you."),
            N_("Please answer until %(until)s. After that it goes to the next person on the waiting list."),
            ON,
        ),
        N_("Answer the offer"),
    ),
    "lapsed": Words(
        N_("The offer of a place has lapsed: %(title)s"),
        (
            N_("We did not hear from you about the place that was offered to you for “%(title)s”. It has gone to the next person."),
            N_("If you still want to come, you can join the waiting list again."),
        ),
    ),
    "pending": Words(
        N_("We have your request: %(title)s"),
        (N_("You asked for a place at “%(title)s”. An organiser looks at each request, and you will hear from us."),),
    ),
    "refused": Words(
        N_("We cannot give you a place: %(title)s"),
        (N_("You asked for a place at “%(title)s”. We are sorry that we cannot give you one."), BECAUSE),
    ),
    "removed": Words(
        N_("You are no longer registered: %(title)s"),
        (N_("An organiser has ended your registration for “%(title)s”."), BECAUSE),
    ),
    "handed_on": Words(
        N_("You have been given a place: %(title)s"),
        (
            N_("Somebody who cannot come to “%(title)s” has given their place to you."),
            ON,
            N_("If there are questions on the event’s page, please answer them. If you cannot come, give the place back there."),
        ),
    ),
    "cancelled": Words(
        N_("Cancelled: %(title)s"),
        (N_("“%(title)s”, planned for %(starts)s, is cancelled."), BECAUSE),
    ),
    "withdrawn": Words(
        N_("You are no longer coming: %(title)s"),
        (N_("You have given up your place at “%(title)s”. Thank you: it can go to somebody else."),),
    ),
    "invited": Words(
        N_("You are invited: %(title)s"),
        (N_("You are invited to “%(title)s”."), ON, N_("Register on the event’s page, with this address.")),
        N_("See the invitation"),
    ),
}  # fmt: skip


def letter(site: TenantSnapshot, language: str, told: Told) -> Letter:
    """One of these letters in `language`: what is sent, and what a preview shows."""
    words = LETTERS[told.kind]
    with in_language(language):
        when = current_app.jinja_env.filters["when"]
        places = {
            "title": one_line(told.title), "starts": when(told.starts_at), "why": told.why,
            "until": when(told.until) if told.until is not None else "",
        }  # fmt: skip

        def said(text: str) -> str:
            return say(text, {name: value for name, value in places.items() if f"%({name})s" in text})

        return Letter(
            subject=said(words.subject),
            paragraphs=[said(text) for text in words.paragraphs],
            site_href=f"{root_of(site)}/",
            label=gettext(words.label),
            href=f"{root_of(site)}{path_of(told.event_id)}",
        )


def post(site: TenantSnapshot) -> Post:
    """What writes one of these letters of a site, in its reader's language and the caller's transaction."""

    def write(session: ScopedSession, told: Told) -> str:
        language = language_for(site, told.locale)
        written = letter(site, language, told)
        return send_letter(
            session, site, written, to=told.email, language=language, account_id=told.account_id,
            invitation=invitation(
                site, told.asked, written.href, name=told.name, address=told.email, language=language
            ),
        )  # fmt: skip

    return write


def invitation(
    site: TenantSnapshot, asked: Asked | None, href: str, *, name: str, address: str, language: str
) -> calendars.Invitation | None:  # fmt: skip
    """What a letter about the event at `href` asks of its reader's calendar, as the part of mail that says it."""
    if asked is None:
        return None
    return invited(site, asked.method, entry_of(asked, href), name=name, address=address, language=language)
