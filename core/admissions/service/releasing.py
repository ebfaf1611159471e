"""Releasing a batch: every decision of it, the applications, offers, letters and mail in one transaction, or nothing.

Statements grow with the letters alone: decisions, applications and cards are changed in one statement each.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.admissions.letters.decisions import LANGUAGES, Composed, Told, compose
from core.admissions.models import Application, Decision, DecisionLetter, MembershipOffer, ReleaseBatch, Window
from core.admissions.projection import appeal_until
from core.admissions.queries import batches as queries
from core.admissions.queries import deciding
from core.admissions.queries.batches import LetterFacts
from core.admissions.queries.sight import clear_of
from core.admissions.service import shelving
from core.admissions.service.batches import step, take_out, told_each
from core.admissions.service.deciding import has_joined
from core.admissions.service.ending_assignments import expire_in
from core.admissions.service.offers import offer_again_in, offer_in, take_back_in
from core.admissions.service.windows import may_manage
from core.admissions.states import (
    ACCEPTED,
    APPLICATION,
    DECLINED,
    HELD,
    INFO_REQUESTED,
    RELEASED,
    SUBMITTED,
    SUPERSEDED,
)
from core.data import audit
from core.data.locks import hold_in_order
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Refused
from core.kernel.ids import new_id
from core.kernel.text import N_
from core.kernel.views import Actor
from core.work.models import MAIL_FAILED, Mail

COUNT_IS_OTHER = N_("You stated %(stated)s, and the batch holds %(held)s. Nothing was sent. Look at the batch again.")
NOT_STANDING = N_(
    "These applications were withdrawn, or more is asked about them: %(references)s. Take them out. Nothing was sent."
)
STATES = {"accept": ACCEPTED, "decline": DECLINED}


@dataclass(frozen=True, slots=True)
class Site:
    """Where letters come from: the site's name and that of the partner behind it, by language."""

    name: Mapping[str, str]
    partner: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One letter to one person, in their language. `path` is that of the page with the decision, inside the site."""

    account_id: str
    email: str
    locale: str
    subject: str
    paragraphs: Sequence[str]
    path: str


Post = Callable[[ScopedSession, Outgoing], str]
"""Writes the message in the transaction of the release; its id."""


def told(facts: LetterFacts, levels: Mapping[str, int], site: Site, at: datetime, days: int) -> Told:
    """What the letter of a decision released at `at` (UTC) tells."""
    return Told(
        reference=facts.reference, outcome=facts.outcome, site=site.name, partner=site.partner, levels=levels,
        comments=facts.comments, again=facts.supersedes_id is not None,
        appeal_until=appeal_until(at, days) if facts.outcome == "decline" else None,
    )  # fmt: skip


def letters_of(session: ScopedSession, found: Iterable[LetterFacts], site: Site, at: datetime, window_id: str) -> dict[str, dict[str, Composed]]:  # fmt: skip
    """{decision: {language: letter}} for decisions released at `at`; in two statements."""
    found = list(found)
    days = queries.appeal_days(session, window_id)
    levels = deciding.levels(session, [one.application_id for one in found])
    return {
        one.id: {
            locale: compose(told(one, levels.get(one.application_id, {}), site, at, days), locale) for locale in LANGUAGES
        }
        for one in found
    }  # fmt: skip


def release(
    session: ScopedSession, actor: Actor, batch_id: str, version: int, expected: int, *, site: Site, post: Post
) -> int:  # fmt: skip
    """Release every decision of a batch; how many. `expected` is the number that whoever releases states.

    What the releaser is in conflict with is not theirs to release: it leaves the batch, moderated, for somebody else, and
    for them the batch is the same as if it had never been there. Raises Forbidden, NotFound, Conflict (the batch was changed since),
    Refused (another number, under embargo, released already, an application that cannot be decided any more): then nothing
    is changed and nothing sent.
    """
    may_manage(actor)
    now = clock.now()
    with transaction(session):
        window_id = step(
            session, batch_id, version,
            ReleaseBatch.embargo_until.is_(None) | (ReleaseBatch.embargo_until <= now),
            state="released", released_at=now, released_by=actor.account_id, released_count=expected,
        )  # fmt: skip
        # Applications before decisions, as whoever signs or corrects takes them: nobody waits in a circle, and what is
        # corrected meanwhile is the decision that this release leaves.
        hold_in_order(session, Application, Application.id.in_(_decided_in(batch_id)))
        take_out(session, Decision.batch_id == batch_id, ~clear_of(actor.account_id, Decision.application_id))
        found = queries.letter_facts(session, actor.account_id, batch_id)
        if len(found) != expected:
            raise Refused(COUNT_IS_OTHER, stated=expected, held=len(found))
        if not found:
            raise Refused(N_("There is nothing in this batch to release."))
        if gone := [one.reference for one in found if one.supersedes_id is None and one.application_state != SUBMITTED]:
            raise Refused(NOT_STANDING, references=", ".join(gone[:10]))
        _decide(session, batch_id, found, now)
        _offer(session, found, now)
        _write(session, found, site, now, window_id, post)
        decided = [one.application_id for one in found]
        shelving.decided(session, decided, now)
        expire_in(session, session.scope.tenant_id, decided, "the application is decided", now)
        _close_window(session, actor, window_id, now)
        audit.record(
            session, actor=actor, action="batch.release", subject=f"batch:{batch_id}", before={"state": "open"},
            after={"state": "released"},
        )  # fmt: skip
        told_each(session, actor, "release", batch_id, [one.id for one in found])
    return len(found)


def _decided_in(batch_id: str) -> sa.Select[str]:
    """The applications of the decisions that are in a batch."""
    return sa.select(Decision.application_id).where(Decision.batch_id == batch_id)


def _decide(session: ScopedSession, batch_id: str, found: Sequence[LetterFacts], now: datetime) -> None:
    """Released decisions that are replaced give way; held ones are released; applications are accepted or declined."""
    if replaced := [one.supersedes_id for one in found if one.supersedes_id is not None]:
        gave_way = session.execute(
            sa.update(Decision)
            .where(Decision.id.in_(replaced), Decision.state == RELEASED)
            .values(state=SUPERSEDED, version=Decision.version + 1)
            .returning(Decision.id)
        ).all()
        if len(gave_way) != len(replaced):
            raise Refused(N_("A decision that was to be corrected was replaced already. Nothing was sent."))
    done = session.execute(
        sa.update(Decision)
        .where(Decision.batch_id == batch_id, Decision.state == HELD)
        .values(state=RELEASED, released_at=now, version=Decision.version + 1)
        .returning(Decision.id)
    ).all()
    if len(done) != len(found):
        raise Refused(COUNT_IS_OTHER, stated=len(found), held=len(done))
    for outcome, event in (("accept", "accept"), ("decline", "decline")):
        ids = [
            one.application_id for one in found if one.outcome == outcome and one.application_state != STATES[outcome]
        ]
        if not ids:
            continue
        moved = session.execute(
            sa.update(Application)
            .where(Application.id.in_(ids), Application.state.in_(APPLICATION.sources(event)))
            .values(state=STATES[outcome], version=Application.version + 1, changed_at=now)
            .returning(Application.id)
        ).all()
        if len(moved) != len(ids):
            lost = {one.application_id: one.reference for one in found}
            names = sorted(lost[one] for one in set(ids) - {row.id for row in moved})
            raise Refused(NOT_STANDING, references=", ".join(names[:10]))


def _offer(session: ScopedSession, found: Sequence[LetterFacts], now: datetime) -> None:
    """An offer for everybody who is accepted, again for who was declined in between; the end of one whose acceptance is
    corrected. Whoever joined stays a member."""
    corrected = [one.application_id for one in found if one.supersedes_id is not None]
    offers = sa.select(MembershipOffer.application_id).where(MembershipOffer.application_id.in_(corrected))
    known = set(session.scalars(offers)) if corrected else set()
    if declined := [one.application_id for one in found if one.outcome == "decline" and one.application_id in known]:
        take_back_in(session, application_ids=declined, at=now)
        if has_joined(session, declined):  # asked after it: whoever accepted in this moment is seen
            raise Refused(N_("Somebody whose acceptance is corrected is a member already. Nothing was sent."))
    accepted = [one for one in found if one.outcome == "accept"]
    new = {one.application_id: one.account_id for one in accepted if one.application_id not in known}
    offer_in(session, accounts=new, at=now)
    again = [
        one.application_id for one in accepted if one.application_id in known and one.application_state == DECLINED
    ]
    if again:
        offer_again_in(session, application_ids=again, at=now)


def _write(
    session: ScopedSession, found: Sequence[LetterFacts], site: Site, now: datetime, window_id: str, post: Post
) -> None:  # fmt: skip
    """Seal the letters in both languages and queue the message in the person's own. An account that is closed gets none."""
    letters = letters_of(session, found, site, now, window_id)
    rows: list[dict[str, Any]] = []
    for one in found:
        mail_id = None
        if one.disabled_at is None:
            own = letters[one.id][one.locale]
            mail_id = post(session, outgoing(one, own.subject, own.paragraphs))
        rows += [
            {
                "id": new_id(), "tenant_id": session.scope.tenant_id, "decision_id": one.id, "locale": locale,
                "subject": letter.subject, "paragraphs": letter.paragraphs, "template": letter.template,
                "sha256": letter.sha256(), "mail_id": mail_id if locale == one.locale else None, "at": now,
            }
            for locale, letter in letters[one.id].items()
        ]  # fmt: skip
    session.execute(
        sa.insert(DecisionLetter), rows, execution_options={"render_nulls": True}
    )  # one shape, one statement


def outgoing(one: LetterFacts, subject: str, paragraphs: Sequence[str]) -> Outgoing:
    """A letter's text on its way to the person that the decision is about."""
    return Outgoing(one.account_id, one.email, one.locale, subject, paragraphs, f"/apply/{one.application_id}/decision")


def _close_window(session: ScopedSession, actor: Actor, window_id: str, now: datetime) -> None:
    """The window counts as released once it is over and nothing that the releaser may know of waits for a decision."""
    waiting = sa.select(Application.id).where(
        Application.window_id == window_id,
        Application.state.in_((SUBMITTED, INFO_REQUESTED)),
        clear_of(actor.account_id),
    )
    session.execute(
        sa.update(Window)
        .where(Window.id == window_id, Window.released_at.is_(None), Window.closes_at < now, ~waiting.exists())
        .values(released_at=now, version=Window.version + 1)
    )


def resend(session: ScopedSession, actor: Actor, batch_id: str, *, post: Post) -> int:
    """Write again the letters of a released batch that could not be sent, word for word as they were sealed, to the address
    that the person has now; how many. Two people who ask at once send one copy. A letter whose decision was corrected since
    is not sent any more. Raises Forbidden."""
    may_manage(actor)
    failed = sa.select(Mail.id).where(Mail.state == MAIL_FAILED)
    with transaction(session):
        # What was corrected since is not said again, and a closed account gets nothing.
        people = {
            one.id: one
            for one in queries.letter_facts(session, actor.account_id, batch_id)
            if one.state == RELEASED and one.disabled_at is None
        }
        taken = session.execute(
            sa.update(DecisionLetter)
            .where(DecisionLetter.mail_id.in_(failed), DecisionLetter.decision_id.in_(people))
            .values(mail_id=None)
            .returning(DecisionLetter.id, DecisionLetter.decision_id, DecisionLetter.subject, DecisionLetter.paragraphs)
        ).all()
        for row in taken:
            mail_id = post(session, outgoing(people[row.decision_id], row.subject, row.paragraphs))
            session.execute(
                sa.update(DecisionLetter)
                .where(DecisionLetter.id == row.id, DecisionLetter.mail_id.is_(None))
                .values(mail_id=mail_id)
            )
        told_each(session, actor, "resend", batch_id, [row.decision_id for row in taken])
    return len(taken)
