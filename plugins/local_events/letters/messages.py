"""The letters about an event itself: a reminder, a change, a certificate, and what its organiser wrote."""

from datetime import datetime
from typing import Any

from flask import current_app

from core.sdk import (
    N_,
    Letter,
    ScopedSession,
    TenantSnapshot,
    gettext,
    in_language,
    one_line,
    root_of,
    send_letter,
)
from plugins.local_events.letters import language_for
from plugins.local_events.letters.places import GIVE_BACK, invitation
from plugins.local_events.queries.events import Details
from plugins.local_events.queries.messages import Sent
from plugins.local_events.service.changing import path_of
from plugins.local_events.service.deliveries import CERTIFICATE, CHANGE, MESSAGE
from plugins.local_events.service.posting import News, Post
from plugins.local_events.words import MODES

SEE = N_("See the event")


def letter(
    site: TenantSnapshot, language: str, kind: str, event: Details, facts: dict[str, Any], message: Sent | None
) -> Letter:
    """One letter in `language`: what is sent, and what a preview shows."""
    with in_language(language):
        subject, paragraphs, label, path = {
            CHANGE: _change, CERTIFICATE: _certificate, MESSAGE: _message,
        }.get(kind, _reminder)(event, facts, message, language)  # fmt: skip
        return Letter(
            subject=subject, paragraphs=[paragraph for paragraph in paragraphs if paragraph], site_href=f"{root_of(site)}/",
            label=label, href=f"{root_of(site)}{path}",
        )  # fmt: skip


Said = tuple[str, list[str], str, str]


def _title(event: Details) -> str:
    return one_line(event.title)


def _when(starts_at: datetime, ends_at: datetime) -> str:
    return str(current_app.jinja_env.filters["when_range"](starts_at, ends_at))


def _where(mode: str, place: str) -> str:
    return f"{place} ({gettext(MODES[mode])})" if place else gettext(MODES[mode])


def _reminder(event: Details, _facts: dict[str, Any], _message: Sent | None, _language: str) -> Said:
    return (
        gettext("Reminder: %(title)s", title=_title(event)),
        [
            gettext("You have a place at “%(title)s”.", title=_title(event)),
            gettext("When: %(when)s", when=_when(event.starts_at, event.ends_at)),
            gettext("Where: %(where)s", where=_where(event.mode, event.place)),
            gettext("The link for joining online is on the event’s page.") if event.mode != "in_person" else "",
            _ticket(event.mode),
            gettext(GIVE_BACK),
        ],
        gettext(SEE),
        path_of(event.id),
    )


def _ticket(mode: str) -> str:
    """Where the ticket is; after the sentence about the link, where there is one."""
    if mode == "online":
        return ""
    if mode == "in_person":
        return gettext("Your ticket for the door is on the event’s page.")
    return gettext("Your ticket for the door is there too.")


def _change(event: Details, facts: dict[str, Any], _message: Sent | None, _language: str) -> Said:
    before = _when(*(datetime.fromisoformat(facts[name]) for name in ("starts_at", "ends_at")))
    now, there = _when(event.starts_at, event.ends_at), _where(event.mode, event.place)
    was_there = _where(facts["mode"], facts["place"])
    other_link = facts["online_url"] != event.online_url and event.online_url
    return (
        gettext("Changed: %(title)s", title=_title(event)),
        [
            gettext("Something has changed about “%(title)s”, for which you are registered.", title=_title(event)),
            gettext("When: %(when)s (it was %(before)s)", when=now, before=before)
            if before != now
            else gettext("When: %(when)s", when=now),
            gettext("Where: %(where)s (it was %(before)s)", where=there, before=was_there)
            if was_there != there
            else gettext("Where: %(where)s", where=there),
            gettext("The link for joining online is another one: it is on the event’s page.") if other_link else "",
            gettext(GIVE_BACK),
        ],
        gettext(SEE),
        path_of(event.id),
    )


def _certificate(event: Details, facts: dict[str, Any], _message: Sent | None, _language: str) -> Said:
    return (
        gettext("Your certificate of attendance: %(title)s", title=_title(event)),
        [
            gettext(
                "Thank you for coming to “%(title)s”. Your certificate of attendance is ready.", title=_title(event)
            ),
            gettext("You can print it. Anybody to whom you give its code can check that it is genuine."),
        ],
        gettext("See the certificate"),
        f"{path_of('certificates')}/{facts['code']}",
    )


def _message(event: Details, _facts: dict[str, Any], message: Sent | None, language: str) -> Said:
    """What an organiser wrote, as it is: it is no template, and nothing in it is filled in. A blank line makes a paragraph."""
    if message is None:
        raise LookupError("a message without its words")
    welsh = language == "cy" and bool(message.text_cy)
    text = message.text_cy if welsh else message.text
    said = [" ".join(part.split()) for part in text.replace("\r", "").split("\n\n")]
    about = gettext(
        "This is about “%(title)s”, %(when)s.", title=_title(event), when=_when(event.starts_at, event.ends_at)
    )
    return message.subject_cy if welsh else message.subject, [*said, about], gettext(SEE), path_of(event.id)


def post(site: TenantSnapshot) -> Post:
    """What writes one of these letters of a site, in its reader's language and the caller's transaction."""

    def write(session: ScopedSession, news: News) -> str:
        language = language_for(site, news.person.locale)
        written = letter(site, language, news.kind, news.event, news.facts, news.message)
        return send_letter(
            session, site, written, to=news.person.email, language=language, account_id=news.person.account_id,
            invitation=invitation(
                site, news.asked, written.href, name=news.person.name, address=news.person.email, language=language
            ),
        )  # fmt: skip

    return write
