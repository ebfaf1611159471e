"""What a card says fits its column, whichever the engine: a plugin's tests may know SQLite alone."""

from typing import Any

import pytest

from core.data.session import ScopedSession
from core.kernel import clock
from core.tenancy import noticeboard, shelf

NOBODY: Any = None
"""A session that nothing is asked of: what is too long is refused before."""
ITEM: dict[str, Any] = {"account_id": "0" * 26, "plugin": "p", "ref": "1", "kind": "k", "status": "s", "path": "/p/"}
CARD: dict[str, Any] = {"plugin": "p", "ref": "1", "kind": "k", "path": "/p/"}


@pytest.mark.parametrize(("name", "most"), [("ref", 26), ("kind", 40), ("status", 40), ("path", 300)])
def test_an_item(name: str, most: int) -> None:
    session: ScopedSession = NOBODY
    with pytest.raises(ValueError, match=f"the {name} of a card has at most {most} characters"):
        shelf.put(session, **{**ITEM, name: "x" * (most + 1)}, title="T", when=None)


def test_news_of_several_items() -> None:
    session: ScopedSession = NOBODY
    long = "Somebody has offered to be your mentor here"
    same: dict[str, Any] = {"plugin": "p", "title": "T", "status": long, "when": None}
    for tell in (
        lambda: shelf.put_new(session, [("0" * 26, "1", "/p/")], **same, kind="k", needs_action=False),
        lambda: shelf.change_all(session, **same, ref="1"),
        lambda: shelf.change_many(session, **same, refs=["1"], needs_action=False),
        lambda: shelf.cancel_all(session, plugin="p", ref="1", title="T", status=long, sequence=1),
    ):
        with pytest.raises(ValueError, match="the status of a card has at most 40 characters: 'Somebody"):
            tell()


@pytest.mark.parametrize(("name", "most"), [("ref", 26), ("kind", 40), ("path", 300), ("uid", 64)])
def test_a_notice(name: str, most: int) -> None:
    session: ScopedSession = NOBODY
    now = clock.now()
    said: Any = {**CARD, name: "x" * (most + 1)}
    with pytest.raises(ValueError, match=f"the {name} of a card has at most {most} characters"):
        noticeboard.publish(session, **said, title="T", summary="", starts_at=now, ends_at=now, place="", audience="uk")
