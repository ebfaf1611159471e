"""The letters to whoever asked for costs to be agreed beforehand: what was answered, a question, and what is over."""

from flask import current_app

from core.sdk import N_, Letter, ScopedSession, TenantSnapshot, gettext, pounds, root_of, say
from plugins.expense_approvals.letters import write_to
from plugins.expense_approvals.manifest import MANIFEST
from plugins.expense_approvals.service.stepping import Answer, Post

LETTERS: dict[str, tuple[str, str]] = {
    "approve": (
        N_("Your costs are agreed: %(title)s"),
        N_("%(amount)s of your costs for “%(title)s” is agreed. Keep a receipt for each, and claim by %(day)s."),
    ),
    "part_approve": (
        N_("Your costs are agreed in part: %(title)s"),
        N_("Of the costs that you asked for “%(title)s”, %(amount)s is agreed. The page says how much of each. Keep a receipt for each, and claim by %(day)s."),
    ),
    "decline": (
        N_("Your costs are not agreed: %(title)s"),
        N_("We are sorry that the costs that you asked for “%(title)s” are not agreed. What you spend on them cannot be claimed. You can ask again if something changes."),
    ),
    "query": (
        N_("A question about your costs: %(title)s"),
        N_("Before the costs that you asked for “%(title)s” are decided, there is a question. Answer it on their page."),
    ),
    "revoke": (
        N_("Your costs are no longer agreed: %(title)s"),
        N_("What was agreed of your costs for “%(title)s” is taken back, so it cannot be claimed. If you have spent some of it already, tell your site."),
    ),
    "expire": (
        N_("Your agreed costs were not claimed in time: %(title)s"),
        N_("%(amount)s was agreed for “%(title)s”, and its last day, %(day)s, is over. It cannot be claimed any more. There is nothing to do; if you have costs of it still, tell your site."),
    ),
}  # fmt: skip
"""Subject and first paragraph of each step."""


def post(site: TenantSnapshot) -> Post:
    """What writes one of these letters of a site, in its reader's language and the caller's transaction."""

    def write(session: ScopedSession, answer: Answer) -> None:
        write_to(session, site, answer.person, lambda _: _letter(site, answer))

    return write


def _letter(site: TenantSnapshot, answer: Answer) -> Letter:
    subject, first = LETTERS[answer.step]
    named = {
        "title": " ".join(answer.title.split()), "amount": pounds(answer.pence),
        "day": current_app.jinja_env.filters["day"](answer.last_day),
    }  # fmt: skip
    said = [gettext("The approver writes: %(words)s", words=answer.words)] if answer.words else []
    return Letter(
        subject=say(subject, named),
        paragraphs=[say(first, named), *said],
        site_href=f"{root_of(site)}/",
        label=gettext("Answer the question") if answer.step == "query" else gettext("See what you asked for"),
        href=f"{root_of(site)}/{MANIFEST.url_name}/asked/{answer.preapproval_id}",
    )
