"""Calibration cases: written, sent to every partner's assessors, scored by each alone, sealed, closed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.admissions.content.shapes import CRITERIA, LEVELS
from core.admissions.form.answers import unfinished
from core.admissions.models import Assessor, CalibrationCase, CalibrationMark
from core.admissions.queries import calibration as queries
from core.admissions.queries import forms
from core.admissions.queries.calibration import CARD, Case, ToAsk
from core.admissions.service.submitting import canonical, digest
from core.data import audit, upserts
from core.data.conditional import update_as_seen
from core.data.idempotency import once
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, Refused
from core.kernel.ids import new_id
from core.kernel.permissions import Permission
from core.kernel.states import STATE_CHANGED
from core.kernel.text import N_
from core.kernel.views import SYSTEM, Actor
from core.tenancy import shelf

LONGEST_NAME, LONGEST_WHY = 80, 500
SOURCES = ("invented", "consented")
RECOMMENDATIONS = ("accept", "decline", "unsure")
PATH = "/assess/calibration/"
SENT = N_("This case was sent: it does not change any more.")
DONE = N_("These scores are sealed, or the case is closed. They stay as they are.")


@dataclass(frozen=True, slots=True)
class About:
    """What a case is called, where it comes from, and the language it is written in."""

    name: str
    source: str
    locale: str

    def check(self) -> None:
        """Raise Invalid, by field, for what no case can say."""
        wrong: dict[str, str] = {}
        if not self.name.strip() or len(self.name) > LONGEST_NAME:
            wrong["name"] = N_("Give the case a name of at most 80 characters")
        if self.source not in SOURCES:
            wrong["source"] = N_("Say where the case comes from")
        if self.locale not in ("en", "cy"):
            wrong["locale"] = N_("Choose a language")
        if wrong:
            raise Invalid(wrong)


@dataclass(frozen=True, slots=True)
class Judged:
    """One criterion as an assessor judged it: a level, or None for not being able to score; `why` is the reason for either.
    `said` tells whether anything was chosen at all."""

    said: bool
    value: int | None
    why: str

    def kept(self) -> dict[str, Any]:
        """As CalibrationMark holds it."""
        unable = self.said and self.value is None
        return {"value": self.value, "not_scored": self.why if unable else "", "words": "" if unable else self.why}


Post = Callable[[ScopedSession, ToAsk], None]
"""Writes the letter that asks an assessor."""


def _central(actor: Actor) -> None:
    if not actor.can(Permission.ADMISSIONS_CONFIGURE):
        raise Forbidden(Permission.ADMISSIONS_CONFIGURE)


def _told(session: ScopedSession, actor: Actor, action: str, case_id: str, **after: Any) -> None:
    audit.record(
        session, actor=actor, action=f"calibration.{action}", subject=f"calibration:{case_id}", after=after, tenant_id=audit.UK
    )  # fmt: skip


def write(session: ScopedSession, actor: Actor, about: About, form_key: str) -> str:
    """Begin a case for the newest published form; its id. The same form sent twice makes one.

    Raises Forbidden, Invalid, and Refused while no form is published.
    """
    _central(actor)
    about.check()
    newest = forms.newest_published(session)
    if newest is None:
        raise Refused(N_("There is no form yet. Take in the first one."))
    text = canonical({})
    with transaction(session):
        key = once(session, form_key, f"calibration.write:{actor.account_id}")
        if key.result is not None:
            return key.result
        case_id = new_id()
        row = {
            "id": case_id, "name": about.name, "state": "draft", "source": about.source, "form_version_id": newest.version.id,
            "locale": about.locale, "answers": text, "sha256": digest(text), "due_at": None, "version": 1,
            "created_by": actor.account_id, "created_at": clock.now(), "sent_at": None,
        }  # fmt: skip
        session.execute(sa.insert(CalibrationCase), [row])
        key.keep(case_id)
        _told(session, actor, "write", case_id, source=about.source)
    return case_id


def _step(session: ScopedSession, case: Case, version: int, state: str, values: Mapping[str, Any]) -> None:
    """The conditional update that every change of a case begins with. Raises NotFound, Conflict, Refused."""
    closed = SENT if state == "draft" else STATE_CHANGED
    update_as_seen(
        session, CalibrationCase, CalibrationCase.id == case.id, version, states=(state,), closed=closed, **values
    )


def change(
    session: ScopedSession, actor: Actor, case_id: str, version: int, about: About, answers: Mapping[str, Any]
) -> None:
    """Change a draft. Raises Forbidden, NotFound, Invalid, Conflict, Refused (sent)."""
    _central(actor)
    case = queries.case(session, case_id)
    about.check()
    text = canonical({key: value for key, value in answers.items() if case.schema.question(key) is not None})
    with transaction(session):
        _step(
            session, case, version, "draft",
            {
                "name": about.name, "source": about.source, "locale": about.locale, "answers": text,
                "sha256": digest(text),
            },
        )  # fmt: skip
        _told(session, actor, "change", case_id, sha256=digest(text))


def send(session: ScopedSession, actor: Actor, case_id: str, version: int, due_at: datetime) -> None:
    """Send a draft to every partner: within a quarter of an hour each assessor on a panel is asked, and whoever joins a
    panel while it is out is asked then. `due_at` is UTC. Its words never change again: the database refuses it.

    Raises Forbidden, NotFound, Invalid (no day to come; answers are missing), Conflict, Refused (sent already).
    """
    _central(actor)
    case = queries.case(session, case_id)
    now = clock.now()
    if due_at <= now:
        raise Invalid({"due_at": N_("Choose a time that is still to come")})
    if case.is_draft and unfinished(case.schema, case.answers):
        raise Invalid({}, N_("Some answers of the case are missing or too long. Change the case first."))
    with transaction(session):
        _step(session, case, version, "draft", {"state": "sent", "due_at": due_at, "sent_at": now})
        _told(session, actor, "send", case_id, due_at=due_at.isoformat())


def close(session: ScopedSession, actor: Actor, case_id: str, version: int) -> None:
    """Take no more scores. What is sealed stays. Raises Forbidden, NotFound, Conflict, Refused (not out)."""
    _central(actor)
    case = queries.case(session, case_id)
    with transaction(session):
        _step(session, case, version, "sent", {"state": "closed"})
        _told(session, actor, "close", case_id)


def ask_assessors(session: ScopedSession, post: Post) -> int:
    """Ask this site's assessors about the cases that are out, each once: a card on their shelf and a letter. Cards about
    closed cases come down. How many were asked; what is due follows from now, whichever runs were missed."""
    due, over = queries.to_ask(session), queries.cards_of_closed(session)
    if not due and not over:
        return 0
    now, asked = clock.now(), 0
    with transaction(session):
        for one in due:
            row: dict[str, Any] = {
                "id": new_id(), "tenant_id": session.scope.tenant_id, "case_id": one.case_id, "assessor_id": one.assessor_id,
                "scores": {}, "recommendation": None, "version": 1, "changed_at": now, "sealed_at": None,
            }  # fmt: skip
            made = session.execute(
                upserts.insert(session, CalibrationMark)
                .values(**row)
                .on_conflict_do_nothing()
                .returning(CalibrationMark.id)
            ).scalar_one_or_none()
            if made is None:
                continue
            asked += 1
            shelf.put(
                session, account_id=one.account_id, plugin="admissions", ref=made, kind=CARD,
                title=N_("Score a calibration case"), title_is_message=True, status=N_("To be scored"),
                when=one.due_at, path=f"{PATH}{made}", needs_action=True, new=True,
            )  # fmt: skip
            post(session, one)
        for account_id, ref in over:
            shelf.remove(session, account_id=account_id, plugin="admissions", ref=ref)
        if asked:
            audit.record(
                session, actor=SYSTEM, action="calibration.ask", subject="calibration", after={"assessors": asked}
            )
    return asked


def _mark(
    session: ScopedSession, actor: Actor, mark_id: str, version: int, judged: Mapping[str, Judged],
    recommendation: str | None, **values: Any,
) -> None:  # fmt: skip
    """The conditional update of one's own scores, while they are open. Raises NotFound, Conflict, Refused."""
    own = sa.select(Assessor.id).where(Assessor.account_id == actor.account_id)
    out = sa.select(CalibrationCase.id).where(CalibrationCase.state == "sent")
    done = session.execute(
        sa.update(CalibrationMark)
        .where(
            CalibrationMark.id == mark_id, CalibrationMark.version == version, CalibrationMark.sealed_at.is_(None),
            CalibrationMark.assessor_id.in_(own), CalibrationMark.case_id.in_(out),
        )
        .values(
            version=CalibrationMark.version + 1, scores={key: one.kept() for key, one in judged.items() if one.said or one.why},
            recommendation=recommendation, changed_at=clock.now(), **values,
        )
        .returning(CalibrationMark.id)
    ).first()  # fmt: skip
    if done is None:
        raise Conflict if queries.marking(session, mark_id, actor.account_id).open else Refused(DONE)


def _check(judged: Mapping[str, Judged], recommendation: str | None) -> None:
    """Raise Invalid for what nobody can have chosen."""
    known = set(judged) <= set(CRITERIA) and recommendation in (None, *RECOMMENDATIONS)
    if not known or any(one.value not in (None, *LEVELS) for one in judged.values()):
        raise Invalid({})
    if long := [key for key, one in judged.items() if len(one.why) > LONGEST_WHY]:
        raise Invalid({f"{key}_why": N_("At most 500 characters") for key in long})


def _assessing(actor: Actor) -> None:
    if not actor.can(Permission.ADMISSIONS_ASSESS):
        raise Forbidden(Permission.ADMISSIONS_ASSESS)


def save(
    session: ScopedSession, actor: Actor, mark_id: str, version: int, judged: Mapping[str, Judged],
    recommendation: str | None,
) -> None:  # fmt: skip
    """Keep scores that are not sealed yet, whole or not. Raises Forbidden, NotFound, Invalid, Conflict, Refused (sealed, or the
    case is closed)."""
    _assessing(actor)
    _check(judged, recommendation)
    with transaction(session):
        _mark(session, actor, mark_id, version, judged, recommendation)


def seal(
    session: ScopedSession, actor: Actor, mark_id: str, version: int, judged: Mapping[str, Judged],
    recommendation: str | None,
) -> None:  # fmt: skip
    """Seal one's scores: from now on the database refuses to change them. The card comes down.

    Raises as `save`, and Invalid, by field, unless every criterion has a level or says why it cannot be scored.
    """
    _assessing(actor)
    _check(judged, recommendation)
    wrong: dict[str, str] = {}
    for key in CRITERIA:
        one = judged.get(key)
        if one is None or not one.said:
            wrong[f"{key}_level"] = N_("Choose a level, or say that you are not able to score it")
        if one is None or not one.why.strip():
            wrong[f"{key}_why"] = N_("Say why, in at most 500 characters")
    if wrong:
        raise Invalid(wrong)
    with transaction(session):
        _mark(session, actor, mark_id, version, judged, recommendation, sealed_at=clock.now())
        shelf.remove(session, account_id=str(actor.account_id), plugin="admissions", ref=mark_id)
        audit.record(session, actor=actor, action="calibration.seal", subject=f"calibration_mark:{mark_id}")
