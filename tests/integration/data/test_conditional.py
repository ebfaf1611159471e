"""The update that every transition begins with writes what was seen, or says why not."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from core.admissions.models import Window
from core.data.conditional import update_as_seen
from core.data.session import ScopedSession, transaction
from core.kernel.errors import Conflict, DomainError, NotFound, Refused
from core.kernel.ids import new_id
from tests.factories.admissions import make_form, make_window

SessionFor = Callable[[str], ScopedSession]


@pytest.fixture
def window_id(session_for: SessionFor) -> str:
    """Scotland's window, at its first version and published."""
    session = session_for("scotland")
    return make_window(session, make_form(session))


def _renamed(session: ScopedSession, window_id: str, version: int, *more: Any, **options: Any) -> Any:
    with transaction(session):
        return update_as_seen(session, Window, Window.id == window_id, version, *more, name="Autumn", **options)


def _is(session: ScopedSession, window_id: str) -> tuple[str, int]:
    with transaction(session):
        name, version = session.execute(sa.select(Window.name, Window.version).where(Window.id == window_id)).one()
    return name, version


def test_what_was_seen_is_written_with_the_next_version(session_for: SessionFor, window_id: str) -> None:
    session = session_for("scotland")
    done = _renamed(session, window_id, 1, states=("draft", "published"), returning=(Window.name, Window.version))
    assert (done.name, done.version) == ("Autumn", 2)
    assert _is(session, window_id) == ("Autumn", 2)


def test_invariant_of_two_who_saw_one_version_one_writes(session_for: SessionFor, window_id: str) -> None:
    _renamed(session_for("scotland"), window_id, 1)
    with pytest.raises(Conflict):
        _renamed(session_for("scotland"), window_id, 1)
    assert _is(session_for("scotland"), window_id) == ("Autumn", 2)


@pytest.mark.parametrize(
    ("version", "more", "options", "error", "message"),
    [
        (7, (), {}, Conflict, Conflict.default),
        (7, (), {"states": ("published",)}, Conflict, Conflict.default),
        (1, (), {"states": ("draft",), "closed": "closed"}, Refused, "closed"),
        (1, (), {"states": (), "closed": "closed"}, Refused, "closed"),
        (7, (), {"states": ("draft",), "closed": "closed"}, Refused, "closed"),
        (1, (Window.grace_seconds < 0,), {"unmet": "unmet"}, Refused, "unmet"),
        (1, (Window.grace_seconds < 0,), {"states": ("draft",), "closed": "closed", "unmet": "unmet"}, Refused, "closed"),
        (7, (Window.grace_seconds < 0,), {"unmet": "unmet"}, Conflict, Conflict.default),
    ],
)  # fmt: skip
def test_why_not_is_told_and_nothing_is_written(
    session_for: SessionFor, window_id: str, version: int, more: tuple[Any, ...], options: dict[str, Any],
    error: type[DomainError], message: str,
) -> None:  # fmt: skip
    """The state before the version: that it is closed is what somebody has to know who looked at it long ago."""
    with pytest.raises(error) as raised:
        _renamed(session_for("scotland"), window_id, version, *more, **options)
    assert raised.value.message == message
    assert _is(session_for("scotland"), window_id) == ("Spring", 1)


def test_a_missing_row_and_another_tenants_are_told_alike(session_for: SessionFor, window_id: str) -> None:
    for session, wanted in ((session_for("scotland"), new_id()), (session_for("wales"), window_id)):
        with pytest.raises(NotFound):
            _renamed(session, wanted, 1, states=("published",))
    assert _is(session_for("scotland"), window_id) == ("Spring", 1)
