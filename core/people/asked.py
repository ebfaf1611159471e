"""What other rooms ask of a person: told on top of My items, and once after signing in. A room contributes its question."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.data.session import ScopedSession


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that is asked: a sentence and the words of its link (msgids), and the link's path inside a site."""

    message: str
    label: str
    path: str


Ask = Callable[[ScopedSession, str], Iterable[Asked]]
"""`(session, account id)` to what a room asks of that person now. It reads, in one statement."""

_ASKS: dict[str, Ask] = {}


def contribute(room: str, ask: Ask) -> None:
    """Add a room's question, at import."""
    _ASKS[room] = ask


def asked_of(session: ScopedSession, account_id: str) -> list[Asked]:
    """Everything that is asked of somebody now."""
    return [one for ask in _ASKS.values() for one in ask(session, account_id)]
