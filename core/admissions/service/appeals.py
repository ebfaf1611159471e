"""Appeals: an applicant asks for a released decision to be looked at again; somebody who had no part in it answers."""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from core.admissions.models import Appeal, Application, Decision
from core.admissions.override_reasons import APPEAL
from core.admissions.queries import appeals as queries
from core.admissions.queries import public
from core.admissions.queries.sight import clear_of
from core.admissions.service.deciding import insert_signed
from core.admissions.service.ending_decisions import withdraw_in
from core.admissions.service.windows import may_manage
from core.admissions.states import DECLINED, RELEASED
from core.data import audit, upserts
from core.data.locks import hold_in_order
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Invalid, Refused
from core.kernel.ids import new_id
from core.kernel.text import N_
from core.kernel.views import Actor
from core.people.models import Account

LONGEST_GROUNDS, LONGEST_ANSWER = 4000, 2000
NOTHING_TO_WITHDRAW = N_("There is no appeal of yours that waits for an answer.")
NO_APPEAL = N_("This decision cannot be appealed, or not any more.")
HAD_PART = N_("You had a part in this decision. Somebody else has to look at the appeal.")


@dataclass(frozen=True, slots=True)
class AppealNews:
    """What to write to somebody about their appeal. `kind` is `appeal_received` or `appeal_dismissed`."""

    kind: str
    account_id: str
    email: str
    locale: str
    application_id: str
    reference: str
    answer: str = ""


Post = Callable[[ScopedSession, AppealNews], None]


def appeal(session: ScopedSession, actor: Actor, application_id: str, grounds: str, *, post: Post) -> None:
    """Appeal against the released decision about one's own application, which is confirmed by mail. A second sending of the
    same form finds the first.

    Raises NotFound, Invalid without grounds, Refused where nothing can be appealed, or not any more.
    """
    grounds = grounds.strip()
    if not grounds or len(grounds) > LONGEST_GROUNDS:
        raise Invalid({"grounds": N_("Say why you think the decision is wrong, in at most 4,000 characters")})
    now = clock.now()
    with transaction(session):
        held, mine = _hold(session, actor, application_id)
        if mine.status.appeal == "received":
            return
        if not held or mine.status.appeal != "open":
            raise Refused(NO_APPEAL)
        row = {
            "id": new_id(), "tenant_id": session.scope.tenant_id, "application_id": application_id,
            "decision_id": mine.status.decision_id, "grounds": grounds, "state": "received", "reviewer_id": None, "answer": "",
            "version": 1, "at": now, "ended_at": None,
        }  # fmt: skip
        made = session.scalar(
            upserts.insert(session, Appeal).values(**row).on_conflict_do_nothing().returning(Appeal.id)
        )
        if made is None:
            return
        post(session, _news(session, "appeal_received", application_id))
        audit.record(session, actor=actor, action="appeal.make", subject=f"appeal:{made}")


def _hold(session: ScopedSession, actor: Actor, application_id: str) -> tuple[bool, public.Mine]:
    """Hold one's own declined application against a release that corrects it, without a trace on its row: (whether it is
    declined, what is known of it). The first statement of the applicant's steps. Raises NotFound."""
    held = session.execute(
        sa.update(Application)
        .where(
            Application.id == application_id, Application.account_id == actor.account_id, Application.state == DECLINED
        )
        .values(state=Application.state)
        .returning(Application.id)
    ).all()  # fmt: skip
    return bool(held), public.mine(session, application_id, str(actor.account_id))


def withdraw(session: ScopedSession, actor: Actor, application_id: str) -> None:
    """Take back the appeal about one's own application: the decision stays as it is. What was signed because of the appeal and
    is not released yet ends with it; before the release the person cannot tell whether there is such a thing.

    Raises NotFound, and Refused where no appeal waits for an answer that the person knows of.
    """
    now = clock.now()
    with transaction(session):
        held, mine = _hold(session, actor, application_id)
        if not held or mine.status.appeal != "received":
            raise Refused(NOTHING_TO_WITHDRAW)
        appeal_id = session.execute(
            sa.update(Appeal)
            .where(Appeal.decision_id == mine.status.decision_id, Appeal.state.in_(("received", "upheld")))
            .values(state="withdrawn", reviewer_id=None, answer="", ended_at=now, version=Appeal.version + 1)
            .returning(Appeal.id)
        ).scalar_one()
        withdraw_in(session, [application_id], Decision.override_code == APPEAL)
        audit.record(
            session, actor=actor, action="appeal.withdraw", subject=f"appeal:{appeal_id}", after={"state": "withdrawn"}
        )


def _news(session: ScopedSession, kind: str, application_id: str, answer: str = "") -> AppealNews:
    found = session.execute(
        sa.select(Application.account_id, Account.email, Application.locale, Application.reference)
        .join(Account, Account.id == Application.account_id)
        .where(Application.id == application_id)
    ).one()
    return AppealNews(kind, found.account_id, found.email, found.locale, application_id, found.reference, answer)


def dismiss(session: ScopedSession, actor: Actor, appeal_id: str, version: int, answer: str, *, post: Post) -> None:
    """Leave the decision as it is, and say why to the applicant, by mail and on their page. Raises Forbidden, NotFound,
    Invalid without words, Refused for somebody who had a part in the decision, Conflict."""
    answer = _answered(answer)
    may_manage(actor)
    with transaction(session):
        found = _end(session, actor, appeal_id, version, "dismissed", answer)
        post(session, _news(session, "appeal_dismissed", found.application_id, answer))
        audit.record(
            session, actor=actor, action="appeal.dismiss", subject=f"appeal:{appeal_id}", after={"state": "dismissed"}
        )


def uphold(session: ScopedSession, actor: Actor, appeal_id: str, version: int, answer: str) -> str:
    """Agree with the applicant: a new decision to accept, signed by whoever looked at the appeal, that will take the place of
    the released one; its id. It is moderated, held and released as any other: until then the applicant reads that the
    appeal is being looked at. Raises what `dismiss` raises, and Refused while another decision is under way.
    """
    answer = _answered(answer)
    may_manage(actor)
    with transaction(session):
        of_it = sa.select(Appeal.application_id).where(Appeal.id == appeal_id)
        hold_in_order(session, Application, Application.id.in_(of_it))  # against a release that replaces its decision
        found = _end(session, actor, appeal_id, version, "upheld", answer)
        row = {
            "application_id": found.application_id, "proposal_id": None, "outcome": "accept", "override_code": APPEAL,
            "override_text": answer, "comments": {}, "supersedes_id": found.decision_id,
        }  # fmt: skip
        [decision_id] = insert_signed(session, actor, [row], clock.now())
        audit.record(
            session, actor=actor, action="appeal.uphold", subject=f"appeal:{appeal_id}",
            after={"state": "upheld", "decision": decision_id, "supersedes": found.decision_id},
        )  # fmt: skip
    return decision_id


def _answered(answer: str) -> str:
    answer = answer.strip()
    if not answer or len(answer) > LONGEST_ANSWER:
        raise Invalid({"answer": N_("Say why, in at most 2,000 characters")})
    return answer


def _end(
    session: ScopedSession, actor: Actor, appeal_id: str, version: int, state: str, answer: str
) -> sa.Row[str, str]:
    """The conditional update that ends an appeal: it waits, and whoever ends it had no part in the decision."""
    free = sa.select(Decision.id).where(
        Decision.id == Appeal.decision_id, Decision.state == RELEASED, ~queries.had_part(actor.account_id)
    )
    ended = session.execute(
        sa.update(Appeal)
        .where(
            Appeal.id == appeal_id, Appeal.version == version, Appeal.state == "received", free.exists(),
            clear_of(actor.account_id, Appeal.application_id),
        )
        .values(
            state=state, answer=answer, reviewer_id=actor.account_id, ended_at=clock.now(), version=Appeal.version + 1
        )
        .returning(Appeal.application_id, Appeal.decision_id)
    ).one_or_none()  # fmt: skip
    if ended is not None:
        return ended
    now = queries.one(session, actor.account_id, appeal_id)
    if now.part:
        raise Refused(HAD_PART)
    if now.state == queries.REPLACED and now.version == version:
        raise Refused(N_("The decision that this appeal is about was corrected meanwhile."))
    raise Conflict
