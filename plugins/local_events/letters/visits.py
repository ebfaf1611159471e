"""The letters about visits: one to the other side at each step."""

from flask import current_app

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
from plugins.local_events.service.visits import Post, Told, path_of
from plugins.local_events.settings import settings_at

SUBJECTS = {
    "ask": N_("Somebody asks to visit you: %(title)s"),
    "agree": N_("The host agrees to your visit: %(title)s"),
    "confirm": N_("Your visitor confirms: %(title)s"),
    "decline": N_("The host cannot have you: %(title)s"),
    "closed": N_("The offer of a visit is closed: %(title)s"),
    "move": N_("Your visit is at another place or time: %(title)s"),
    "withdraw": N_("Your visitor does not come: %(title)s"),
    "take_place": N_("What did you learn? %(title)s"),
    "learn": N_("Both of you have told what you learnt: %(title)s"),
}
PARAGRAPHS = {
    "ask": (N_("%(by)s asks for the visit that you offer, “%(title)s”. Please read what they want to learn, and agree or decline."),),
    "agree": (N_("%(by)s agrees to your visit, “%(title)s”. Please confirm that you come: your place is kept until you answer."),),
    "confirm": (N_("%(by)s confirms the visit “%(title)s”. You both see each other’s email address on its page."),),
    "decline": (N_("%(by)s cannot have you for “%(title)s”."),),
    "closed": (N_("%(by)s has closed the offer “%(title)s”, so what you asked for ends here. Thank you for asking."),),
    "move": (N_("%(by)s has changed the place or the time of “%(title)s”. The visit’s page says where and when you meet now."),),
    "withdraw": (N_("%(by)s does not come to “%(title)s”. The place is free for somebody else."),),
    "take_place": (
        N_("“%(title)s” took place. Please tell what you learnt from it."),
        N_("The other side reads it. Members do where both of you agree to share it."),
    ),
    "learn": (N_("%(by)s has told what they learnt from “%(title)s”, and so have you."),),
}  # fmt: skip
LABELS = {
    "ask": N_("Answer"),
    "agree": N_("Confirm"),
    "take_place": N_("Tell what you learnt"),
}


def post(site: TenantSnapshot) -> Post:
    """What writes one of these letters of a site, in its reader's language and the caller's transaction. At night it goes out in
    the morning."""

    def write(session: ScopedSession, told: Told) -> None:
        language = language_for(site, told.locale)
        with in_language(language):
            values = {"title": one_line(told.title), "by": one_line(told.by)}

            def said(text: str) -> str:
                return say(text, {name: value for name, value in values.items() if f"%({name})s" in text})

            paragraphs = [said(text) for text in PARAGRAPHS[told.kind]]
            if told.visit_at is not None and told.kind in ("agree", "confirm", "move"):
                paragraphs.append(
                    gettext("You meet on %(at)s.", at=current_app.jinja_env.filters["when"](told.visit_at))
                )
            if told.words:
                paragraphs.append(gettext("They write: %(words)s", words=told.words))
            letter = Letter(
                subject=said(SUBJECTS[told.kind]),
                paragraphs=paragraphs,
                site_href=f"{root_of(site)}/",
                label=gettext(LABELS.get(told.kind, N_("See the visit"))),
                href=f"{root_of(site)}{path_of(told.visit_id)}",
            )
            send_letter(
                session, site, letter, to=told.email, language=language, account_id=told.account_id,
                delay=quiet.wait(f"visit_{told.kind}", told.visit_at, clock.now(), settings_at(site)),
            )  # fmt: skip

    return write
