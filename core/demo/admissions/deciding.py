"""Decisions: what the rules proposed, what a panel and people made of it, what is held and what is out.

Proposals are asked for as the platform asks: by the rule pack that the window pins, about what is sealed. Asked again they
say the same.
"""

import random
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import fmean, median_low
from typing import Any

from core.admissions.letters.decisions import LANGUAGES, Told, compose
from core.admissions.models import (
    Application,
    Decision,
    DecisionLetter,
    PanelItem,
    PanelMeeting,
    ReleaseBatch,
    RuleProposal,
)
from core.admissions.projection import appeal_until
from core.admissions.rules import CRITERIA, Catalogue, NationalPolicy, Outcome, Record, WindowFigures, run
from core.admissions.rules.casework import INDEPENDENT, basis, snapshot_of
from core.admissions.rules.casework import Case as KnownCase
from core.admissions.rules.casework import Mark as KnownMark
from core.admissions.service.shelving import DECIDED
from core.admissions.states import ACCEPTED, DECLINED, HELD, MODERATED, RELEASED, RETURNED, SIGNED, SUPERSEDED
from core.demo.admissions import seams
from core.demo.admissions.assessing import Case, Member, Panel, more
from core.demo.admissions.writing import filled
from core.kernel.ids import new_id
from core.tenancy.directory import TenantSnapshot
from core.tenancy.models import ShelfItem
from core.work.models import Mail

HERE = Path(__file__).parent
STATES = {"accept": ACCEPTED, "decline": DECLINED}
UNDELIVERED = 41
"""Of a released window the letter of this number did not reach its reader."""


@cache
def words() -> dict[str, Any]:
    """What is said in and around panels: `panel.toml`."""
    return tomllib.loads((HERE / "panel.toml").read_text("utf-8"))


@cache
def comments() -> dict[str, dict[str, list[dict[str, str]]]]:
    """Words for letters, by outcome and criterion."""
    return tomllib.loads((HERE / "comments.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Pinned:
    """What the window pins, and those who decide: accounts of the partner's lead and of the central team."""

    catalogue: Catalogue
    policy: NationalPolicy
    secret: str
    config: Mapping[str, Any]
    pin: str
    lead: str
    central: str


@dataclass(slots=True)
class Settled:
    """A case with what came out. `outcome` is "" while nothing did."""

    case: Case
    proposal_id: str
    proposed: Outcome
    at: datetime
    outcome: str = ""
    override: tuple[str, str] = ("", "")
    signed_at: datetime | None = None
    decision_id: str = ""
    number: int = 1
    said: dict[str, dict[str, str]] = field(default_factory=dict)


def propose(panel: Panel, tenant: TenantSnapshot, pinned: Pinned, case: Case) -> Settled:
    """Ask the rule about what is sealed of a case, a few minutes after the last seal."""
    at = max(one.sealed_at for one in case.marks if one.sealed_at is not None) + timedelta(minutes=5)
    known = _known(case)
    seen = snapshot_of(known, secret=pinned.secret, area=tenant.slug, now=at, figures=WindowFigures())
    record = run(pinned.catalogue, seams.STANDARD, pinned.config, pinned.policy, seen)
    case.proposals += 1
    proposed = record.proposed().outcome
    columns = record.model_dump(exclude={"incident"})
    proposal_id = panel.rows.add(
        RuleProposal,
        application_id=case.applied.id,
        number=case.proposals,
        basis=basis(pinned.pin, known),
        outcome=proposed.value,
        incident=_incident(record),
        at=at,
        **columns,
    )
    return Settled(case, proposal_id, proposed, at)


def _incident(record: Record) -> dict[str, Any] | None:
    return record.incident.model_dump() if record.incident is not None else None


def _known(case: Case) -> KnownCase:
    """A case as the platform reads it off the database."""
    applied = case.applied
    return KnownCase(
        applied.id, "en", 1, None,
        tuple(
            KnownMark(
                mark.assessment_id, mark.member.id, INDEPENDENT, 1, mark.sealed_at, applied.submitted_at, mark.member.roles,
                mark.recommendation, tuple(sorted((line.criterion, line.value) for line in mark.lines)),
            )
            for mark in case.marks
            if mark.sealed_at is not None
        ),
    )  # fmt: skip


def settle(panel: Panel, tenant: TenantSnapshot, pinned: Pinned, case: Case, again_at: datetime) -> Settled:
    """Propose, and as long as the rule wants more assessors give it one, from `again_at` on."""
    found = propose(panel, tenant, pinned, case)
    while found.proposed is Outcome.MORE_ASSESSORS:
        again_at = max(again_at, found.at)
        more(panel, case, again_at)
        found = propose(panel, tenant, pinned, case)
    if found.proposed.final:
        found.outcome = found.proposed.value
    return found


def meet(panel: Panel, found: Sequence[Settled], at: datetime) -> None:
    """A meeting at `at` that settles what the rule left to the panel, with its minutes; closed again."""
    of_panel = [one for one in found if one.proposed is Outcome.PANEL]
    if not of_panel:
        return
    ends = at + timedelta(minutes=12 * len(of_panel))
    meeting_id = panel.rows.add(
        PanelMeeting, window_id=panel.round.id, held_at=at, place="By video", quorum=3,
        present=sorted(member.id for member in panel.members), state="closed", version=3, created_by=None,
        created_at=at - timedelta(days=10), closed_at=ends,
    )  # fmt: skip
    for number, one in enumerate(of_panel, 1):
        one.outcome = "accept" if _mean(one.case) >= 2.5 else "decline"
        item(
            panel, meeting_id, one.case, number, "done", outcome=one.outcome,
            minutes=minutes(one, panel.chance), ended_at=at + timedelta(minutes=12 * number),
        )  # fmt: skip


def item(panel: Panel, meeting_id: str, case: Case, number: int, state: str, **values: Any) -> str:
    """One application on an agenda; its id. Those in conflict are out of the room."""
    apart = {member.id for member in panel.members} & case.held - {mark.member.id for mark in case.marks}
    row = {"outcome": None, "minutes": "", "ended_at": None, **values}
    return panel.rows.add(
        PanelItem, meeting_id=meeting_id, application_id=case.applied.id, position=number, state=state,
        out=sorted(apart) if state in {"now", "done"} else [], version=1, **row,
    )  # fmt: skip


def minutes(one: Settled, chance: random.Random) -> str:
    """What a meeting noted of a case whose outcome is known."""
    criterion = chance.choice(CRITERIA)
    text: str = chance.choice(words()["minutes"][one.outcome])
    return filled(text, {"seen": one.case.applied.told.seen[criterion]})


def _mean(case: Case) -> float:
    values = [line.value for mark in case.marks for line in mark.lines if line.value is not None]
    return fmean(values) if values else 0


def override(found: Sequence[Settled]) -> None:
    """One of each outcome decided otherwise than proposed, for a reason."""
    for wanted, proposed in (("accept", Outcome.DECLINE), ("decline", Outcome.ACCEPT)):
        near = [one for one in found if one.proposed is proposed]
        if near:
            one = min(near, key=lambda one: abs(_mean(one.case) - 2.5))
            code, text = words()["overrides"][wanted]
            one.outcome, one.override = wanted, (code, text)


def sign(panel: Panel, found: Iterable[Settled], begin: datetime, end: datetime) -> None:
    """The partner's lead signs, between two instants; three in ten letters get words of their own."""
    for one in found:
        one.signed_at = max(one.at, begin) + (end - max(one.at, begin)) * panel.chance.random()
        if panel.chance.random() < 0.3:
            by_criterion = comments()[one.outcome]
            criterion = panel.chance.choice(sorted(by_criterion))
            one.said = {criterion: dict(panel.chance.choice(by_criterion[criterion]))}


def decide(
    panel: Panel, pinned: Pinned, one: Settled, state: str, *, batch: str | None = None, end: datetime | None = None,
    released_at: datetime | None = None, why: str = "", **values: Any,
) -> str:  # fmt: skip
    """The row of a signed case's decision in `state`; its id. Moderated, or returned because of `why`, it was before `end`."""
    if one.signed_at is None:
        raise ValueError("it is not signed")
    looked_at = one.signed_at + (end - one.signed_at) * panel.chance.uniform(0.2, 0.9) if end is not None else None
    moderated_at = looked_at if not why else None
    row = {
        "number": 1, "outcome": one.outcome, "proposal_id": one.proposal_id, "override_code": one.override[0],
        "override_text": one.override[1], "supersedes_id": None, "version": 1, **values,
    }  # fmt: skip
    one.decision_id = panel.rows.add(
        Decision, application_id=one.case.applied.id, state=state, comments=one.said, signed_by=pinned.lead,
        signed_at=one.signed_at, moderated_by=pinned.central if looked_at else None, moderated_at=moderated_at,
        moderation_why=why, batch_id=batch, released_at=released_at, **row,
    )  # fmt: skip
    tell = panel.rows.tell
    subject = f"decision:{one.decision_id}"
    signed = {"state": SIGNED, "outcome": one.outcome, "override": one.override[0]}
    tell(one.signed_at, pinned.lead, "decision.sign", subject, after=signed)
    if looked_at is not None and why:
        tell(looked_at, pinned.central, "decision.return", subject, after={"state": RETURNED})
    if moderated_at is not None:
        tell(
            moderated_at, pinned.central, "decision.moderate", subject, before={"state": SIGNED}, after={"state": MODERATED},
        )  # fmt: skip
    return one.decision_id


def batch(panel: Panel, pinned: Pinned, name: str, at: datetime, **values: Any) -> str:
    """A batch that was made at `at`; its id."""
    row = {
        "state": "open", "embargo_until": None, "released_count": None, "version": 1, "released_by": None, "released_at": None,
        **values,
    }  # fmt: skip
    batch_id = panel.rows.add(
        ReleaseBatch, window_id=panel.round.id, name=name, created_by=pinned.lead, created_at=at, **row
    )
    panel.rows.tell(at, pinned.lead, "batch.begin", f"batch:{batch_id}", after={"window": panel.round.id})
    return batch_id


def hold(panel: Panel, pinned: Pinned, found: Sequence[Settled], now: datetime, embargo: datetime) -> None:
    """Everything decided: most of it held until `embargo`; a few on the way, one sent back."""
    on_the_way, held = found[:6], found[6:]
    batch_id = batch(panel, pinned, "All decisions", now - timedelta(days=1, hours=4), embargo_until=embargo)
    for one in held:
        decide(panel, pinned, one, HELD, batch=batch_id, end=now - timedelta(days=1, hours=5))
    for one in on_the_way[:3]:
        decide(panel, pinned, one, MODERATED, end=now - timedelta(hours=2))
    for one in on_the_way[3:5]:
        decide(panel, pinned, one, SIGNED)
    on_the_way[5].said = {}
    decide(panel, pinned, on_the_way[5], RETURNED, end=now - timedelta(hours=1), why=words()["sent_back"]["words"])


def release(
    panel: Panel, pinned: Pinned, tenant: TenantSnapshot, found: Sequence[Settled], at: datetime, corrected_at: datetime
) -> Settled:  # fmt: skip
    """Everything released at `at`, with letters; one decision corrected at `corrected_at`: that one is given back."""
    batch_id = batch(
        panel, pinned, "All decisions", at - timedelta(days=2), state="released", released_count=len(found),
        released_by=pinned.lead, released_at=at, version=2,
    )  # fmt: skip
    declined = [one for one in found if one.outcome == "decline" and not one.override[0]]
    wrong = max(declined, key=lambda one: _mean(one.case))
    for number, one in enumerate(found):
        state = SUPERSEDED if one is wrong else RELEASED
        decide(panel, pinned, one, state, batch=batch_id, end=at - timedelta(days=3), released_at=at)
        send(panel, tenant, one, at, failed=number == UNDELIVERED)
    panel.rows.tell(
        at, pinned.lead, "batch.release", f"batch:{batch_id}", before={"state": "open"},
        after={"state": "released"},
    )  # fmt: skip
    right = Settled(
        wrong.case, wrong.proposal_id, wrong.proposed, wrong.at, "accept", ("scores", words()["correction"]["words"]),
        corrected_at - timedelta(days=2),
    )  # fmt: skip
    right.number = 2
    second = batch(
        panel, pinned, "Correction", corrected_at - timedelta(days=1), state="released", released_count=1,
        released_by=pinned.lead, released_at=corrected_at, version=2,
    )  # fmt: skip
    decide(
        panel, pinned, right, RELEASED, batch=second, end=corrected_at - timedelta(hours=3), released_at=corrected_at,
        number=2, supersedes_id=wrong.decision_id,
    )  # fmt: skip
    send(panel, tenant, right, corrected_at)
    _apply(panel, [*found, right], at)
    return right


def _apply(panel: Panel, found: Sequence[Settled], at: datetime) -> None:
    """Released decisions as the applications and their cards have them, the cards as `shelving.decided` leaves them."""
    outcomes = {one.case.applied.id: one.outcome for one in found}
    for row in panel.rows.of[Application]:
        if outcome := outcomes.get(row["id"]):
            row.update(state=STATES[outcome], changed_at=at, version=row["version"] + 1)
    for row in panel.rows.of[ShelfItem]:
        if row["ref"] in outcomes:
            row.update(status=DECIDED, when=None, needs_action=False, changed_at=at)


def levels(case: Case) -> dict[str, int]:
    """The level of each criterion as a letter tells it: the lower middle one."""
    found = {}
    for criterion in CRITERIA:
        values = [
            line.value
            for mark in case.marks
            for line in mark.lines
            if line.criterion == criterion and line.value is not None
        ]
        if values:
            found[criterion] = median_low(values)
    return found


def send(panel: Panel, tenant: TenantSnapshot, one: Settled, at: datetime, *, failed: bool = False) -> None:
    """The letter of a decision in both languages, and the message that carried it."""
    applied, mail_id = one.case.applied, new_id()
    facts = Told(
        applied.reference, one.outcome, {locale: tenant.named(locale) for locale in LANGUAGES},
        {locale: tenant.led_by(locale) for locale in LANGUAGES}, levels(one.case), one.said,
        appeal_until(at, seams.APPEAL_DAYS) if one.outcome == "decline" else None, again=one.number > 1,
    )  # fmt: skip
    letters = {locale: compose(facts, locale) for locale in LANGUAGES}
    subject, paragraphs = letters["en"].subject, letters["en"].paragraphs
    panel.rows.add_plain(
        Mail, id=mail_id, account_id=applied.account_id, at_tenant_id=tenant.id, to_address=applied.email, subject=subject,
        text="\n\n".join(paragraphs), html="".join(f"<p>{text}</p>" for text in paragraphs), locale="en", secret=False,
        state="failed" if failed else "kept", attempts=5 if failed else 1,
        last_error="550 5.1.1 The address does not exist" if failed else "", message_id=f"<{mail_id}@q.example>",
        created_at=at, claimed_at=None, sent_at=None if failed else at + timedelta(seconds=40),
    )  # fmt: skip
    for locale, letter in letters.items():
        panel.rows.add(
            DecisionLetter, decision_id=one.decision_id, locale=locale, subject=letter.subject, paragraphs=letter.paragraphs,
            template=letter.template, sha256=letter.sha256(), mail_id=mail_id, at=at,
        )  # fmt: skip


def split_case(panel: Panel) -> Case:
    """The application that the West Midlands' panel cannot agree on."""
    theme = words()["split"]["theme"]
    return next(case for case in panel.cases if case.applied.told.voice.theme == theme)


def member_at(panel: Panel, place: int) -> Member:
    """The assessor in a place of the panel."""
    return next(member for member in panel.members if member.place == place)
