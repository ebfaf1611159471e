"""A letter of the platform: one layout for all of them, as text and HTML, with the site it comes from."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app, g

from core.data.session import ScopedSession
from core.kernel.calendars import Entry, Invitation, Mailbox, invitation
from core.tenancy.directory import TenantDirectory, TenantSnapshot
from core.work import mail
from core.work.delivery import MailServer


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter says, translated already. `href` is where its button leads, "" for none; `site_href` is the site's start
    page. With `stop_href` it says how to hear no more; `one_click_href` is where a mail program asks for that by itself."""

    subject: str
    paragraphs: Sequence[str]
    site_href: str
    label: str = ""
    href: str = ""
    stop_href: str = ""
    one_click_href: str = ""


def site_of(session: ScopedSession) -> TenantSnapshot:
    """The site of a session in tenant scope: for jobs, which have no request to ask."""
    directory: TenantDirectory = current_app.extensions["q.directory"]
    return directory.current(session, session.scope.tenant_id or 0)


def root_of(tenant: TenantSnapshot) -> str:
    """What the whole addresses of a site's pages begin with, without a slash at the end."""
    return f"{current_app.config['Q'].base_url}{tenant.prefix}"


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Say everything in `language` inside the block, in a request or outside."""
    here = g.get("here")
    if here is not None:
        before, here.language = here.language, language
    else:
        before = g.get("language", "en")
        g.language = language
    try:
        yield
    finally:
        if here is not None:
            here.language = before
        else:
            g.language = before


def send_letter(
    session: ScopedSession, tenant: TenantSnapshot, letter: Letter, *, to: str, language: str, account_id: str | None, secret: bool = False,
    invitation: Invitation | None = None, delay: timedelta | None = None, life: timedelta = mail.SENT_WITHIN,
) -> str:  # fmt: skip
    """Write `letter` in the caller's transaction; the message's id. `secret`, `invitation`, `delay` and `life` as in `mail.send`, and it
    raises what that raises."""
    facts = {
        "subject": letter.subject,
        "paragraphs": letter.paragraphs,
        "label": letter.label,
        "href": letter.href,
        "stop_href": letter.stop_href,
        "site_name": tenant.named(language),
        "partner": tenant.led_by(language),
        "site_href": letter.site_href,
        "brand": tenant.details["colours"]["brand"],
        "language": language,
    }
    name = "admissions/mail/letter" if letter.stop_href else "people/mail/letter"
    text, html = (current_app.jinja_env.get_template(f"{name}.{kind}").render(facts) for kind in ("txt", "html"))
    return mail.send(
        session, to=to, subject=letter.subject, text=text, html=html, account_id=account_id, locale=language, secret=secret,
        stop_href=letter.one_click_href, invitation=invitation, delay=delay, life=life,
    )  # fmt: skip


def invited(tenant: TenantSnapshot, method: str, entry: Entry, *, name: str, address: str, language: str) -> Invitation:
    """What a letter of this site asks of one person's calendar: to keep `entry` (REQUEST) or to drop it (CANCEL). The site is
    the organiser, at the address that all mail comes from: an answer would reach nobody, so none is asked for."""
    config = current_app.config["Q"]
    organiser = Mailbox(tenant.named(language), MailServer.of(config.mail_url, config.base_url).sender)
    return invitation(method, entry, organiser=organiser, attendee=Mailbox(name, address))
