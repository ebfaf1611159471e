"""The letters to assessors, in their language. They name no application: nothing of one is shown before its assessor has
declared whether there is a conflict of interest."""

from collections.abc import Callable

from flask import current_app

from core.admissions.queries.panels import Due
from core.data.session import ScopedSession
from core.tenancy.directory import TenantSnapshot
from core.web.i18n import gettext, ngettext
from core.web.letters import Letter, in_language, send_letter

DESK = "/assess/"
"""The assessor's own page, inside a site: a job has no request to build it from."""
Post = Callable[[ScopedSession, Due], None]


def offered(tenant: TenantSnapshot) -> Post:
    """The post of the letter that says that something was offered."""

    def post(session: ScopedSession, due: Due) -> None:
        with in_language(due.locale):
            subject = ngettext(
                "%(num)s application to assess for %(site)s", "%(num)s applications to assess for %(site)s", due.number,
                site=tenant.named(due.locale),
            )  # fmt: skip
            first = ngettext(
                "You have been asked to assess %(num)s application to join Q.",
                "You have been asked to assess %(num)s applications to join Q.",
                due.number,
            )
            then = gettext(
                "First say for each whether you have a conflict of interest. Only then do you see what was written."
            )
            _send(session, tenant, due, subject, [first, then, _until(due)])

    return post


def reminder(tenant: TenantSnapshot) -> Post:
    """The post of the one reminder before an assessment is due."""

    def post(session: ScopedSession, due: Due) -> None:
        with in_language(due.locale):
            subject = gettext("Your assessments for %(site)s are due soon", site=tenant.named(due.locale))
            first = ngettext(
                "%(num)s application waits for your assessment.",
                "%(num)s applications wait for your assessment.",
                due.number,
            )
            then = gettext("If you cannot assess one of them, turn it down, so that somebody else can.")
            _send(session, tenant, due, subject, [first, _until(due), then])

    return post


def _until(due: Due) -> str:
    when = current_app.jinja_env.filters["when"](due.due_at)
    return gettext("The first is due by %(when)s.", when=when)


def _send(session: ScopedSession, tenant: TenantSnapshot, due: Due, subject: str, paragraphs: list[str]) -> None:
    root = f"{current_app.config['Q'].base_url}{tenant.prefix}"
    letter = Letter(subject, paragraphs, f"{root}/", gettext("Go to your applications"), f"{root}{DESK}")
    send_letter(session, tenant, letter, to=due.email, language=due.locale, account_id=due.account_id)
