"""Cards of expenses among a person's own items: a question that is theirs to answer, a claim that they began and did not send, and
costs that the bank sent back."""

from collections.abc import Collection

from core.sdk import N_, ScopedSession, shelf
from plugins.expense_approvals.manifest import MANIFEST

ABOUT_COSTS = N_("A question about your costs: answer it")
ABOUT_CLAIM = N_("A question about your claim: answer it")
UNSENT = N_("Your claim is not sent yet")
SENT_BACK = N_("Give your bank details again")
"""What a card says beside the activity's title; at most 40 characters."""


def put(
    session: ScopedSession, account_id: str | None, ref: str, title: str, status: str, page: str, *, new: bool = False
) -> None:
    """Put up a card that needs its person, or bring it up to date, in the caller's transaction; nothing where nobody is known any
    more. `ref` is the id of what it is about, `page` its path among the plugin's, `new` as for the platform's own."""
    if account_id is not None:
        shelf.put(
            session, account_id=account_id, plugin=MANIFEST.name, ref=ref, kind="expenses", title=title, status=status, when=None,
            path=f"/{MANIFEST.url_name}/{page}", needs_action=True, new=new,
        )  # fmt: skip


def take_down(session: ScopedSession, refs: Collection[str]) -> None:
    """Take the cards about these (ids) down, in the caller's transaction; those that are not there are no mistake."""
    if refs:
        shelf.remove_many(session, plugin=MANIFEST.name, refs=refs)
