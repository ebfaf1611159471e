"""A further row of a table in a statement, made once for all threads."""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlalchemy.util import OrderedSet

from core.admissions.models import Application
from core.data.base import another

THREADS, ROUNDS = 8, 60


class Interrupted(defaultdict[Any, Any]):
    """SQLAlchemy's index of an alias's columns, which it fills at their first use: when the first of them is in it, `meanwhile` is
    called, once."""

    def __init__(self, filled: dict[Any, Any], meanwhile: Callable[[], object]) -> None:
        super().__init__(OrderedSet, filled)
        self._meanwhile = [meanwhile]

    def __missing__(self, key: Any) -> Any:
        if self and self._meanwhile:
            self._meanwhile.pop()()
        return super().__missing__(key)


def _told(other: Any) -> str:
    return str(sa.select(other.id).where(other.tenant_id == 1, other.account_id == "x", other.state == "draft"))


def _of_two_threads(make: Callable[[type[Application]], Any]) -> tuple[str, str]:
    """The text of one statement in which a new alias is used, as one thread writes it first and as another does at that moment: in
    the midst of what the first has to make for it, and where that is nothing, right after."""
    other = make(Application)
    table: Any = sa.inspect(other).selectable
    assert table.c  # the columns are there, and what finds them is not
    seen: list[str] = []
    with ThreadPoolExecutor(1) as second:

        def ask() -> None:
            seen.append(second.submit(_told, other).result())

        table._columns._proxy_index = Interrupted(table._columns._proxy_index, ask)
        first = _told(other)
        if not seen:
            ask()
    return first, seen[0]


@pytest.fixture
def _turns_are_short() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_turns_are_short")
def test_threads_that_use_it_first_at_once_write_one_statement() -> None:
    barrier = Barrier(THREADS)

    def told(other: Any) -> str:
        barrier.wait()
        return _told(other)

    with ThreadPoolExecutor(THREADS) as pool:
        [text] = {text for _ in range(ROUNDS) for text in pool.map(told, [another(Application)] * THREADS)}
    assert "admissions_application." not in text


def test_a_thread_that_comes_in_the_midst_of_anothers_first_use_writes_the_same_statement() -> None:
    first, second = _of_two_threads(another)
    assert first == second
    assert "admissions_application." not in first


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # of the columns that it did not find
def test_with_a_plain_alias_they_do_not() -> None:
    _, second = _of_two_threads(aliased)
    assert "admissions_application." in second


def test_it_is_asked_beside_the_table_itself() -> None:
    other = another(Application)
    text = str(
        sa.select(Application.id).where(sa.select(other.id).where(other.account_id == Application.account_id).exists())
    )
    assert "admissions_application AS admissions_application_1" in text
    assert "admissions_application_1.account_id = admissions_application.account_id" in text
