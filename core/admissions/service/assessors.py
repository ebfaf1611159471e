"""Who is on a partner's panel, and what they are tied to. Nobody is deleted: a place ends, an interest ends."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from core.admissions import conflict_rules
from core.admissions.models import Assessor, AssessorInterest, Assignment
from core.admissions.models.panels import ASSESSOR_ROLES, INTEREST_KINDS
from core.admissions.service import conflicts
from core.admissions.service.ending_assignments import take_back_in
from core.admissions.service.windows import may_manage, reason
from core.data import audit
from core.data.conditional import update_as_seen
from core.data.idempotency import once
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import is_id, new_id
from core.kernel.permissions import Permission, Role
from core.kernel.text import N_
from core.kernel.views import Actor
from core.people import queries as people
from core.people.service import roles

MOST_CAPACITY = 500
MOVES = {"pause": ("active", "paused"), "resume": ("paused", "active"), "return": ("ended", "active")}
"""What the partner can do with a place beside ending it: (from, to)."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a place on the panel says. `capacity` is how many applications of one window its holder can have."""

    roles: tuple[str, ...]
    capacity: int
    workplace: str
    trained_on: date | None

    def values(self) -> dict[str, Any]:
        """The columns."""
        return {
            "roles": sorted(self.roles), "capacity": self.capacity, "workplace": self.workplace.strip(),
            "workplace_norm": conflict_rules.normal(self.workplace), "trained_on": self.trained_on,
        }  # fmt: skip

    def told(self) -> dict[str, Any]:
        """What the trail keeps: where somebody works is theirs."""
        trained = self.trained_on.isoformat() if self.trained_on else None
        return {"roles": sorted(self.roles), "capacity": self.capacity, "trained_on": trained}


def _check(place: Place) -> None:
    wrong = {}
    if not set(place.roles) <= set(ASSESSOR_ROLES):
        wrong["roles"] = N_("Choose among the roles of a panel")
    if not 0 <= place.capacity <= MOST_CAPACITY:
        wrong["capacity"] = N_("Enter a number from 0 to 500")
    if len(place.workplace.strip()) > conflict_rules.LONGEST:
        wrong["workplace"] = N_("At most 200 characters")
    if place.trained_on is not None and place.trained_on > clock.today():
        wrong["trained_on"] = N_("The training must not be in the future")
    if wrong:
        raise Invalid(wrong)


def add(session: ScopedSession, actor: Actor, email: str, place: Place, form_key: str) -> str:
    """Take somebody onto the panel by the address of their account; the place's id. The same form sent twice makes one.

    Whoever does not hold the role `assessor` here gets it in the same transaction; nobody gives it to themselves. Raises
    Forbidden, Invalid (no such account, on the panel already, what no place can say), Refused (form key).
    """
    may_manage(actor)
    _check(place)
    tenant_id = session.scope.tenant_id or 0
    with transaction(session):
        key = once(session, form_key, f"assessor.add:{actor.account_id}")
        if key.result is not None:
            return key.result
        account = people.account_by_email(session, email)
        if account is None or account.disabled_at is not None:
            raise Invalid({"email": N_("No account has this address. Ask the person to make one first.")})
        if Role.ASSESSOR not in people.roles_of(session, account.id, tenant_id):
            _give_role(session, actor, account.id, tenant_id)
        assessor_id = new_id()
        row = {
            "id": assessor_id, "tenant_id": tenant_id, "account_id": account.id, **place.values(), "state": "active",
            "version": 1, "created_by": actor.account_id, "created_at": clock.now(),
        }  # fmt: skip
        try:
            session.execute(sa.insert(Assessor), [row])
        except sa.exc.IntegrityError:
            raise Invalid(
                {"email": N_("This person is or was on the panel already. You find them in the list.")}
            ) from None
        key.keep(assessor_id)
        audit.record(
            session, actor=actor, action="assessor.add", subject=f"assessor:{assessor_id}",
            after={"account": account.id, **place.told()},
        )  # fmt: skip
        conflicts.derive_for_assessor_in(session, assessor_id)
    return assessor_id


def _give_role(session: ScopedSession, actor: Actor, account_id: str, tenant_id: int) -> None:
    if account_id == actor.account_id:
        raise Invalid({"email": N_("You cannot give yourself the role of an assessor. Ask a colleague.")})
    if not (actor.can(Permission.TENANT_ROLES_MANAGE) or actor.can(Permission.ROLES_GRANT)):
        raise Forbidden(Permission.TENANT_ROLES_MANAGE)
    why = "taken onto the panel"
    try:
        roles.grant_in(
            session, account_id=account_id, role=Role.ASSESSOR, at_tenant_id=tenant_id, starts_on=clock.today(), ends_on=None,
            granted_by=actor.account_id, reason=why,
        )  # fmt: skip
    except Conflict:
        raise Invalid({"email": N_("This person is to be an assessor from a later day. Add them then.")}) from None
    audit.record(
        session, actor=actor, action="role.grant", subject=account_id, why=why, tenant_id=tenant_id,
        after={"role": Role.ASSESSOR.value, "from": clock.today().isoformat(), "to": None},
    )  # fmt: skip


def _step(
    session: ScopedSession, assessor_id: str, version: int, *where: sa.ColumnElement[bool], **values: Any
) -> None:
    """The conditional update that every change begins with. Raises NotFound, Conflict (another version), Refused (`where` does not hold)."""
    if not is_id(assessor_id):
        raise NotFound
    update_as_seen(session, Assessor, Assessor.id == assessor_id, version, *where, **values)


def change(session: ScopedSession, actor: Actor, assessor_id: str, version: int, place: Place) -> None:
    """Change a place; conflicts follow the workplace. Raises Forbidden, NotFound, Invalid, Conflict."""
    may_manage(actor)
    _check(place)
    with transaction(session):
        _step(session, assessor_id, version, **place.values())
        conflicts.hold_assignments(session, Assignment.assessor_id == assessor_id)
        audit.record(
            session, actor=actor, action="assessor.change", subject=f"assessor:{assessor_id}", after=place.told()
        )
        conflicts.derive_for_assessor_in(session, assessor_id)


def move(session: ScopedSession, actor: Actor, assessor_id: str, version: int, how: str) -> None:
    """Pause somebody, who then gets nothing new; let them go on; or take them back after the end. `how` is of `MOVES`.

    Raises Forbidden, NotFound, Conflict, and Refused from another state.
    """
    may_manage(actor)
    if how not in MOVES:
        raise NotFound
    source, target = MOVES[how]
    with transaction(session):
        _step(session, assessor_id, version, Assessor.state == source, state=target)
        audit.record(
            session, actor=actor, action=f"assessor.{how}", subject=f"assessor:{assessor_id}", before={"state": source},
            after={"state": target},
        )  # fmt: skip


def end(session: ScopedSession, actor: Actor, assessor_id: str, version: int, why: str) -> None:
    """End a place for a stated reason: what is not sealed is taken back, what is sealed stays.

    The role at the site is not touched: somebody may assess calibration cases without a place. Raises Forbidden, NotFound,
    Invalid, Conflict, and Refused for a place that has ended.
    """
    may_manage(actor)
    why = reason(why)
    with transaction(session):
        _step(session, assessor_id, version, Assessor.state != "ended", state="ended")
        take_back_in(session, [assessor_id], why, clock.now())
        audit.record(
            session, actor=actor, action="assessor.end", subject=f"assessor:{assessor_id}", after={"state": "ended"}, why=why
        )  # fmt: skip


def _may_touch(session: ScopedSession, actor: Actor, assessor_id: str) -> None:
    """Raise Forbidden unless the actor runs the panel or holds this place; NotFound where there is none."""
    row = None
    if is_id(assessor_id):
        query = sa.select(Assessor.account_id).where(Assessor.id == assessor_id, Assessor.state != "ended")
        row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound
    if actor.account_id != row.account_id or not actor.can(Permission.ADMISSIONS_ASSESS):
        may_manage(actor)


def add_interest(
    session: ScopedSession, actor: Actor, assessor_id: str, *, kind: str, target: str, form_key: str
) -> None:
    """Note what an assessor is tied to, by the partner or by the assessor; conflicts follow at once. The same form sent
    twice makes one. Raises Forbidden, NotFound, Invalid, Refused (form key)."""
    _may_touch(session, actor, assessor_id)
    target, wrong = target.strip(), {}
    if kind not in INTEREST_KINDS:
        wrong["kind"] = N_("Choose what it is")
    if not target or len(target) > conflict_rules.LONGEST:
        wrong["target"] = N_("Enter a name, or an email address, of at most 200 characters")
    if wrong:
        raise Invalid(wrong)
    with transaction(session):
        key = once(session, form_key, f"interest:{assessor_id}")
        if key.result is not None:
            return
        row = {
            "id": new_id(), "tenant_id": session.scope.tenant_id, "assessor_id": assessor_id, "kind": kind, "target": target,
            "target_norm": conflict_rules.normal_target(target), "at": clock.now(),
        }  # fmt: skip
        session.execute(sa.insert(AssessorInterest), [row])
        key.keep(str(row["id"]))
        _follow(session, actor, assessor_id, "interest.add", kind)


def end_interest(session: ScopedSession, actor: Actor, assessor_id: str, interest_id: str) -> None:
    """End an interest: conflicts that followed from it alone end with it, and stay in the history.

    Raises Forbidden, NotFound, and Refused when it has ended.
    """
    _may_touch(session, actor, assessor_id)
    if not is_id(interest_id):
        raise NotFound
    with transaction(session):
        kind = session.scalar(
            sa.update(AssessorInterest)
            .where(
                AssessorInterest.id == interest_id, AssessorInterest.assessor_id == assessor_id,
                AssessorInterest.ended_at.is_(None),
            )
            .values(ended_at=clock.now())
            .returning(AssessorInterest.kind)
        )  # fmt: skip
        if kind is None:
            known = AssessorInterest.id == interest_id, AssessorInterest.assessor_id == assessor_id
            if session.scalar(sa.select(AssessorInterest.id).where(*known)) is None:
                raise NotFound
            raise Refused(N_("This interest has ended already."))
        _follow(session, actor, assessor_id, "interest.end", kind)


def _follow(session: ScopedSession, actor: Actor, assessor_id: str, action: str, kind: str) -> None:
    conflicts.hold_assignments(session, Assignment.assessor_id == assessor_id)
    audit.record(session, actor=actor, action=action, subject=f"assessor:{assessor_id}", after={"kind": kind})
    conflicts.derive_for_assessor_in(session, assessor_id)
