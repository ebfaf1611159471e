"""Signing decisions: one by one or many at once, by the proposal or otherwise for a reason; and correcting released ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.admissions.content.shapes import CRITERIA
from core.admissions.models import Application, Decision, MembershipOffer
from core.admissions.override_reasons import LONGEST, OVERRIDES
from core.admissions.queries import deciding
from core.admissions.queries.deciding import FINAL, Candidate
from core.admissions.queries.sight import clear_of
from core.admissions.service.windows import may_manage
from core.admissions.states import JOINED, RELEASED, SIGNED, SUBMITTED
from core.data import audit, upserts
from core.data.idempotency import once
from core.data.locks import hold_in_order
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Invalid, NotFound, Refused
from core.kernel.ids import is_id, new_id
from core.kernel.text import N_
from core.kernel.views import Actor

Comments = Mapping[str, Mapping[str, str]]
LONGEST_COMMENT = 1500
NOTHING_TO_SIGN = N_("Nothing can be signed here yet: there is no final proposal and no outcome of a panel.")
NOT_SUBMITTED = N_("This application is not one that is submitted: it was withdrawn, or more is asked about it.")
SIGNED_ALREADY = N_("This application has a decision under way already. Look at it again.")
CHANGED = N_("Something changed since you looked: nothing was signed. Check the list and try again.")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be signed. `code` is a key of OVERRIDES, with `words`, where the outcome is not the suggested one, and for
    every correction. `comments` are approved for the letter: {criterion: {language: words}}."""

    outcome: str
    code: str = ""
    words: str = ""
    comments: Comments = field(default_factory=dict)


def checked_comments(comments: Comments) -> dict[str, dict[str, str]]:
    """What was written, without space around it and without what is empty. Raises Invalid, by field (`comment_<criterion>_<language>`), for
    words in one language only and for too many: every letter goes out in both."""
    kept: dict[str, dict[str, str]] = {}
    wrong: dict[str, str] = {}
    for key in CRITERIA:
        said = {language: comments.get(key, {}).get(language, "").strip() for language in ("en", "cy")}
        if not any(said.values()):
            continue
        for language, words in said.items():
            if not words:
                wrong[f"comment_{key}_{language}"] = N_("Write this in both languages: the letter goes out in both.")
            elif len(words) > LONGEST_COMMENT:
                wrong[f"comment_{key}_{language}"] = N_("At most 1,500 characters")
        kept[key] = said
    if wrong:
        raise Invalid(wrong)
    return kept


def _checked(wish: Wish, suggested: str, *, must_explain: bool) -> dict[str, Any]:
    """A wish as columns. Raises Invalid by field."""
    if wish.outcome not in FINAL:
        raise Invalid({"outcome": N_("Choose whether to accept or to decline.")})
    words = wish.words.strip()
    values: dict[str, Any] = {"outcome": wish.outcome, "override_code": "", "override_text": ""}
    if must_explain or wish.outcome != suggested:
        wrong = {}
        if wish.code not in OVERRIDES:
            wrong["code"] = N_("Choose why you decide otherwise.")
        if not words or len(words) > LONGEST:
            wrong["words"] = N_("Say why, in at most 2,000 characters")
        if wrong:
            raise Invalid(wrong)
        values |= {"override_code": wish.code, "override_text": words}
    elif wish.code or words:
        raise Invalid({"code": N_("You follow what was proposed: take the reason away, or choose the other outcome.")})
    return {**values, "comments": checked_comments(wish.comments)}


def sign(
    session: ScopedSession, actor: Actor, window_id: str, application_id: str, wish: Wish, key: str
) -> str:  # fmt: skip
    """Sign the decision about a submitted application for the partner; its id. The same form sent twice signs once.

    Raises Forbidden, NotFound (missing, another site's, in conflict), Invalid by field, Refused where nothing final was
    proposed, the application is not submitted, or a decision is under way.
    """
    may_manage(actor)
    with transaction(session):
        _lock(session, actor, window_id, [application_id])
        sent = once(session, key, f"decision.sign:{application_id}")
        if sent.result:
            return sent.result
        found = deciding.candidate(session, actor.account_id, window_id, application_id)
        if found.state != SUBMITTED:
            raise Refused(NOT_SUBMITTED)
        if not found.suggested:
            raise Refused(NOTHING_TO_SIGN)
        values = _checked(wish, found.suggested, must_explain=False)
        [decision_id] = insert_signed(session, actor, [{**_on(found), **values}], clock.now())
        sent.keep(decision_id)
        _told(
            session, actor, "sign", decision_id, values, suggested=found.suggested, comments=sorted(values["comments"])
        )
    return decision_id


def sign_many(session: ScopedSession, actor: Actor, window_id: str, picks: Mapping[str, str], key: str) -> int:
    """Sign what is suggested for several applications at once: all of them or, when anything changed since they were shown,
    none. `picks` maps each application to the outcome that was shown. How many were signed.

    Raises Forbidden, and Conflict when one of them is no longer submitted, is decided, or is suggested otherwise.
    """
    may_manage(actor)
    if not picks:
        raise Invalid({"": N_("Choose at least one application.")})
    with transaction(session):
        _lock(session, actor, window_id, list(picks), CHANGED)
        sent = once(session, key, f"decision.sign_many:{window_id}")
        if sent.result:
            return int(sent.result)
        found = deciding.some(session, actor.account_id, window_id, picks)
        if len(found) != len(picks) or any(not one.to_sign or one.suggested != picks[one.id] for one in found):
            raise Conflict(CHANGED)
        plain = {"override_code": "", "override_text": "", "comments": {}}
        rows = [{**_on(one), **plain, "outcome": one.suggested} for one in found]
        made = insert_signed(session, actor, rows, clock.now())
        sent.keep(str(len(made)))
        for decision_id, row in zip(
            made, rows, strict=True
        ):  # one each: a reader in conflict with it has the others alone
            _told(session, actor, "sign_many", decision_id, row)
    return len(picks)


def _lock(
    session: ScopedSession, actor: Actor, window_id: str, ids: Sequence[str], changed: str = ""
) -> None:  # fmt: skip
    """Hold the applications against being withdrawn or signed by somebody else meanwhile, without a trace on their rows:
    an applicant's page must not change. Raises NotFound, or Conflict (`changed`), for one that is not there to be signed."""
    wanted = [one for one in ids if is_id(one)]
    hold_in_order(session, Application, Application.id.in_(wanted))
    held = session.execute(
        sa.update(Application)
        .where(
            Application.id.in_(wanted), Application.window_id == window_id, clear_of(actor.account_id),
            Application.state.not_in(deciding.NOTHING_TO_DECIDE),
        )
        .values(state=Application.state)
        .returning(Application.id)
    ).all()  # fmt: skip
    if len(held) != len(ids):
        raise Conflict(changed) if changed else NotFound


def _on(found: Candidate) -> dict[str, Any]:
    return {"application_id": found.id, "proposal_id": found.proposal_id}


def insert_signed(
    session: ScopedSession, actor: Actor, rows: Sequence[Mapping[str, Any]], at: datetime
) -> list[str]:  # fmt: skip
    """Write decisions as signed by `actor`, in the caller's transaction; their ids, in the order of
    `rows`. Two statements whatever their number.
    Raises Refused when one of the applications has a decision under way."""
    ids = [row["application_id"] for row in rows]
    numbers = sa.select(Decision.application_id, sa.func.max(Decision.number)).where(Decision.application_id.in_(ids))
    before = {row[0]: row[1] for row in session.execute(numbers.group_by(Decision.application_id))}
    values = [
        {
            "id": new_id(), "tenant_id": session.scope.tenant_id, "number": before.get(row["application_id"], 0) + 1,
            "state": SIGNED, "signed_by": actor.account_id, "signed_at": at, "moderated_by": None, "moderated_at": None,
            "moderation_why": "", "batch_id": None, "released_at": None, "supersedes_id": None, "version": 1, **row,
        }
        for row in rows
    ]  # fmt: skip
    made = session.scalars(
        upserts.insert(session, Decision).on_conflict_do_nothing().returning(Decision.id), values
    ).all()
    if len(made) != len(rows):
        raise Refused(SIGNED_ALREADY)
    return [str(row["id"]) for row in values]


def correct(session: ScopedSession, actor: Actor, window_id: str, application_id: str, wish: Wish, key: str) -> str:
    """Sign a decision that is to take a released one's place, for a stated reason; its id. The released one stays as it is
    until the new one is moderated and released in its turn.

    Raises what `sign` raises, and Refused where nothing is released, or where it would decline somebody who joined.
    """
    may_manage(actor)
    with transaction(session):
        _lock(session, actor, window_id, [application_id])
        sent = once(session, key, f"decision.correct:{application_id}")
        if sent.result:
            return sent.result
        values = _checked(wish, "", must_explain=True)
        released = session.execute(
            sa.select(Decision.id, Decision.outcome).where(
                Decision.application_id == application_id, Decision.state == RELEASED
            )
        ).one_or_none()
        if released is None:
            raise Refused(N_("There is no released decision to correct."))
        if wish.outcome == "decline" and has_joined(session, [application_id]):
            raise Refused(N_("This person is a member already. The decision cannot be turned round any more."))
        found = deciding.candidate(session, actor.account_id, window_id, application_id)
        row = {**_on(found), **values, "supersedes_id": released.id}
        [decision_id] = insert_signed(session, actor, [row], clock.now())
        sent.keep(decision_id)
        _told(session, actor, "correct", decision_id, values, supersedes=released.id, before=released.outcome)
    return decision_id


def has_joined(session: ScopedSession, application_ids: Any) -> bool:
    """Whether one of these applications led to a membership."""
    query = sa.select(MembershipOffer.id).where(
        MembershipOffer.application_id.in_(application_ids), MembershipOffer.state == JOINED
    )
    return session.scalars(query.limit(1)).first() is not None


def comment(session: ScopedSession, actor: Actor, decision_id: str, version: int, comments: Comments) -> None:
    """Change the approved comments of a decision that is signed and not moderated yet.

    Raises Forbidden, NotFound, Invalid by field, and Conflict when it was changed or moderated meanwhile: whoever moderates
    sees the very words that go out.
    """
    may_manage(actor)
    kept = checked_comments(comments)
    with transaction(session):
        done = session.execute(
            sa.update(Decision)
            .where(
                Decision.id == decision_id, Decision.state == SIGNED, Decision.version == version,
                clear_of(actor.account_id, Decision.application_id),
            )
            .values(comments=kept, version=Decision.version + 1)
            .returning(Decision.id)
        ).all()  # fmt: skip
        if not done:
            raise Conflict
        audit.record(
            session, actor=actor, action="decision.comment", subject=f"decision:{decision_id}", after={"comments": sorted(kept)}
        )  # fmt: skip


def _told(
    session: ScopedSession, actor: Actor, action: str, decision_id: str, values: Mapping[str, Any], **more: Any
) -> None:
    """An entry of the trail: outcome and code. The words of a reason are about a person and stay with the decision."""
    after = {"state": SIGNED, "outcome": values["outcome"], "override": values["override_code"], **more}
    audit.record(session, actor=actor, action=f"decision.{action}", subject=f"decision:{decision_id}", after=after)
