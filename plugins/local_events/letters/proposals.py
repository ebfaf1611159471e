"""The letters to whoever proposed an event, at each step of their proposal."""

from core.sdk import (
    N_,
    Letter,
    ScopedSession,
    TenantSnapshot,
    clock,
    gettext,
    in_language,
    one_line,
    root_of,
    say,
    send_letter,
)
from plugins.local_events import quiet
from plugins.local_events.letters import language_for
from plugins.local_events.service.changing import path_of
from plugins.local_events.service.proposals import News, Post
from plugins.local_events.settings import settings_at

LETTERS: dict[str, tuple[str, str]] = {
    "submit": (
        N_("We have your proposal: %(title)s"),
        N_("Thank you for proposing “%(title)s”. An organiser looks at it, and you will hear from us. Its page says where it "
           "stands."),
    ),
    "request_changes": (
        N_("Please change your proposal: %(title)s"),
        N_("We would like “%(title)s” to take place, with changes. Make them on its page, and submit it again."),
    ),
    "approve": (
        N_("Your proposal is approved: %(title)s"),
        N_("“%(title)s” is approved. Publish it on its page when you are ready, so that people can register."),
    ),
    "reject": (
        N_("We cannot take up your proposal: %(title)s"),
        N_("Thank you for proposing “%(title)s”. We are sorry that it cannot take place."),
    ),
    "withdraw": (
        N_("Your proposal is withdrawn: %(title)s"),
        N_("You have withdrawn “%(title)s”. Nobody will look at it any more."),
    ),
    "cancel": (
        N_("Cancelled: %(title)s"),
        N_("Thank you for proposing “%(title)s”. We are sorry that it cannot take place."),
    ),
    "publish": (
        N_("Your event is published: %(title)s"),
        N_("“%(title)s” is published, and people can register. You are one of its organisers."),
    ),
}  # fmt: skip
"""Subject and first paragraph of each step."""


def post(site: TenantSnapshot) -> Post:
    """What writes one of these letters of a site, in its reader's language and the caller's transaction. At night it goes out in
    the morning."""

    def write(session: ScopedSession, news: News) -> None:
        language = language_for(site, news.locale)
        subject, first = LETTERS[news.step]
        with in_language(language):
            named = {"title": one_line(news.title)}
            paragraphs = [say(first, named)]
            if news.why:
                paragraphs.append(gettext("The organiser writes: %(why)s", why=news.why))
            letter = Letter(
                subject=say(subject, named),
                paragraphs=paragraphs,
                site_href=f"{root_of(site)}/",
                label=gettext("See the event"),
                href=f"{root_of(site)}{path_of(news.event_id)}",
            )
            send_letter(
                session, site, letter, to=news.email, language=language, account_id=news.account_id,
                delay=quiet.wait("proposal", None, clock.now(), settings_at(site)),
            )  # fmt: skip

    return write
