"""What events of a kind begin with: saved as one more version, so that what was before can be seen and brought back."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.sdk import (
    N_,
    Conflict,
    Forbidden,
    Invalid,
    ScopedSession,
    TenantRef,
    Visitor,
    clock,
    new_id,
    record_audit,
    transaction,
)
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.models import KindSettings
from plugins.local_events.queries.kinds import Kind
from plugins.local_events.service import questions
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.words import KINDS, LONGEST_DAYS, MODES, MOST_GUESTS, MOST_PLACES, REMINDERS

MOST_QUESTIONS = 10


def check(kind: Kind) -> None:
    """Raise Invalid, by field, for what no event can begin with."""
    wrong: dict[str, str] = {}
    if kind.kind not in KINDS:
        wrong["kind"] = N_("Choose one of the list")
    if kind.mode not in MODES:
        wrong["mode"] = N_("Choose one of the list")
    if not 15 <= kind.minutes <= LONGEST_DAYS * 24 * 60:
        wrong["minutes"] = N_("Enter a number of minutes from 15 to 20,160")
    if kind.capacity is not None and not 1 <= kind.capacity <= MOST_PLACES:
        wrong["capacity"] = N_("Enter a number of places from 1 to 5,000")
    if not 0 <= kind.guests_allowed <= MOST_GUESTS:
        wrong["guests_allowed"] = N_("Enter a number from 0 to 9")
    if not set(kind.reminders) <= REMINDERS.keys():
        wrong["reminders"] = N_("Choose one of the list")
    if len(kind.questions) > MOST_QUESTIONS or not all(map(_sound, kind.questions)):
        wrong["questions"] = N_("A question needs words, and one with a list needs at least two options")
    if wrong:
        raise Invalid(wrong)


def _sound(question: dict[str, Any]) -> bool:
    try:
        questions.check(questions.Ask(**question))
    except Invalid:
        return False
    return True


def save(session: ScopedSession, tenant: TenantRef, kind: Kind, visitor: Visitor) -> int:
    """Let new events of a kind begin with this from now on, if `kind.version` is still the current one; the new version.

    Events that are there stay as they are. Raises Forbidden, Invalid, Conflict.
    """
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    check(kind)
    try:
        with transaction(session):
            closed = session.execute(
                sa.update(KindSettings)
                .where(KindSettings.kind == kind.kind, KindSettings.current, KindSettings.version == kind.version)
                .values(current=False)
                .returning(KindSettings.id)
            ).all()
            if len(closed) != (1 if kind.version else 0):
                raise Conflict
            values = {**kind._asdict(), "version": kind.version + 1, "current": True}
            values |= {"id": new_id(), "tenant_id": tenant.id, "saved_by": visitor.account_id, "saved_at": clock.now()}
            session.execute(sa.insert(KindSettings), [values])
            record_audit(
                session, actor=visitor.actor(), action=f"{PLUGIN}.kind", subject=f"kind:{kind.kind}",
                before={"version": kind.version}, after={"version": kind.version + 1, **_facts(kind)},
            )  # fmt: skip
    except IntegrityError:  # somebody saved the first version at the same moment
        raise Conflict from None
    return kind.version + 1


def _facts(kind: Kind) -> dict[str, Any]:
    """What the trail keeps: all but the words of questions."""
    return {
        **{name: value for name, value in kind._asdict().items() if name not in ("kind", "version", "questions")},
        "questions": len(kind.questions),
    }
