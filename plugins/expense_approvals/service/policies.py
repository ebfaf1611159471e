"""The national expenses policy: begun as a draft, edited, published with a day from which it holds, and never changed again."""

import json
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from core.sdk import (
    N_,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    ScopedSession,
    Visitor,
    clock,
    is_id,
    new_id,
    once,
    record_audit,
    transaction,
)
from plugins.expense_approvals.claims import examples
from plugins.expense_approvals.manifest import POLICY
from plugins.expense_approvals.models import PolicyVersion
from plugins.expense_approvals.policy.canonical import canonical, sha256
from plugins.expense_approvals.policy.local import OWN
from plugins.expense_approvals.policy.rules import Policy
from plugins.expense_approvals.queries import policies

LONGEST_NOTE = 500
AHEAD = timedelta(days=2 * 366)
EARLIEST = date(2011, 4, 6)
"""The first day of the oldest rates that the platform knows."""
NO_EXAMPLES = N_("Write at least one worked example before publishing: it shows that the policy does what is meant.")
WRONG_EXAMPLES = N_("Not every worked example comes out as it says. Mend the rules or the examples first.")
OWN_NAME = N_("The names of national rules do not begin with site_: those are the sites’ own.")
SAME = N_("Nothing differs from the version that this draft began with.")


def draft_from(session: ScopedSession, number: int, visitor: Visitor, form_key: str) -> str:
    """Begin a draft with what version `number` says; its id. A draft is nobody's illustration. Raises Forbidden, NotFound."""
    _allowed(visitor)
    with transaction(session):
        key = once(session, form_key, "expense_approvals.draft_policy")
        if key.result is not None:
            return key.result
        began = policies.one(session, number)
        made = new_id()
        session.add(
            PolicyVersion(
                id=made, state="draft", based_on=number, note="", created_by=visitor.account_id, created_at=clock.now(),
                **kept_as(began.policy.model_copy(update={"illustrative": False})),
            )
        )  # fmt: skip
        session.flush()
        record_audit(
            session,
            actor=visitor.actor(),
            action="expense_approvals.draft_policy",
            subject=made,
            after={"from": number},
        )
        key.keep(made)
    return made


def save(session: ScopedSession, draft_id: str, version: int, policy: Policy, visitor: Visitor) -> None:
    """Put `policy` in place of what the draft says. Raises Forbidden, NotFound, Conflict."""
    _allowed(visitor)
    kept = kept_as(policy)
    with transaction(session):
        _step(session, draft_id, version, **kept)
        record_audit(
            session, actor=visitor.actor(), action="expense_approvals.save_policy", subject=draft_id,
            after={"sha256": kept["sha256"]},
        )  # fmt: skip


def discard(session: ScopedSession, draft_id: str, version: int, visitor: Visitor) -> None:
    """Take a draft away: nobody was ever held to it. Raises Forbidden, NotFound, Conflict."""
    _allowed(visitor)
    with transaction(session):
        gone = session.execute(
            sa.delete(PolicyVersion)
            .where(PolicyVersion.id == draft_id, PolicyVersion.state == "draft", PolicyVersion.version == version)
            .returning(PolicyVersion.id)
        ).all()
        if len(gone) != 1:
            raise _why_not(session, draft_id)
        record_audit(session, actor=visitor.actor(), action="expense_approvals.discard_policy", subject=draft_id)


def publish(
    session: ScopedSession, draft_id: str, version: int, effective_from: date, note: str, visitor: Visitor
) -> int:
    """Publish a draft as it stood at `version`, in force from a day on; its number.

    The day may be over: what was decided before keeps the policy it was decided under. Raises Forbidden, NotFound, Conflict,
    Invalid (`effective_from`, `note`), Refused (an example that comes out otherwise, or none; a name that is a site's; nothing
    that differs).
    """
    _allowed(visitor)
    note = note.strip()
    wrong = {}
    if not EARLIEST <= effective_from <= clock.today() + AHEAD:
        wrong["effective_from"] = N_("Choose a day from 6 April 2011 to two years ahead.")
    if not 0 < len(note) <= LONGEST_NOTE:
        wrong["note"] = N_("Say why, in at most 500 characters.")
    if wrong:
        raise Invalid(wrong)
    try:
        with transaction(session):
            number = _numbered(session, draft_id, version, effective_from, note, visitor)
            draft = session.execute(
                sa.select(PolicyVersion.content, PolicyVersion.sha256, PolicyVersion.based_on).where(
                    PolicyVersion.id == draft_id
                )
            ).one()
            _must_stand(session, Policy.model_validate(draft.content), draft.based_on)
            record_audit(
                session, actor=visitor.actor(), action="expense_approvals.publish_policy", subject=f"policy:{number}", why=note,
                after={"sha256": draft.sha256, "effective_from": effective_from.isoformat()},
            )  # fmt: skip
            return number
    except IntegrityError as error:  # somebody published another draft under this number
        raise Conflict from error


def _numbered(
    session: ScopedSession, draft_id: str, version: int, effective_from: date, note: str, visitor: Visitor
) -> int:
    """Take the step, as the first statement of its transaction; the version's number.

    It is never known before the version with the number before it, whatever a clock says.
    """
    others = aliased(PolicyVersion)
    newest = sa.select(sa.func.max(others.published_at)).scalar_subquery()
    now = sa.literal(clock.now(), PolicyVersion.published_at.type)
    _step(
        session, draft_id, version, state="published", effective_from=effective_from, note=note,
        number=sa.select(sa.func.coalesce(sa.func.max(others.number), 0) + 1).scalar_subquery(),
        published_at=sa.case((newest > now, newest), else_=now), published_by=visitor.account_id,
    )  # fmt: skip
    number = session.scalar(sa.select(PolicyVersion.number).where(PolicyVersion.id == draft_id))
    assert number is not None
    return number


def _must_stand(session: ScopedSession, policy: Policy, based_on: int | None) -> None:
    """Refuse what must not be published; the caller's transaction goes back."""
    if any(rule.key.startswith(OWN) for rule in policy.rules):
        raise Refused(OWN_NAME)
    if not policy.examples:
        raise Refused(NO_EXAMPLES)
    if not all(outcome.right for outcome in examples.run(policy)):
        raise Refused(WRONG_EXAMPLES)
    began = next((one for one in policies.versions(session) if one.number == based_on), None)
    if began is not None and not began.policy.illustrative and began.policy == policy:
        raise Refused(SAME)


def _step(session: ScopedSession, draft_id: str, version: int, **values: Any) -> None:
    done = session.execute(
        sa.update(PolicyVersion)
        .where(PolicyVersion.id == draft_id, PolicyVersion.state == "draft", PolicyVersion.version == version)
        .values(version=PolicyVersion.version + 1, **values)
        .returning(PolicyVersion.id)
    ).all()
    if len(done) != 1:
        raise _why_not(session, draft_id)


def kept_as(policy: Policy) -> dict[str, Any]:
    """The columns that hold a policy: its content in the one form that is hashed, and its hash."""
    return {"content": json.loads(canonical(policy)), "sha256": sha256(policy)}


def _allowed(visitor: Visitor) -> None:
    if not visitor.can(POLICY):
        raise Forbidden(POLICY)


def _why_not(session: ScopedSession, draft_id: str) -> Exception:
    found = is_id(draft_id) and session.scalar(sa.select(PolicyVersion.id).where(PolicyVersion.id == draft_id))
    return Conflict() if found else NotFound()
