"""One offer answered by two processes at the same moment, and one answered while the clock ends it."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.admissions.models import CompactAcceptance, MembershipOffer
from core.config import normalise_url
from core.data.audit import verify
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.people.models import Affiliation, Membership
from core.people.service import accounts
from tests.factories.admissions import make_application, make_form, make_window
from tests.factories.joining import make_compact, make_offer
from tests.support.databases import Database
from tests.support.racing import together

MANY = 12


def offered(session: ScopedSession, count: int, **changes: Any) -> list[dict[str, str]]:
    """So many people, each with an offer that stands."""
    compact, form = make_compact(session), make_form(session)
    window, found = make_window(session, form, -60, -30), []
    for number in range(count):
        with transaction(session):
            account = accounts.create_confirmed(
                session, email=f"p{number}@example.org", name=f"P {number}", password_hash=None
            )
        application = make_application(session, window, form, account, state="accepted", submitted_at=clock.now())
        make_offer(session, application, account, **changes)
        found.append({"account": account, "application": application, "compact": compact})
    session.rollback()
    return found


def race(database: Database, session: ScopedSession, *jobs: tuple[str, list[dict[str, str]]]) -> list[dict[str, Any]]:
    """What each process reports, started at the same moment: (way, offers) each."""
    same = {"url": normalise_url(database.app_url), "tenant": session.scope.tenant_id}
    told = [{**same, "way": way, "offers": offers} for way, offers in jobs]
    found: list[dict[str, Any]] = together("tests.integration.admissions.joining_race", *told)
    session.rollback()
    return found


def number_of(session: ScopedSession, model: Any) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_an_offer_accepted_twice_in_two_processes_makes_one_membership(
    shared: ScopedSession, other_database: Database
) -> None:
    [one] = offered(shared, 1)
    found = race(other_database, shared, ("accept", [one] * 4), ("accept", [one] * 4))
    assert sum(each["done"] for each in found) == 1
    assert sum(each["refused"] for each in found) == 7
    assert sum(len(each["letters"]) for each in found) == 1
    assert [number_of(shared, model) for model in (Membership, Affiliation, CompactAcceptance)] == [1, 1, 1]
    assert verify(shared).ok


def test_the_race_can_be_lost(shared: ScopedSession, other_database: Database) -> None:
    """The control: the same race with reading before writing welcomes somebody more than once."""
    [one] = offered(shared, 1)
    found = race(other_database, shared, ("naive", [one] * 4), ("naive", [one] * 4))
    assert sum(len(each["letters"]) for each in found) > 1


def test_an_offer_is_accepted_or_lapses_and_never_both(shared: ScopedSession, other_database: Database) -> None:
    now = clock.now()
    over = {"offered_at": now - timedelta(days=60), "lapses_at": now - timedelta(minutes=1), "reminded_at": now - timedelta(days=7)}  # fmt: skip
    offers = offered(shared, MANY, **over)
    accepted, lapsed = race(other_database, shared, ("accept", offers), ("lapse", []))
    assert accepted["done"] + lapsed["done"] == MANY
    assert sorted(accepted["letters"] + lapsed["letters"]) == sorted(one["application"] for one in offers)
    states = list(shared.scalars(sa.select(MembershipOffer.state)))
    assert (states.count("joined"), states.count("lapsed")) == (accepted["done"], lapsed["done"])
    assert [number_of(shared, model) for model in (Membership, CompactAcceptance)] == [accepted["done"]] * 2
    assert verify(shared).ok
