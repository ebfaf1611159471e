"""The reminder to who has not yet said how an event was."""

from flask import current_app

from core.sdk import Letter, ScopedSession, TenantSnapshot, gettext, in_language, one_line, root_of, send_letter
from plugins.local_events.letters import language_for
from plugins.local_events.service.changing import path_of
from plugins.local_events.service.feedback_rounds import Reminder, Write


def reminder(site: TenantSnapshot) -> Write:
    """What writes one reminder of a site, in its reader's language and the caller's transaction."""

    def write(session: ScopedSession, one: Reminder) -> None:
        language = language_for(site, one.locale)
        with in_language(language):
            title = one_line(one.title)
            letter = Letter(
                subject=gettext("How was it? %(title)s", title=title),
                paragraphs=[
                    gettext("You had a place at “%(title)s”. Please take two minutes to say how it was.", title=title),
                    gettext("Your answers are kept without your name. What people said, and what is done about it, is shown "
                            "on the page of the next event of its kind."),
                    gettext("You can answer until %(at)s. We do not ask again.", at=current_app.jinja_env.filters["when"](one.closes_at)),
                ],
                site_href=f"{root_of(site)}/",
                label=gettext("Say how it was"),
                href=f"{root_of(site)}{path_of(one.event_id)}/feedback",
            )  # fmt: skip
            send_letter(session, site, letter, to=one.email, language=language, account_id=one.account_id)

    return write
