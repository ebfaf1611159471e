"""The year's miles of one person at every site together: one number for each vehicle and tax year, and nothing about where.

A mile is worth less after so many in a tax year, whoever was driven to. They count from the moment a claim is sent; a question,
a no and a withdrawal take them out again, each in the transaction of its own step.
"""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from core.sdk import Conflict, ScopedSession, new_id
from plugins.expense_approvals.models import YearMiles
from plugins.expense_approvals.policy.history import tax_year
from plugins.expense_approvals.queries.claims import Made, Spent, lines
from plugins.expense_approvals.states import TO_DECIDE

COUNTED = TO_DECIDE
"""States from which a step takes a claim's miles out again: before, they do not count yet; after the decision they stay."""
Years = Mapping[tuple[str, int], int]
"""Thousandths of a mile by (vehicle, tax year)."""


def of(costs: Iterable[Spent]) -> dict[tuple[str, int], int]:
    """The miles of a claim's costs."""
    found: dict[tuple[str, int], int] = {}
    for cost in costs:
        if cost.miles:
            year = (cost.vehicle, tax_year(cost.incurred_on))
            found[year] = found.get(year, 0) + cost.miles
    return found


def take(session: ScopedSession, account_id: str | None, added: Years, seen: Years) -> None:
    """Count `added`, in the caller's transaction, where the year's miles are still what was `seen` when the claim was reckoned.

    Raises Conflict where another claim of the person, at whatever site, was sent meanwhile. Where the first claims of a year
    are sent at the same moment, the database lets one of them begin it (IntegrityError).
    """
    if account_id is None:
        return
    for (vehicle, year), miles in sorted(added.items()):
        before = seen.get((vehicle, year), 0)
        if _changed(session, account_id, vehicle, year, YearMiles.miles == before, miles):
            continue
        if before or _known(session, account_id, vehicle, year):
            raise Conflict
        session.add(YearMiles(id=new_id(), account_id=account_id, vehicle=vehicle, year=year, miles=miles))
        session.flush()


def give_back(session: ScopedSession, made: Made) -> None:
    """Take a claim's miles out again, in the caller's transaction, right after the step from the state that `made` has."""
    if made.account_id is None or made.state not in COUNTED:
        return
    for (vehicle, year), miles in sorted(of(lines(session, made.id)).items()):
        _changed(session, made.account_id, vehicle, year, YearMiles.miles >= miles, -miles)


def begin(session: ScopedSession, counted: Mapping[tuple[str, str, int], int]) -> None:
    """Miles by (account, vehicle, tax year) of people of whom nothing is counted yet: for the demonstration."""
    if counted:
        session.execute(
            sa.insert(YearMiles),
            [
                {"id": new_id(), "account_id": account_id, "vehicle": vehicle, "year": year, "miles": miles}
                for (account_id, vehicle, year), miles in counted.items()
            ],
        )


def _changed(
    session: ScopedSession, account_id: str, vehicle: str, year: int, still: sa.ColumnElement[bool], miles: int
) -> bool:
    done = session.execute(
        sa.update(YearMiles)
        .where(YearMiles.account_id == account_id, YearMiles.vehicle == vehicle, YearMiles.year == year, still)
        .values(miles=YearMiles.miles + miles)
        .returning(YearMiles.id)
    ).all()
    return len(done) == 1


def _known(session: ScopedSession, account_id: str, vehicle: str, year: int) -> bool:
    known = sa.select(YearMiles.id).where(
        YearMiles.account_id == account_id, YearMiles.vehicle == vehicle, YearMiles.year == year
    )
    return session.scalar(known) is not None
