"""Submitting an application, taking it back, and asking for more."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.admissions.form.answers import problems, unfinished
from core.admissions.form.canonical import canonical as canonical
from core.admissions.form.canonical import digest as digest
from core.admissions.instants import Lateness
from core.admissions.models import Application, Assignment, Decision, InfoRequest, Submission, Window
from core.admissions.queries.applying import Mine, answers_of
from core.admissions.queries.sight import clear_of, may_see
from core.admissions.service import conflicts, shelving
from core.admissions.service.drafts import CLOSED
from core.admissions.service.ending_assignments import expire_in
from core.admissions.service.ending_decisions import withdraw_in
from core.admissions.states import APPLICATION, DRAFT, INFO_REQUESTED, SUBMITTED, UNDER_WAY, WITHDRAWN
from core.data import audit
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import is_id, new_id
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.kernel.views import Actor


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was submitted, for the letter that confirms it."""

    reference: str
    number: int
    at: datetime
    lateness: str
    answers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the applicant is written when more is asked: about which sections, what, and by when (UTC)."""

    account_id: str
    reference: str
    locale: str
    application_id: str
    sections: list[str]
    question: str
    due_at: datetime


PostAsked = Callable[[ScopedSession, Asked], None]
MOST_ASKED = 2
"""How often more can be asked about one application: asking again and again would be a second form."""
LONGEST_QUESTION, FURTHEST_DUE = 2000, timedelta(days=60)
ERASED = N_("The words of this application were erased at its writer’s wish.")
ASKED_ENOUGH = N_("More was asked twice already about this application. Decide on what there is.")
Post = Callable[[ScopedSession, Receipt], None]
"""Writes the confirmation, with its copy, in the transaction of the submission."""


def checked_sum(mine: Mine) -> str:
    """What the page on which answers are checked carries, so that what was checked is what is submitted."""
    return digest(canonical(_asked(mine, mine.values)))


def _asked(mine: Mine, answers: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answers.items() if mine.schema.question(key) is not None}


def submit(session: ScopedSession, mine: Mine, actor: Actor, *, checked: str, post: Post) -> Receipt:
    """Submit a draft, or the answer to what more was asked: an immutable version with its hash, a confirmation by mail.

    `checked` is the sum of the answers as the page showed them. Raises Refused when the window takes no more or it is
    submitted already, Invalid (by section) while something is missing, Conflict when an answer was changed since. The first
    statement locks the application, as a save's does: no word can slip in between reading and hashing.
    """
    now = clock.now()
    lateness = mine.taken(now)
    with transaction(session):
        changed = session.execute(
            sa.update(Application)
            .where(
                Application.id == mine.id, Application.account_id == actor.account_id, Application.state == mine.state,
                Application.state.in_(APPLICATION.sources("submit")),
            )
            .values(
                state=SUBMITTED, version=Application.version + 1, changed_at=now,
                submitted_at=sa.func.coalesce(Application.submitted_at, now),
                lateness=(lateness or Lateness.ON_TIME).value if mine.state == DRAFT else Application.lateness,
            )
            .returning(Application.id)
        ).one_or_none()  # fmt: skip
        if changed is None:
            raise Refused(N_("This application is submitted already, or was withdrawn."))
        if lateness is None:
            raise Refused(CLOSED)
        answers = _asked(mine, answers_of(session, mine.id))
        if missing := [key for key in unfinished(mine.schema, answers) if mine.state == DRAFT or key in mine.sections]:
            raise Invalid(dict.fromkeys(missing, N_("This part is not finished.")))
        text = canonical(answers)
        if digest(text) != checked:
            raise Conflict(N_("An answer was changed since you checked them. Look at them again, then submit."))
        number = 1 + (
            session.scalar(sa.select(sa.func.max(Submission.number)).where(Submission.application_id == mine.id)) or 0
        )
        session.execute(
            sa.insert(Submission),
            [
                {
                    "id": new_id(), "tenant_id": session.scope.tenant_id, "application_id": mine.id, "number": number,
                    "form_version_id": mine.form_version_id, "locale": mine.locale, "answers": text, "sha256": digest(text),
                    "lateness": lateness.value, "at": now,
                }
            ],
        )  # fmt: skip
        session.execute(
            sa.update(Application)
            .where(Application.id == mine.id)
            .values(organisation_norm=conflicts.organisation_of(answers))
        )
        _end_requests(session, mine.id, "answered", now)
        receipt = Receipt(mine.reference, number, now, lateness.value, json.loads(text))
        post(session, receipt)
        shelving.show(session, str(actor.account_id), mine.id, SUBMITTED)
        conflicts.hold_assignments(session, Assignment.application_id == mine.id)
        audit.record(
            session, actor=actor, action="application.submit", subject=mine.id, before={"state": mine.state},
            after={"state": SUBMITTED, "number": number, "sha256": digest(text), "lateness": lateness.value},
        )  # fmt: skip
        if session.scalar(sa.select(Window.state).where(Window.id == mine.window_id)) != "published":
            raise Refused(
                CLOSED
            )  # asked after the entry in the trail: one that was cancelled since it was read is seen
        conflicts.derive_for_application_in(session, mine.id)
    return receipt


def _end_requests(session: ScopedSession, application_id: str, state: str, now: datetime) -> None:
    session.execute(
        sa.update(InfoRequest)
        .where(InfoRequest.application_id == application_id, InfoRequest.state == "open")
        .values(state=state, ended_at=now)
    )


def withdraw(session: ScopedSession, mine: Mine, actor: Actor, *, why: str = "") -> None:
    """Take an application back; nothing is deleted. Raises Refused once it is decided or withdrawn already."""
    _step(
        session, mine.id, actor, "withdraw", WITHDRAWN, why, owner=actor.account_id,
        refused=N_("This application can no longer be withdrawn."),
    )  # fmt: skip


def _step(
    session: ScopedSession, application_id: str, actor: Actor, event: str, target: str, why: str, *, owner: str | None, refused: str
) -> None:  # fmt: skip
    now = clock.now()
    whose = [Application.account_id == owner] if owner is not None else []
    with transaction(session):
        changed = session.execute(
            sa.update(Application)
            .where(Application.id == application_id, Application.state.in_(APPLICATION.sources(event)), *whose)
            .values(state=target, version=Application.version + 1, changed_at=now, state_why=why[:500])
            .returning(Application.account_id)
        ).scalar_one_or_none()
        if changed is None:
            raise Refused(refused)
        _end_requests(session, application_id, "lapsed", now)
        expire_in(session, session.scope.tenant_id, [application_id], f"the application is {target}", now)
        withdraw_in(session, [application_id])
        shelving.show(session, changed, application_id, target)
        audit.record(
            session,
            actor=actor,
            action=f"application.{event}",
            subject=application_id,
            after={"state": target},
            why=why,
        )


def _wrong_in(wanted: list[str], question: str, due_at: datetime, now: datetime) -> dict[str, str]:
    """What cannot be asked so, by field."""
    wrong = {}
    if not wanted:
        wrong["sections"] = N_("Choose at least one part of the application.")
    if not question:
        wrong["question"] = N_("Say what you want to know.")
    elif len(question) > LONGEST_QUESTION:
        wrong["question"] = N_("At most 2,000 characters")
    if due_at <= now:
        wrong["due_at"] = N_("Choose a day to come.")
    elif due_at > now + FURTHEST_DUE:
        wrong["due_at"] = N_("At most 60 days from now")
    return wrong


def ask(
    session: ScopedSession, application_id: str, actor: Actor, *, sections: Iterable[str], question: str, due_at: datetime,
    known: Iterable[str], post: PostAsked | None = None,
) -> None:  # fmt: skip
    """Ask a submitted application for more about named sections, by a day (UTC). `known` are the sections its form has.

    `post` writes to the applicant in the same transaction. Raises Forbidden; NotFound for what is missing or in conflict with
    the actor; Invalid for no section, no question, or a day that is past or too far; Refused when it is not a submitted
    application, a decision about it is being made, or more was asked as often as it may be.
    """
    if not actor.can(Permission.TENANT_ADMISSIONS_MANAGE):
        raise Forbidden(Permission.TENANT_ADMISSIONS_MANAGE)
    wanted, now = sorted(set(sections) & set(known)), clock.now()
    if wrong := _wrong_in(wanted, question.strip(), due_at, now):
        raise Invalid(wrong)
    if not is_id(application_id):
        raise NotFound
    with transaction(session):
        changed = session.execute(
            sa.update(Application)
            .where(Application.id == application_id, Application.state == SUBMITTED, clear_of(actor.account_id))
            .values(state=INFO_REQUESTED, version=Application.version + 1, changed_at=now)
            .returning(Application.account_id, Application.reference, Application.locale)
        ).one_or_none()
        if changed is None:
            if not may_see(session, actor.account_id, application_id):
                raise NotFound
            raise Refused(N_("More can be asked only about an application that is submitted."))
        times = sa.select(sa.func.count(InfoRequest.id)).where(InfoRequest.application_id == application_id)
        if int(session.scalar(times) or 0) >= MOST_ASKED:
            raise Refused(ASKED_ENOUGH)
        shelving.show(session, changed.account_id, application_id, INFO_REQUESTED, due_at)
        row = {
            "id": new_id(), "tenant_id": session.scope.tenant_id, "application_id": application_id, "sections": wanted,
            "question": question.strip(), "due_at": due_at, "state": "open", "by": actor.account_id, "at": now,
        }  # fmt: skip
        session.execute(sa.insert(InfoRequest), [row])
        audit.record(
            session, actor=actor, action="application.ask", subject=application_id,
            after={"state": INFO_REQUESTED, "sections": wanted, "due_at": due_at.isoformat()},
        )  # fmt: skip
        deciding = sa.select(Decision.id).where(
            Decision.application_id == application_id, Decision.state.in_(sorted(UNDER_WAY))
        )
        if (
            session.scalar(deciding.limit(1)) is not None
        ):  # after the entry in the trail: one that was signed before is seen
            raise Refused(N_("A decision about this application is being made: nothing more can be asked."))
        if post is not None:
            post(
                session,
                Asked(
                    changed.account_id,
                    changed.reference,
                    changed.locale,
                    application_id,
                    wanted,
                    question.strip(),
                    due_at,
                ),
            )


def problems_of(mine: Mine) -> dict[str, Any]:
    """What stands in the way of submitting, by question."""
    return {key: one for section in mine.schema.sections for key, one in problems(section, mine.values).items()}
