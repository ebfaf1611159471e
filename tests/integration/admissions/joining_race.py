"""One of several processes that answer or end offers at the same moment.

`main` is what `tests.support.racing` runs: it does its `way` and gives {"done": …, "refused": …, "letters": …}.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa

from core.admissions.models import MembershipOffer
from core.admissions.service import offers
from core.data.engine import create_engine
from core.data.scope import Scope
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Refused
from core.kernel.views import Actor, TenantRef
from tests.support.racing import think

THREADS = 4


def accept(session: ScopedSession, home: TenantRef, one: dict[str, str], letters: list[str]) -> bool:
    """The product's own way."""
    try:
        offers.accept(
            session, Actor(one["account"], ""), application_id=one["application"], home=home, shown=one["compact"],
            post=lambda _, person: letters.append(person.application_id),
        )  # fmt: skip
    except Refused:
        return False
    return True


def accept_naively(session: ScopedSession, home: TenantRef, one: dict[str, str], letters: list[str]) -> bool:
    """The control, which must welcome somebody twice: look whether the offer stands, think, then write."""
    mine = MembershipOffer.application_id == one["application"]
    if session.scalar(sa.select(MembershipOffer.state).where(mine)) != "offered":
        return False
    session.rollback()
    think(0.5)
    with transaction(session):
        session.execute(sa.update(MembershipOffer).where(mine).values(state="joined", ended_at=clock.now()))
        letters.append(one["application"])
    return True


WAYS = {"accept": accept, "naive": accept_naively}


def main(job: dict[str, Any], begin: Callable[[], object]) -> dict[str, Any]:
    """Do the job's `way` with each of its offers, on several threads, or let the clock end all that are over."""
    engine = create_engine(job["url"])
    home = TenantRef(job["tenant"], "scotland", "Scotland", "nation")
    letters: list[str] = []

    def session() -> ScopedSession:
        return ScopedSession(scope=Scope.tenant(home.id), bind=engine)

    def one(offer: dict[str, str]) -> bool:
        with session() as own:
            return WAYS[job["way"]](own, home, offer, letters)

    with engine.connect():  # connected and ready before the start
        pass
    begin()
    if job["way"] == "lapse":
        with session() as own:
            done = offers.lapse(own, clock.now(), lambda _, person: letters.append(person.application_id))
        return {"done": done, "refused": 0, "letters": letters}
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(one, job["offers"]))
    engine.dispose()
    return {"done": found.count(True), "refused": found.count(False), "letters": letters}
