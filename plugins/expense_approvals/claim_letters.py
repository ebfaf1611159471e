"""The letters to whoever claims, at each step of their claim."""

from core.sdk import (
    N_,
    Letter,
    ScopedSession,
    TenantSnapshot,
    gettext,
    in_language,
    one_line,
    pounds,
    root_of,
    say,
    send_letter,
)
from plugins.expense_approvals.manifest import MANIFEST
from plugins.expense_approvals.service.claim_steps import News, Post

LETTERS: dict[str, tuple[str, str]] = {
    "submit": (
        N_("We have your claim: %(title)s"),
        N_("Thank you for your claim for “%(title)s”. Somebody checks it and somebody else approves it. Its page says where it stands."),
    ),
    "answer": (
        N_("We have your answer: %(title)s"),
        N_("Thank you for your answer about “%(title)s”. Your claim is checked again, as it is now."),
    ),
    "query": (
        N_("A question about your claim: %(title)s"),
        N_("Before your claim for “%(title)s” is decided, there is a question. Answer it on the claim’s page; you can change costs there too."),
    ),
    "first_approve": (
        N_("A second person decides about your claim: %(title)s"),
        N_("One person has approved your claim for “%(title)s”. It comes to a sum for which this site asks two people, so a second one looks at it now, and can still ask a question, approve less or say no. You hear from us when it is decided."),
    ),
    "approve": (
        N_("Your claim is approved: %(title)s"),
        N_("Your claim for “%(title)s” is approved: %(amount)s."),
    ),
    "part_approve": (
        N_("Your claim is approved in part: %(title)s"),
        N_("Of your claim for “%(title)s”, %(amount)s is approved. Its page says why for each cost."),
    ),
    "pay": (
        N_("Your costs are paid: %(title)s"),
        N_("%(amount)s for “%(title)s” is on your account. On your bank statement it has the reference %(ref)s."),
    ),
    "bounce": (
        N_("Your bank sent your costs back: %(title)s"),
        N_("We sent %(amount)s for “%(title)s” to your account, and the bank sent it back. Nothing is lost: give your bank details again, and it is paid once more."),
    ),
    "adjust": (
        N_("You are owed more for your costs: %(title)s"),
        N_("The expenses policy was changed for days that were over. For “%(title)s” it now allows %(amount)s more than you were granted, and that is approved. There is nothing to do: it is paid to your account."),
    ),
    "adjust_pay": (
        N_("More of your costs is paid: %(title)s"),
        N_("%(amount)s more for “%(title)s”, after the expenses policy was changed, is on your account. On your bank statement it has the reference %(ref)s."),
    ),
    "adjust_bounce": (
        N_("Your bank sent your costs back: %(title)s"),
        N_("We sent %(amount)s more for “%(title)s”, after the expenses policy was changed, to your account, and the bank sent it back. Nothing is lost: give your bank details again, and it is paid once more."),
    ),
    "reject": (
        N_("Your claim is not approved: %(title)s"),
        N_("We are sorry that your claim for “%(title)s” is not approved. What was agreed beforehand still stands."),
    ),
}  # fmt: skip
"""Subject and first paragraph of each step."""


def post(site: TenantSnapshot) -> Post:
    """What writes one of these letters of a site, in its reader's language and the caller's transaction."""

    def write(session: ScopedSession, news: News) -> None:
        language = news.locale if news.locale in site.languages else site.languages[0]
        subject, first = LETTERS[news.step]
        back = news.step in ("bounce", "adjust_bounce")
        with in_language(language):
            named = {"title": one_line(news.title), "amount": pounds(news.pence), "ref": news.ref}
            paragraphs = [say(first, named)]
            if news.words:
                paragraphs.append(gettext("The approver writes: %(words)s", words=news.words))
            letter = Letter(
                subject=say(subject, named),
                paragraphs=paragraphs,
                site_href=f"{root_of(site)}/",
                label=gettext("Give your bank details") if back else gettext("See the claim"),
                href=f"{root_of(site)}/{MANIFEST.url_name}/{'account' if back else f'claims/{news.claim_id}'}",
            )
            send_letter(session, site, letter, to=news.email, language=language, account_id=news.account_id)

    return write
