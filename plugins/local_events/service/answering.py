"""Writing answers down, in the transaction of the registration they belong to."""

from collections.abc import Mapping

import sqlalchemy as sa

from core.sdk import ScopedSession, Sealer, TenantRef, new_id
from plugins.local_events.answers import checked
from plugins.local_events.models import Answer, SealedAnswer
from plugins.local_events.queries import questions


def about(tenant_id: int | None, registration_id: str, question_id: str) -> str:
    """What a sealed answer is bound to: moved to another row it cannot be opened."""
    return f"{tenant_id}:{registration_id}:{question_id}"


def check(session: ScopedSession, event_id: str, given: Mapping[str, str]) -> dict[str, str]:
    """What was answered to the event's questions. Raises Invalid by field, also when a required answer is missing."""
    return checked(questions.of_event(session, event_id), given)


def write(
    session: ScopedSession, tenant: TenantRef, event_id: str, registration_id: str, kept: Mapping[str, str], seal: Sealer
) -> None:  # fmt: skip
    """Put `kept` (what `check` gave) in the place of what was answered before."""
    asked = questions.of_event(session, event_id)
    ids = [question.id for question in asked]
    for model in (Answer, SealedAnswer):
        session.execute(sa.delete(model).where(model.registration_id == registration_id, model.question_id.in_(ids)))
    own = {"tenant_id": tenant.id, "registration_id": registration_id}
    plain = [
        {**own, "id": new_id(), "question_id": one.id, "value": kept[one.id]}
        for one in asked
        if one.id in kept and not one.sensitive
    ]
    sealed = [
        {
            **own, "id": new_id(), "event_id": event_id, "question_id": one.id,
            "sealed": seal.seal(kept[one.id], about(tenant.id, registration_id, one.id)),
        }
        for one in asked
        if one.id in kept and one.sensitive
    ]  # fmt: skip
    if plain:
        session.execute(sa.insert(Answer), plain)
    if sealed:
        session.execute(sa.insert(SealedAnswer), sealed)
