"""The letters of expenses."""

from datetime import datetime

from flask import current_app

from core.sdk import Letter, ScopedSession, TenantSnapshot, Visitor, gettext, in_language, root_of, send_letter
from plugins.expense_approvals.service.bank_details import Post


def account_changed(site: TenantSnapshot, language: str) -> Post:
    """What tells somebody that their bank details were given or changed, at the address of their account. The letter holds no
    figure of them."""

    def write(session: ScopedSession, visitor: Visitor, usable_from: datetime) -> None:
        with in_language(language):
            when = current_app.jinja_env.filters["when"](usable_from)
            letter = Letter(
                subject=gettext("Your bank details for expenses were given or changed"),
                paragraphs=[
                    gettext("Your costs are paid to the account that was given now, from %(when)s on.", when=when),
                    gettext("Was it not you? Change your password now, and tell your site."),
                ],
                site_href=f"{root_of(site)}/",
            )
            send_letter(session, site, letter, to=visitor.email, language=language, account_id=visitor.account_id)

    return write
