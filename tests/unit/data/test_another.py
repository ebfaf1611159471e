"""A further row of a table in a statement, made once for all threads."""

import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.admissions.models import Application
from core.data.base import another

THREADS, ROUNDS = 8, 60


@pytest.fixture
def _turns_are_short() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def _differing(make: Callable[[type[Application]], Any]) -> set[str]:
    """The texts of one statement when threads use a new alias in it at the same moment, round after round."""
    barrier = Barrier(THREADS)

    def told(other: Any) -> str:
        barrier.wait()
        return str(sa.select(other.id).where(other.tenant_id == 1, other.account_id == "x", other.state == "draft"))

    with warnings.catch_warnings(), ThreadPoolExecutor(THREADS) as pool:
        warnings.simplefilter("ignore")  # SQLAlchemy's own, of the columns that it did not find
        return {text for _ in range(ROUNDS) for text in pool.map(told, [make(Application)] * THREADS)}


@pytest.mark.usefixtures("_turns_are_short")
def test_threads_that_use_it_first_at_once_write_one_statement() -> None:
    [text] = _differing(another)
    assert "admissions_application." not in text


@pytest.mark.usefixtures("_turns_are_short")
def test_with_a_plain_alias_they_do_not() -> None:
    assert len(_differing(aliased)) > 1


def test_it_is_asked_beside_the_table_itself() -> None:
    other = another(Application)
    text = str(
        sa.select(Application.id).where(sa.select(other.id).where(other.account_id == Application.account_id).exists())
    )
    assert "admissions_application AS admissions_application_1" in text
    assert "admissions_application_1.account_id = admissions_application.account_id" in text
