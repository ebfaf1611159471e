"""How lists are sorted and searched: alike on both databases."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.listing import MOST_WORDS, caseless, contains_words, ordered
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.people.models import Account
from tests.factories.people import make_person

COLUMNS = {"name": caseless(Account.name), "signed_in": Account.signed_in_at, "language": Account.locale}
NAMES = ("Zed Ash", "de Souza", "Abel Ŵyn", "ŵyn Éloïse", "100% Cedar")


@pytest.fixture
def session(app: Flask, session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    session = session_for("scotland")
    for number, name in enumerate(NAMES):
        make_person(app, f"p{number}@example.org", name=name)
    with transaction(session):
        session.execute(
            sa.update(Account).where(Account.name.in_(NAMES[:2])).values(signed_in_at=clock.now()),
        )
    return session


def _names(session: ScopedSession, sort: str) -> list[str]:
    order = ordered(COLUMNS, sort, Account.id, empty=("signed_in",))
    return list(session.scalars(sa.select(Account.name).where(Account.name.in_(NAMES)).order_by(*order)))


def test_names_are_sorted_without_regard_to_case(session: ScopedSession) -> None:
    assert _names(session, "name")[:4] == ["100% Cedar", "Abel Ŵyn", "de Souza", "Zed Ash"]
    assert _names(session, "-name")[1:] == ["Zed Ash", "de Souza", "Abel Ŵyn", "100% Cedar"]
    assert _names(session, "no such column") == _names(session, "name"), "as in a list's address"


def test_what_is_empty_stands_last_both_ways(session: ScopedSession) -> None:
    for sort in ("signed_in", "-signed_in"):
        assert set(_names(session, sort)[:2]) == set(NAMES[:2]), sort


def test_pages_never_overlap(session: ScopedSession) -> None:
    by_id = list(session.scalars(sa.select(Account.name).where(Account.name.in_(NAMES)).order_by(Account.id)))
    assert _names(session, "language") == _names(session, "-language") == by_id, "all write the same language"


def test_only_a_column_that_can_be_empty_says_where_its_empty_rows_stand() -> None:
    said = [str(ordered(COLUMNS, sort, Account.id, empty=("signed_in",))[0]) for sort in ("name", "-signed_in")]
    assert said == ["lower(people_account.name) ASC", "people_account.signed_in_at DESC NULLS LAST"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", set(NAMES)),
        ("   ", set(NAMES)),
        ("SOUZA de", {"de Souza"}),
        ("zed p0@", {"Zed Ash"}),
        ("zed p1@", set()),
        ("%", {"100% Cedar"}),
        ("_ed", set()),
        ("ŵyn", {"Abel Ŵyn", "ŵyn Éloïse"}),
        ("ŴYN", {"Abel Ŵyn", "ŵyn Éloïse"}),
        ("éloïse", {"ŵyn Éloïse"}),
        ("ÉLOÏSE Ŵ", {"ŵyn Éloïse"}),
        ("Ŵÿn", set()),
    ],
)
def test_every_word_is_looked_for_whatever_its_case(session: ScopedSession, search: str, found: set[str]) -> None:
    wanted = contains_words(search, Account.name, Account.email)
    assert set(session.scalars(sa.select(Account.name).where(Account.name.in_(NAMES), *wanted))) == found


def test_only_so_many_words_are_looked_for() -> None:
    assert len(contains_words("word " * 50, Account.name)) == MOST_WORDS
