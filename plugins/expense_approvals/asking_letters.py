"""The letters to whoever asked for costs to be agreed beforehand: what was answered, a question, and what is over."""

from flask import current_app

from core.sdk import N_, Letter, ScopedSession, TenantSnapshot, gettext, one_line, pounds, root_of, say
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
        N_("What was agreed of your costs for “%(title)s” is taken back, so it cannot be claimed. If you have spent some of it already, tell %(partner)s."),
    ),
    "expire": (
        N_("Your agreed costs were not claimed in time: %(title)s"),
        N_("%(amount)s was agreed for “%(title)s”, and its last day, %(day)s, is over. It cannot be claimed any more. There is nothing to do; if you have costs of it still, tell %(partner)s."),
    ),
}  # fmt: skip
"""Subject and first paragraph of each step."""
MORE: dict[str, tuple[str, str]] = {
    "approve": (
        N_("More is agreed for your claim: %(title)s"),
        N_("%(amount)s more is agreed for your claim for “%(title)s”, as you asked. Go to your claim and send it by %(day)s."),
    ),
    "part_approve": (
        N_("Part of what you asked for in addition is agreed: %(title)s"),
        N_("Of what you asked for in addition for your claim for “%(title)s”, %(amount)s is agreed. Go to your claim, lower a cost until it fits, and send it by %(day)s."),
    ),
    "decline": (
        N_("No more is agreed for your claim: %(title)s"),
        N_("We are sorry that no more is agreed for your claim for “%(title)s”. That changes nothing about what was agreed before: go to your claim, lower a cost until it fits, and send it."),
    ),
    "query": (
        N_("A question before more is agreed for your claim: %(title)s"),
        N_("Before more is agreed for your claim for “%(title)s”, there is a question. Answer it on the page of what you asked for. Go to your claim and send it when that is decided."),
    ),
    "revoke": (
        N_("What was agreed in addition is taken back: %(title)s"),
        N_("What was agreed in addition for your claim for “%(title)s” is taken back, so it cannot be claimed. Go to your claim, lower a cost until it fits, and send it. If you have questions, ask %(partner)s."),
    ),
}  # fmt: skip
"""The same where somebody asked for more, because a claim of theirs came to more than was agreed. Nobody is told that it expired."""


def post(site: TenantSnapshot) -> Post:
    """What writes one of these letters of a site, in its reader's language and the caller's transaction."""

    def write(session: ScopedSession, answer: Answer) -> None:
        write_to(session, site, answer.person, lambda language: _letter(site, answer, language))

    return write


def _letter(site: TenantSnapshot, answer: Answer, language: str) -> Letter:
    subject, first = (MORE if answer.more else LETTERS)[answer.step]
    named = {
        "title": one_line(answer.title), "amount": pounds(answer.pence),
        "day": current_app.jinja_env.filters["day"](answer.last_day), "partner": site.led_by(language),
    }  # fmt: skip
    label, page = _way(answer)
    said = [gettext("The approver writes: %(words)s", words=answer.words)] if answer.words else []
    return Letter(
        subject=say(subject, named),
        paragraphs=[say(first, named), *said],
        site_href=f"{root_of(site)}/",
        label=label,
        href=f"{root_of(site)}/{MANIFEST.url_name}/{page}",
    )


def _way(answer: Answer) -> tuple[str, str]:
    """What a letter's button says, and the plugin's page that it leads to: a question is answered on the page of what was asked
    for, of what was added to an agreement too."""
    if answer.step == "query":
        return gettext("Answer the question"), f"asked/{answer.preapproval_id}"
    if answer.more:
        return gettext("Go to your claim"), f"claims/{answer.claim_id}"
    return gettext("See what you asked for"), f"asked/{answer.preapproval_id}"
