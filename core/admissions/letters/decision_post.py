"""The post of decisions and appeals: in the language of the person, in the transaction that has a reason to write."""

from flask import current_app

from core.admissions.service import appeals, releasing
from core.admissions.service.appeals import AppealNews
from core.admissions.service.releasing import Outgoing, Site
from core.data.session import ScopedSession
from core.tenancy.directory import TenantSnapshot
from core.web.i18n import gettext
from core.web.letters import Letter, in_language, send_letter


def site_of(tenant: TenantSnapshot) -> Site:
    """A tenant as its decision letters name it."""
    languages = ("en", "cy")
    return Site({one: tenant.named(one) for one in languages}, {one: tenant.led_by(one) for one in languages})


def decisions(tenant: TenantSnapshot) -> releasing.Post:
    """The post of one site's decisions."""

    def post(session: ScopedSession, letter: Outgoing) -> str:
        return _send(
            session, tenant, letter.subject, list(letter.paragraphs), letter.path, email=letter.email, locale=letter.locale,
            account_id=letter.account_id,
        )  # fmt: skip

    return post


def appealed(tenant: TenantSnapshot) -> appeals.Post:
    """The post that confirms an appeal, and that tells why it was dismissed."""

    def post(session: ScopedSession, news: AppealNews) -> None:
        with in_language(news.locale):
            subject, paragraphs = _dismissed(news) if news.kind == "appeal_dismissed" else _received(news)
        _send(
            session, tenant, subject, paragraphs, f"/apply/{news.application_id}/decision", email=news.email,
            locale=news.locale, account_id=news.account_id,
        )  # fmt: skip

    return post


def _received(news: AppealNews) -> tuple[str, list[str]]:
    return gettext("We have your appeal: %(reference)s", reference=news.reference), [
        gettext("Somebody who had no part in the decision will look at it again, and at what you wrote."),
        gettext("We write to you when that is done. Until then the decision stays as it is."),
    ]


def _dismissed(news: AppealNews) -> tuple[str, list[str]]:
    return gettext("About your appeal: %(reference)s", reference=news.reference), [
        gettext("Somebody who had no part in the decision looked at it again. The decision stays as it is."),
        gettext("This is what they found:"),
        *(part.strip() for part in news.answer.split("\n") if part.strip()),
        gettext("You can apply again whenever applications are open. Your answers are kept and carried over."),
    ]


def _send(
    session: ScopedSession, tenant: TenantSnapshot, subject: str, paragraphs: list[str], path: str, *, email: str, locale: str,
    account_id: str,
) -> str:  # fmt: skip
    root = f"{current_app.config['Q'].base_url}{tenant.prefix}"
    with in_language(locale):
        letter = Letter(
            subject=subject, paragraphs=paragraphs, label=gettext("See the decision"), href=f"{root}{path}", site_href=f"{root}/"
        )  # fmt: skip
        return send_letter(session, tenant, letter, to=email, language=locale, account_id=account_id)
