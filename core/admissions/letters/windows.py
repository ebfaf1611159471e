"""The letters about windows, in the reader's language, as text and HTML: from a page's request or from a job."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from core.admissions.queries.calibration import ToAsk
from core.admissions.service.deadlines import Unfinished
from core.admissions.service.extensions import MoreTime
from core.admissions.service.interest import Told
from core.data.session import ScopedSession
from core.kernel.text import N_
from core.tenancy.directory import TenantSnapshot
from core.web.i18n import gettext, say
from core.web.letters import Letter, in_language, root_of, send_letter

HOME, CONFIRM, STOP, AT_ONCE = "/apply/", "/apply/interest/", "/apply/stop/", "/at-once"
"""Addresses in letters, inside a site: a job has no request to build them from. A test opens each."""


@dataclass(frozen=True, slots=True)
class Words:
    """One kind of letter: msgids, in which %(site)s and %(at)s can stand, and the address its button leads to."""

    subject: str
    paragraphs: tuple[str, ...]
    label: str
    path: str


LETTERS = {
    "confirm": Words(
        N_("Do you want to hear when Q opens in %(site)s?"),
        (
            N_("Somebody, perhaps you, asked us to write to this address when applications to join Q open in %(site)s."),
            N_("Open this link within a week to say that you want it. If you did not ask, you need not do anything."),
        ),
        N_("Yes, tell me"),
        CONFIRM,
    ),
    "known": Words(
        N_("You are on the list for %(site)s"),
        (
            N_("Somebody, perhaps you, asked us to write to this address when applications to join Q open in %(site)s."),
            N_("We do that already: once when they open, and once when they are about to close."),
        ),
        N_("See whether they are open"),
        HOME,
    ),
    "opened": Words(
        N_("You can apply to join Q in %(site)s"),
        (
            N_("Applications are open in %(site)s until %(at)s."),
            N_("It takes one to two hours. You can stop at any time and go on later."),
        ),
        N_("See how to apply"),
        HOME,
    ),
    "unfinished": Words(
        N_("Your application to join Q is not submitted yet"),
        (
            N_("You have begun an application to join Q in %(site)s. It can be submitted until %(at)s."),
            N_("Everything you wrote is kept: go on where you stopped. If you have changed your mind, you need not do anything."),
        ),
        N_("Go on with your application"),
        "/apply/mine",
    ),
    "closing": Words(
        N_("Applications to join Q in %(site)s are about to close"),
        (
            N_("Applications are open in %(site)s until %(at)s."),
            N_("If you have applied already, you need not do anything."),
        ),
        N_("See how to apply"),
        HOME,
    ),
    "calibration": Words(
        N_("Please score a calibration case for Q"),
        (
            N_("Every assessor of every partner scores the same case, so that scores can be compared across the UK. It is no "
               "real application under assessment."),
            N_("Please seal your scores by %(at)s. It takes as long as one application."),
        ),
        N_("Score the case"),
        "/assess/calibration/",
    ),
    "extended": Words(
        N_("You have more time to apply to join Q in %(site)s"),
        (N_("You can submit your application until %(at)s."),),
        N_("Go to your application"),
        HOME,
    ),
}  # fmt: skip


def tell(tenant: TenantSnapshot) -> Callable[[ScopedSession, Told], None]:
    """The post of one site's messages about windows: each says how to stop them."""

    def post(session: ScopedSession, told: Told) -> None:
        token = told.token if told.kind == "confirm" else ""
        write(session, tenant, LETTERS[told.kind], told.email, told.locale, told.closes_at, more=token, stop=told.token)

    return post


def more_time(tenant: TenantSnapshot) -> Callable[[ScopedSession, MoreTime], None]:
    """The post of the letter about more time."""

    def post(session: ScopedSession, given: MoreTime) -> None:
        words = LETTERS["extended"]
        write(session, tenant, words, given.email, given.locale, given.closes_at, account_id=given.account_id)

    return post


def unfinished(tenant: TenantSnapshot) -> Callable[[ScopedSession, Unfinished], None]:
    """The post of the one reminder to somebody whose draft's window is about to close."""

    def post(session: ScopedSession, left: Unfinished) -> None:
        write(
            session, tenant, LETTERS["unfinished"], left.email, left.locale, left.closes_at, account_id=left.account_id
        )

    return post


def calibration(tenant: TenantSnapshot) -> Callable[[ScopedSession, ToAsk], None]:
    """The post of the letter that asks an assessor to score a calibration case."""

    def post(session: ScopedSession, asked: ToAsk) -> None:
        words = LETTERS["calibration"]
        write(session, tenant, words, asked.email, asked.locale, asked.due_at, account_id=asked.account_id)

    return post


def write(
    session: ScopedSession, tenant: TenantSnapshot, words: Words, email: str, locale: str, at: datetime | None, *,
    more: str = "", application_id: str = "", stop: str = "", account_id: str | None = None,
) -> None:  # fmt: skip
    """Write a letter in the reader's language, in the caller's transaction.

    `at` (UTC) and the site's name stand where the words say so; `more` comes after the button's address, in which
    `application_id` can stand; with `stop` the letter carries ways to have no more of them, and is secret: the link's page shows the
    whole address and the same token says yes again, so it is kept no longer than the message needs to go.
    """
    root = root_of(tenant)
    with in_language(locale):
        when = current_app.jinja_env.filters["when"](at) if at is not None else ""
        places = {"site": tenant.named(locale), "at": when}

        def said(text: str) -> str:
            return say(text, {name: value for name, value in places.items() if f"%({name})s" in text})

        letter = Letter(
            subject=said(words.subject),
            paragraphs=[said(text) for text in words.paragraphs],
            label=gettext(words.label),
            href=root + words.path.replace("%(application)s", application_id) + more,
            site_href=f"{root}/",
            stop_href=f"{root}{STOP}{stop}" if stop else "",
            one_click_href=f"{root}{STOP}{stop}{AT_ONCE}" if stop else "",
        )
        send_letter(session, tenant, letter, to=email, language=locale, account_id=account_id, secret=bool(stop))
