"""One-use keys and the one transaction of a service."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.data.idempotency import FormKey, once
from core.data.session import ScopedSession, after_commit, transaction
from core.kernel import clock
from core.kernel.errors import Refused
from core.work import housekeeping, registry

SessionFor = Callable[[str], ScopedSession]


def _make(session: ScopedSession, key: str, purpose: str = "test.make") -> tuple[str, bool]:
    with transaction(session):
        claim = once(session, key, purpose)
        if claim.result is not None:
            return claim.result, False
        claim.keep("made")
        return "made", True


def test_invariant_the_same_form_makes_one_thing(session_for: SessionFor) -> None:
    assert _make(session_for("scotland"), "k1") == ("made", True)
    assert _make(session_for("scotland"), "k1") == ("made", False)


def test_a_key_means_nothing_at_another_tenant(session_for: SessionFor) -> None:
    _make(session_for("scotland"), "k1")
    assert _make(session_for("wales"), "k1") == ("made", True)


def test_keys_of_long_ago_are_forgotten(session_for: SessionFor) -> None:
    """They say who sent which form and when, and there is one for each."""
    for slug in ("scotland", "wales"):
        session = session_for(slug)
        for key in ("old", "new"):
            _make(session, key)
        with transaction(session):
            then = clock.now() - housekeeping.FORMS_KEPT_FOR - timedelta(minutes=1)
            session.execute(sa.update(FormKey).where(FormKey.key == "old").values(created_at=then))
    registry.JOBS["core.forget_forms"].handler(session_for("scotland"), at=clock.now().isoformat())
    kept = {slug: set(session_for(slug).scalars(sa.select(FormKey.key))) for slug in ("scotland", "wales")}
    assert kept == {"scotland": {"new"}, "wales": {"old", "new"}}
    assert not registry.SCHEDULES["core.forget_forms"].once, "each site's are its own"


def test_a_rolled_back_key_is_free_again(session_for: SessionFor) -> None:
    session = session_for("scotland")

    def undone() -> None:
        with transaction(session):
            once(session, "k2", "test.make").keep("x")
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        undone()
    assert _make(session, "k2") == ("made", True)


@pytest.mark.parametrize("key", ["", "x" * 65, "ä", "a\x00b"])
def test_a_malformed_key_is_refused(session_for: SessionFor, key: str) -> None:
    with pytest.raises(Refused):
        _make(session_for("scotland"), key)


def test_a_key_of_another_form_is_refused(session_for: SessionFor) -> None:
    _make(session_for("scotland"), "k3")
    with pytest.raises(Refused):
        _make(session_for("scotland"), "k3", "test.other")


def test_services_do_not_nest(session_for: SessionFor) -> None:
    session = session_for("scotland")
    with pytest.raises(RuntimeError, match="nest"), transaction(session), transaction(session):
        raise AssertionError


def test_effects_wait_for_the_commit(session_for: SessionFor) -> None:
    session, done = session_for("scotland"), []
    with transaction(session):
        after_commit(session, lambda: done.append("committed"))
        assert done == []
    assert done == ["committed"]

    def undone() -> None:
        with transaction(session):
            after_commit(session, lambda: done.append("never"))
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        undone()
    assert done == ["committed"]
