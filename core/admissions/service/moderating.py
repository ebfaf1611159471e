"""Moderation: somebody else of the central team agrees to a signed decision, or returns it with a reason."""

from collections.abc import Mapping

import sqlalchemy as sa

from core.admissions.models import Application, Decision
from core.admissions.queries.deciding import assessed_by
from core.admissions.queries.sight import clear_of
from core.admissions.service.windows import reason
from core.admissions.states import DECISION, MODERATED, RETURNED, SIGNED
from core.data import audit
from core.data.locks import hold_in_order
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import is_id
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.kernel.views import Actor


def may_moderate(actor: Actor) -> None:
    """Raise Forbidden unless the actor is of the central team."""
    if not actor.can(Permission.ADMISSIONS_CONFIGURE):
        raise Forbidden(Permission.ADMISSIONS_CONFIGURE)


def _others(actor: Actor) -> tuple[sa.ColumnElement[bool], ...]:
    """Two people, neither of them an assessor of it, neither in conflict."""
    return (
        Decision.signed_by.is_distinct_from(actor.account_id),
        ~assessed_by(actor.account_id),
        clear_of(actor.account_id, Decision.application_id),
    )


def moderate(session: ScopedSession, actor: Actor, picks: Mapping[str, int]) -> int:
    """Moderate the site's decisions in `picks` ({id: the version that was shown}): all of them, or none when anything changed. How many.

    Raises Forbidden, NotFound (missing, another site's, in conflict), Refused (signed or assessed by the same person),
    Conflict (changed, or moderated already).
    """
    may_moderate(actor)
    wanted = [(one, version) for one, version in picks.items() if is_id(one)]
    if not wanted:
        raise Invalid({"": N_("Choose at least one decision.")})
    with transaction(session):
        hold_in_order(session, Decision, Decision.id.in_([one for one, _ in wanted]))
        done = session.scalars(
            sa.update(Decision)
            .where(
                sa.tuple_(Decision.id, Decision.version).in_(wanted), Decision.state.in_(DECISION.sources("moderate")),
                *_others(actor),
            )
            .values(
                state=MODERATED, moderated_by=actor.account_id, moderated_at=clock.now(), version=Decision.version + 1
            )
            .returning(Decision.id)
        ).all()  # fmt: skip
        if len(done) != len(picks):
            raise _why_not(session, actor, sorted(set(picks) - set(done)))
        for decision_id in sorted(done):  # one each: a reader in conflict with it has the others alone
            audit.record(
                session, actor=actor, action="decision.moderate", subject=f"decision:{decision_id}",
                before={"state": SIGNED}, after={"state": MODERATED},
            )  # fmt: skip
    return len(done)


def send_back(session: ScopedSession, actor: Actor, decision_id: str, version: int, why: str) -> None:
    """Return a signed or moderated decision to its partner, who decides anew. Raises what `moderate` raises, and Invalid
    without a reason."""
    may_moderate(actor)
    why = reason(why)
    with transaction(session):
        done = session.execute(
            sa.update(Decision)
            .where(
                Decision.id == decision_id, Decision.version == version, Decision.state.in_(DECISION.sources("return")),
                *_others(actor),
            )
            .values(
                state=RETURNED, moderated_by=actor.account_id, moderated_at=None, moderation_why=why,
                version=Decision.version + 1,
            )
            .returning(Decision.id)
        ).all()  # fmt: skip
        if not done:
            raise _why_not(session, actor, [decision_id])
        audit.record(
            session, actor=actor, action="decision.return", subject=f"decision:{decision_id}", after={"state": RETURNED}
        )  # fmt: skip


def _why_not(session: ScopedSession, actor: Actor, ids: list[str]) -> Exception:
    """What stands in the way of the first of these decisions."""
    found = session.execute(
        sa.select(Decision.signed_by, assessed_by(actor.account_id).label("assessed"))
        .join(Application, Application.id == Decision.application_id)
        .where(Decision.id.in_(ids), clear_of(actor.account_id))
        .order_by(Decision.id)
    ).all()
    if len(found) != len(ids):
        return NotFound()
    if any(one.signed_by == actor.account_id for one in found):
        return Refused(N_("You signed this decision yourself. Somebody else has to look at it."))
    if any(one.assessed for one in found):
        return Refused(N_("You assessed this application. Somebody else has to look at the decision."))
    return Conflict()
