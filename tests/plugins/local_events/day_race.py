"""One of several processes that do the same at an event's door, or write the same letters, at the same moment.

`main` is what `tests.support.racing` runs: it does every item of `job["items"]` in one of the ways below and gives
{"done": …, "errors": […]}.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from core.data.engine import create_engine
from core.data.scope import Scope
from core.kernel import clock
from core.kernel.ids import new_id, new_token
from core.sdk import ScopedSession, TenantRef, transaction
from core.work import mail
from plugins.local_events.models import CheckIn, Delivery
from plugins.local_events.service import checking_in, posting
from plugins.local_events.service.checking_in import Press
from plugins.local_events.service.posting import News
from plugins.local_events.settings import Settings
from tests.plugins.local_events.helpers import ORGANISER, visitor
from tests.support.racing import think

NO_NIGHT = Settings(quiet_from=0, quiet_until=0)


def _press(job: dict[str, Any], item: list[str]) -> Press:
    who, nonce = item
    return Press(nonce, "in", "registration", who, datetime.fromtimestamp(job["at"], UTC), job.get("device", ""))


def press(session: ScopedSession, tenant: TenantRef, job: dict[str, Any], item: list[str]) -> int:
    """The plugin's own way of keeping one press."""
    [kept] = checking_in.press(session, tenant, job["event"], [_press(job, item)], visitor(ORGANISER))
    return int(not kept.problem)


def press_naively(session: ScopedSession, tenant: TenantRef, job: dict[str, Any], item: list[str]) -> int:
    """The control, which must keep a press twice: look whether it is there (by who and when), think, then write."""
    one = _press(job, item)
    there = session.scalar(sa.select(CheckIn.id).where(CheckIn.registration_id == one.who, CheckIn.at == one.at))
    session.rollback()
    if there is not None:
        return 1
    think(0.05)
    checking_in.press(session, tenant, job["event"], [replace(one, nonce=new_token())], visitor(ORGANISER))
    return 1


def _write(session: ScopedSession, news: News) -> str:
    return mail.send(
        session, to=news.person.email, subject="News", text="-", html="-", account_id=news.person.account_id
    )


def post(session: ScopedSession, tenant: TenantRef, job: dict[str, Any], item: list[str]) -> int:
    """The plugin's own way of writing what waits."""
    return posting.post(session, NO_NIGHT, _write)


def post_naively(session: ScopedSession, tenant: TenantRef, job: dict[str, Any], item: list[str]) -> int:
    """The control, which must write twice: look what waits, think, then write and mark."""
    rows = session.execute(sa.select(Delivery.id, Delivery.account_id).where(Delivery.state == "waiting")).all()
    session.rollback()
    think(0.5)
    for row in rows:
        with transaction(session):
            mail_id = mail.send(
                session, to="x@example.org", subject="News", text="-", html="-", account_id=row.account_id
            )
            session.execute(
                sa.update(Delivery).where(Delivery.id == row.id).values(state="written", mail_id=mail_id)
            )  # fmt: skip
    return len(rows)


WAYS: dict[str, Callable[[ScopedSession, TenantRef, dict[str, Any], list[str]], int]] = {
    "press": press, "press_naively": press_naively, "post": post, "post_naively": post_naively,
}  # fmt: skip


def main(job: dict[str, Any], begin: Callable[[], object]) -> dict[str, Any]:
    """Do the job's items one after the other."""
    engine = create_engine(job["url"])
    tenant = TenantRef(job["tenant"], "scotland", "Scotland", "nation")
    result: dict[str, Any] = {"done": 0, "errors": []}
    with engine.connect():  # connected and ready before the start
        pass
    begin()
    for item in job["items"]:
        try:
            with ScopedSession(scope=Scope.tenant(tenant.id), bind=engine) as session:
                result["done"] += WAYS[job["way"]](session, tenant, job, item)
        except Exception as error:  # noqa: BLE001 - every failure is told: the test expects none
            result["errors"].append(repr(error)[:300])
    engine.dispose()
    return result


def now() -> float:
    """The moment that two devices name."""
    return clock.now().timestamp()


def nonces(registrations: list[str]) -> list[list[str]]:
    """Each registration with a press of its own."""
    return [[who, new_id()] for who in registrations]
