"""You said, we did: what is done about feedback, by whom and until when. Everybody who sees the event can read it."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa

from core.sdk import (
    N_,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    ScopedSession,
    TenantRef,
    Visitor,
    clock,
    is_id,
    new_id,
    once,
    people_by_id,
    person_by_email,
    record_audit,
    shelf,
    transaction,
    update_as_seen,
)
from plugins.local_events.manifest import MANIFEST, ORGANISE
from plugins.local_events.models import FeedbackAction
from plugins.local_events.queries import events, organisers
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.service.feedback import HELD
from plugins.local_events.states import ACTION, DROPPED, OPEN

LONGEST = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """What people said, what is done about it, whose it is (an address) and until which day."""

    said: str
    did: str
    owner: str
    due_on: date


def path_of(event_id: str, action_id: str) -> str:
    """Where whoever runs the event finds an action, inside the site."""
    return f"/{MANIFEST.url_name}/{event_id}/actions/{action_id}"


def _organiser(visitor: Visitor) -> None:
    if visitor.account_id is None or not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)


def _checked(session: ScopedSession, tenant: TenantRef, event_id: str, plan: Plan) -> Any:
    """The owner of a plan: somebody who runs the event, and so can open the action. Raises Invalid by field."""
    wrong = {
        name: N_("Write one or two sentences, at most 500 characters")
        for name in ("said", "did")
        if not 0 < len(getattr(plan, name).strip()) <= LONGEST
    }
    owner = person_by_email(session, plan.owner)
    if owner is None:
        wrong["owner"] = N_("Nobody has an account with this address")
    elif not organisers.runs(session, tenant, event_id, owner.account_id):
        wrong["owner"] = N_("This person does not run the event: name one of its organisers, or of this site’s")
    if wrong:
        raise Invalid(wrong)
    return owner


def add(session: ScopedSession, tenant: TenantRef, event_id: str, plan: Plan, visitor: Visitor, form_key: str) -> str:
    """Write an action down for an event that took place; its id. The same form sent twice makes one.

    Raises Forbidden, NotFound, Refused for an event that is not over, Invalid by field.
    """
    _organiser(visitor)
    event, now = events.find(session, event_id), clock.now()
    if event.state not in HELD or event.ends_at > now:
        raise Refused(N_("This event is not over yet."))
    owner = _checked(session, tenant, event_id, plan)
    with transaction(session):
        key = once(session, form_key, f"{PLUGIN}.action:{visitor.account_id}")
        if key.result is not None:
            return key.result
        action_id = new_id()
        values = {
            "id": action_id, "tenant_id": tenant.id, "event_id": event_id, **_words(plan, owner), "state": OPEN, "reason": "",
            "version": 1, "created_by": visitor.account_id, "created_at": now, "changed_at": now,
        }  # fmt: skip
        session.execute(sa.insert(FeedbackAction), [values])
        _put_card(session, event_id, action_id, plan, owner.account_id)
        key.keep(action_id)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.add_action", subject=action_id,
            after={"event": event_id, "due_on": plan.due_on.isoformat()},
        )  # fmt: skip
    return action_id


def change(
    session: ScopedSession, tenant: TenantRef, event_id: str, action_id: str, plan: Plan, version: int, visitor: Visitor
) -> None:
    """Change an open action that is still at `version`; another owner finds it on their shelf. Raises Forbidden, NotFound,
    Refused when it is closed, Conflict, Invalid by field."""
    _organiser(visitor)
    before = find(session, event_id, action_id)
    owner = _checked(session, tenant, event_id, plan)
    with transaction(session):
        _update(session, action_id, version, (OPEN,), **_words(plan, owner))
        _take_card(session, before)
        _put_card(session, event_id, action_id, plan, owner.account_id)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.change_action", subject=action_id,
            before={"due_on": before.due_on.isoformat()}, after={"due_on": plan.due_on.isoformat()},
        )  # fmt: skip


def end(
    session: ScopedSession, event_id: str, action_id: str, step: str, words: str, version: int, visitor: Visitor
) -> None:
    """Close an open action that is still at `version`: `finish` with what was done, or `drop` with the reason. Raises
    Forbidden, NotFound, Refused when it is closed, Conflict, Invalid without words."""
    _organiser(visitor)
    before = find(session, event_id, action_id)
    target = ACTION.target(step, before.state)
    if not 0 < len(words.strip()) <= LONGEST:
        raise Invalid({"words": N_("Write one or two sentences, at most 500 characters")})
    said = {"reason" if target == DROPPED else "did": words.strip()}
    with transaction(session):
        _update(session, action_id, version, ACTION.sources(step), state=target, **said)
        _take_card(session, before)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.{step}_action", subject=action_id,
            before={"state": before.state}, after={"state": target},
        )  # fmt: skip


def find(session: ScopedSession, event_id: str, action_id: str) -> Any:
    """One action of one event, as a row. Raises NotFound."""
    row = (
        session.execute(
            sa.select(*FeedbackAction.__table__.columns)
            .select_from(FeedbackAction)
            .where(FeedbackAction.id == action_id, FeedbackAction.event_id == event_id)
        ).one_or_none()
        if is_id(action_id)
        else None
    )
    if row is None:
        raise NotFound
    return row


def _words(plan: Plan, owner: Any) -> dict[str, Any]:
    return {
        "said": plan.said.strip(), "did": plan.did.strip(), "owner_id": owner.account_id, "owner_name": owner.name[:200],
        "due_on": plan.due_on,
    }  # fmt: skip


def _update(session: ScopedSession, action_id: str, version: int, sources: tuple[str, ...], **values: Any) -> None:
    """The conditional update that every change begins with. Raises NotFound, Refused when it is closed, Conflict."""
    update_as_seen(
        session, FeedbackAction, FeedbackAction.id == action_id, version, states=sources, closed=N_("This action is closed."),
        changed_at=clock.now(), **values,
    )  # fmt: skip


def _put_card(session: ScopedSession, event_id: str, action_id: str, plan: Plan, owner_id: str) -> None:
    """The owner's own list has it until it is closed."""
    shelf.put(
        session, account_id=owner_id, plugin=PLUGIN, ref=action_id, kind="action", title=plan.did,
        status=N_("From feedback: yours to do"), when=clock.from_london(datetime.combine(plan.due_on, time(17))),
        path=path_of(event_id, action_id), needs_action=True,
    )  # fmt: skip


def _take_card(session: ScopedSession, before: Any) -> None:
    if before.owner_id is not None:
        shelf.remove(session, account_id=before.owner_id, plugin=PLUGIN, ref=before.id)


def email_of(session: ScopedSession, account_id: str | None) -> str:
    """An owner's address, for the form that changes the action; "" where there is none any more."""
    found = people_by_id(session, [account_id] if account_id else [])
    return found[account_id].email if account_id in found else ""
