"""Rows of joining, written as they stand: accepted applications with their offers, and versions of the compact."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask

from core.admissions import compact, content
from core.admissions.form.schema import Said
from core.admissions.models import CompactVersion, MembershipOffer
from core.admissions.service.offers import offer_in
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id
from tests.factories.admissions import make_application, make_form, make_window
from tests.factories.people import make_person


def make_compact(session: ScopedSession, number: int = 1, *, asks_again: bool = False, promise: str = "") -> str:
    """A published version of the compact, with another promise where one is given; its id."""
    text = compact.read(content.compact().model_dump(mode="json")).model_copy(update={"version": number})
    if promise:
        text = text.model_copy(update={"promise": Said(en=promise, cy=f"{promise} (cy)")})
    now, version_id = clock.now(), new_id()
    row = {
        "id": version_id, "number": number, "state": "published", "content": text.model_dump(mode="json"),
        "sha256": text.sha256(), "note": "", "asks_again": asks_again, "version": 1, "created_by": None, "created_at": now,
        "published_by": None, "published_at": now,
    }  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(CompactVersion), [row])
    return version_id


def make_accepted(
    app: Flask, session: ScopedSession, email: str = "ann@example.org", **changes: Any
) -> tuple[str, str]:
    """Somebody whose application was accepted in a window of the session's tenant, with no offer yet: (account, application)."""
    account_id = make_person(app, email, name=changes.pop("name", "Ann"))
    window_id = changes.pop("window_id", None)
    form_id = changes.pop("form_id", None) or make_form(session)
    application_id = make_application(
        session, window_id or make_window(session, form_id, -60, -30), form_id, account_id, state="accepted",
        submitted_at=clock.now() - timedelta(days=31), lateness="on_time", **changes,
    )  # fmt: skip
    return account_id, application_id


def make_offer(session: ScopedSession, application_id: str, account_id: str, **changes: Any) -> str:
    """An offer as the release of a decision makes it, then `changes` to its columns; its id."""
    with transaction(session):
        [offer_id] = offer_in(session, accounts={application_id: account_id}, at=clock.now())
        if changes:
            session.execute(sa.update(MembershipOffer).where(MembershipOffer.id == offer_id).values(**changes))
    return offer_id
