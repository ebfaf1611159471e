"""What the clock does after a decision, and what the room asks of members: offers, the compact, equality answers."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import current_app

from core.admissions.letters.joining import compact_letter, offer_letter
from core.admissions.queries import compact
from core.admissions.service import accepting, equality, offers
from core.data.session import ScopedSession
from core.kernel.text import N_
from core.people.asked import Asked, contribute
from core.tenancy.directory import TenantDirectory, TenantSnapshot
from core.work import every


def _site(session: ScopedSession) -> TenantSnapshot:
    directory: TenantDirectory = current_app.extensions["q.directory"]
    return directory.current(session, session.scope.tenant_id or 0)


@every("25 * * * *", name="core.end_offers", title=N_("Letters before an offer of membership lapses; the offer ends"))
def end_offers(session: ScopedSession, at: datetime) -> None:
    """Give notice of offers that are about to lapse, and end those whose time is over."""
    site = _site(session)
    offers.remind(session, at, offer_letter(site, "reminder"))
    offers.lapse(session, at, offer_letter(site, "lapsed"))


@every("55 * * * *", name="core.tell_compact", title=N_("Members are asked to accept a newer version of the compact"))
def tell_compact(session: ScopedSession, at: datetime) -> None:
    """Write to members who are asked to accept a newer version of the compact."""
    accepting.tell_members(session, at, compact_letter(_site(session)))


@every("35 3 * * *", name="core.sweep_equality", title=N_("Equality answers of withdrawn applications are deleted"))
def sweep_equality(session: ScopedSession, at: datetime) -> None:
    """Delete equality answers that withdrawn applications left behind; carry those of moved ones after them."""
    config: Any = current_app.config["Q"]
    equality.sweep(session, at, secret_key=config.secret_key, before=config.secret_key_before)


@every(
    "45 3 * * *",
    name="core.mix_equality",
    title=N_("Equality answers are mixed, so that their order tells nothing"),
    once=True,
)
def mix_equality(session: ScopedSession, _at: datetime) -> None:
    """Take away what the place of the rows could tell of the order in which people answered."""
    equality.mix(session)


def _ask(session: ScopedSession, account_id: str) -> Iterator[Asked]:
    if compact.is_asked(session, account_id):
        yield Asked(
            N_("The compact has changed. Please read it and say whether you accept it."),
            N_("Read the compact"),
            "/me/compact",
        )


contribute("admissions", _ask)
