"""Where an application can be moved: the other sites' windows, as their cards on the noticeboard say."""

from typing import NamedTuple

from core.data.session import ScopedSession
from core.kernel import clock
from core.tenancy import noticeboard


class Target(NamedTuple):
    """A window of another site that has opened; `is_open` says that people can still apply in it."""

    tenant_id: int
    window_id: str
    name: str
    is_open: bool


def targets(session: ScopedSession, without_tenant: int) -> list[Target]:
    """Windows of every other site that have opened, each site's newest first. One statement, and no site's rows are read.

    A card does not say whether decisions are out: the step itself refuses such a window.
    """
    now = clock.now()
    cards = [
        card
        for card in noticeboard.windows(session)
        if card.origin_tenant_id != without_tenant and card.starts_at <= now
    ]
    cards.sort(key=lambda card: card.starts_at, reverse=True)
    cards.sort(key=lambda card: card.origin_tenant_id)
    return [Target(card.origin_tenant_id, card.ref, card.title, now <= card.ends_at) for card in cards]
