"""Starting an application and saving its answers. Whatever is typed is kept, even where it loses to another tab.

Saves are not written to the audit chain: its lock would make every applicant of an area wait for every other on the last
day. They have a trail of their own, `AnswerRevision`, to which rows are only ever added.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.admissions.form.answers import given, taken_over
from core.admissions.form.schema import Kind
from core.admissions.models import Answer, AnswerRevision, Application
from core.admissions.models.applications import IS_LIVE
from core.admissions.queries import applying
from core.admissions.service import shelving
from core.admissions.states import DRAFT, INFO_REQUESTED
from core.data import audit, upserts
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Invalid, NotFound, Refused
from core.kernel.ids import new_id
from core.kernel.text import N_
from core.kernel.views import Actor

_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LONGEST_SITTING = 1800
"""Seconds between two saves that still count as time spent: after half an hour somebody had a break."""
NO_CHANGES = N_("This application can no longer be changed.")
CLOSED = N_("Applications are closed here. What you wrote is kept.")
MOST_LATE, MOST_LATE_CHARACTERS = 100, 500_000
"""What is kept of one application after its closing instant: so many texts, and so many characters in all."""
NOT_KEPT = N_(
    "Applications are closed here, and more was written since than we can keep. This is not saved: copy it from this page if you need it."
)


def new_reference(choose: Callable[[str], str] = secrets.choice) -> str:
    """What an applicant quotes: Q- and eight letters and digits that are not mixed up when read aloud (30**8 of them).

    `choose` picks one of a text's characters: secretly, but for the demonstration, whose references are always the same.
    """
    code = "".join(choose(_LETTERS) for _ in range(8))
    return f"Q-{code[:4]}-{code[4:]}"


def start(
    session: ScopedSession, *, actor: Actor, eligible: Mapping[str, bool | None], locale: str, is_member: bool
) -> str:
    """Begin an application in the window that takes it now; the id of the one that is under way already, where there is one.

    `eligible` are the answers to the form's eligibility questions. Raises Refused when nothing is open here or the person
    is a member, and Invalid by question for an answer that is missing or that leaves somebody out.
    """
    opening = applying.opening(session, actor.account_id)
    if opening is None:
        raise Refused(CLOSED)
    if is_member:
        raise Refused(N_("You are a member of Q already: there is no need to apply again."))
    wrong = {
        asked.key: N_("Answer this question.")
        if eligible.get(asked.key) is None
        else asked.otherwise.in_language(locale)
        for asked in opening.schema.eligibility
        if eligible.get(asked.key) is not asked.needed
    }
    if wrong:
        raise Invalid(wrong)
    now = clock.now()
    row = {
        "id": new_id(), "tenant_id": session.scope.tenant_id, "reference": new_reference(), "account_id": actor.account_id,
        "window_id": opening.id, "form_version_id": opening.form_version_id, "state": DRAFT, "locale": locale, "previous_id": None,
        "seconds": 0, "version": 1, "created_at": now, "changed_at": now, "lateness": "", "state_why": "",
    }  # fmt: skip
    claim = upserts.insert(session, Application).values(**row).on_conflict_do_nothing(
        index_elements=["tenant_id", "window_id", "account_id"], index_where=IS_LIVE
    )  # fmt: skip
    with transaction(session):
        began = session.execute(claim.returning(Application.id)).scalar_one_or_none()
        if began is not None:
            _carry_over(session, actor, str(began), opening.schema)
            closes_at = opening.times.shown_close(opening.extended_to)
            shelving.show(session, str(actor.account_id), str(began), DRAFT, closes_at)
            audit.record(session, actor=actor, action="application.start", subject=str(began))
    return str(began or applying.live_in(session, opening.id, str(actor.account_id)))


def _carry_over(session: ScopedSession, actor: Actor, application_id: str, schema: Any) -> None:
    """Take over the answers of the person's last application at this site, as far as the form still asks for them and has what
    was chosen.

    Files stay with the application they were given for: one that is out of date would be handed in unseen.
    """
    before = applying.last_ended(session, str(actor.account_id))
    if before is None:
        return
    asked = {question.key: question for question in schema.questions() if question.kind is not Kind.FILE}
    old = session.execute(sa.select(Answer.question, Answer.value).where(Answer.application_id == before)).all()
    now, tenant_id = clock.now(), session.scope.tenant_id
    rows = [
        {
            "id": new_id(), "tenant_id": tenant_id, "application_id": application_id, "question": key, "value": value,
            "revision": 1, "changed_at": now,
        }
        for key, said in old
        if key in asked and given(value := taken_over(asked[key], said))
    ]  # fmt: skip
    if rows:
        session.execute(sa.insert(Answer), rows)
    session.execute(sa.update(Application).where(Application.id == application_id).values(previous_id=before))


@dataclass(frozen=True, slots=True)
class Wish:
    """One answer to save: the value, and the revision it was made from (0: none yet)."""

    value: Any
    revision: int


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a save. `revisions` are those now current, for every question that was sent; `lost` are the questions
    whose answer had been changed elsewhere, with what stands there: the sent text is kept beside it in the trail."""

    revisions: Mapping[str, int]
    lost: Mapping[str, applying.Held]


_STILL_OPEN = (
    sa.update(Application)
    .where(
        Application.id == sa.bindparam("wanted"), Application.account_id == sa.bindparam("owner"),
        Application.state.in_((DRAFT, INFO_REQUESTED)),
    )
    .values(seconds=Application.seconds + sa.bindparam("sitting", type_=sa.Integer()), changed_at=sa.bindparam("now"))
    .returning(Application.id)
)  # fmt: skip


def _over(new: upserts.Insert) -> Any:
    return new.on_conflict_do_update(
        index_elements=["tenant_id", "application_id", "question"],
        set_={name: new.excluded[name] for name in ("value", "revision", "changed_at")},
        where=Answer.revision == new.excluded.revision - 1,
    ).returning(Answer.revision)


_OVER = upserts.for_each_dialect(Answer, _over)
"""Writes an answer where there is none, or over the revision before it; made once, with `_STILL_OPEN`: a save is what is asked
for most in the last hour of a window."""


def save(
    session: ScopedSession, mine: applying.Mine, account_id: str, wishes: Mapping[str, Wish], seconds: int = 0
) -> Saved:
    """Save answers of one's own draft, or of the sections that more was asked about.

    An answer takes its place only where the revision it was made from is still the current one; an equal answer changes
    nothing. `seconds` is how long the person was at the form since the last save. Raises Refused when the window takes no
    more (the words are kept in the trail all the same, up to a limit, and the refusal says whether they are), NotFound for a
    question that may not be changed.
    """
    allowed = {
        question.key
        for section in mine.schema.sections
        if section.key in mine.sections
        for question in section.questions
    }
    if set(wishes) - allowed:
        raise NotFound
    now = clock.now()  # when it came: it may wait its turn at the database
    taken = mine.taken(now) is not None
    with transaction(session):
        sitting = max(0, min(seconds, LONGEST_SITTING))
        there = session.execute(
            _STILL_OPEN, {"wanted": mine.id, "owner": account_id, "sitting": sitting, "now": now}
        ).one_or_none()
        if there is None:
            raise Refused(NO_CHANGES)
        saved = write_in(session, mine, wishes, now) if taken else None
        kept = saved is None and _keep_late(session, mine, wishes, now)
    if saved is None:
        raise Refused(CLOSED if kept else NOT_KEPT)
    return saved


def _keep_late(session: ScopedSession, mine: applying.Mine, wishes: Mapping[str, Wish], now: datetime) -> bool:
    """Add what came too late to the trail, all of it or, beyond the limit, nothing; whether it is kept. What the form has
    already is. The application is held by the caller, so that nobody else adds meanwhile."""
    late = {
        key: wish for key, wish in wishes.items() if key not in mine.answers or mine.answers[key].value != wish.value
    }
    query = sa.select(
        sa.func.count(), sa.func.coalesce(sa.func.sum(sa.func.length(sa.cast(AnswerRevision.value, sa.Text))), 0)
    ).where(
        AnswerRevision.application_id == mine.id, AnswerRevision.kept.is_(False),
        AnswerRevision.at > (mine.due_at or mine.closes_at),
    )  # fmt: skip
    texts, characters = session.execute(query).one()
    characters += sum(len(json.dumps(wish.value)) for wish in late.values())
    if late and (texts + len(late) > MOST_LATE or characters > MOST_LATE_CHARACTERS):
        return False
    _trail(session, mine.id, {key: (wish.value, wish.revision, False) for key, wish in late.items()}, now)
    return True


def write_in(session: ScopedSession, mine: applying.Mine, wishes: Mapping[str, Wish], now: datetime) -> Saved:
    """Write answers, each over the revision it was made from, and to the trail, in the caller's transaction."""
    over = _OVER(session)
    tenant_id = session.scope.tenant_id
    revisions: dict[str, int] = {}
    lost: dict[str, applying.Held] = {}
    trail: dict[str, tuple[Any, int, bool]] = {}
    for key, wish in sorted(wishes.items()):  # one order for all: two tabs cannot wait for each other in a circle
        known = mine.answers.get(key)
        if known is not None and known.value == wish.value and known.revision >= wish.revision:
            revisions[key] = known.revision
            continue
        if known is None and not given(wish.value):
            revisions[key] = 0
            continue
        row = {
            "id": new_id(), "tenant_id": tenant_id, "application_id": mine.id, "question": key, "value": wish.value,
            "revision": wish.revision + 1, "changed_at": now,
        }  # fmt: skip
        done = session.execute(over, row).scalar_one_or_none()
        trail[key] = (wish.value, wish.revision + 1, done is not None)
        if done is not None:
            revisions[key] = done
            continue
        stands = session.execute(
            sa.select(Answer.value, Answer.revision).where(Answer.application_id == mine.id, Answer.question == key)
        ).one()
        revisions[key] = stands.revision
        if stands.value != wish.value:
            lost[key] = applying.Held(*stands)
    _trail(session, mine.id, trail, now)
    return Saved(revisions, lost)


def _trail(
    session: ScopedSession, application_id: str, saved: Mapping[str, tuple[Any, int, bool]], now: datetime
) -> None:
    """Add to everything that was ever saved. A text that the form already has is not added again."""
    tenant_id = session.scope.tenant_id
    rows = [
        {
            "id": new_id(), "tenant_id": tenant_id, "application_id": application_id, "question": key, "value": value,
            "revision": revision, "kept": kept, "at": now,
        }
        for key, (value, revision, kept) in saved.items()
    ]  # fmt: skip
    if rows:
        session.execute(sa.insert(AnswerRevision), rows)
