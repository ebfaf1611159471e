"""After a release: offers of membership in every state, who joined, what people say of their letters, an appeal."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.admissions.models import Appeal, CompactAcceptance, DecisionFeedback, MembershipOffer
from core.admissions.service.offers import STANDS_FOR
from core.admissions.states import JOINED, LAPSED, OFFERED, REFUSED
from core.demo.admissions.assessing import Panel
from core.demo.admissions.deciding import Settled, words
from core.people.models import Affiliation, Cohort, Membership, Profile
from core.tenancy.directory import TenantSnapshot

JOINED_OF_TEN = 6
SHORT = timedelta(days=5)
"""The one offer that has lapsed stood for a short time, so that it can be seen a week after the release."""


def offer(
    panel: Panel, tenant: TenantSnapshot, compact_id: str, accepted: Sequence[Settled], at: datetime, now: datetime
) -> None:
    """An offer for everybody who was accepted at `at`: most joined, others wait, one lapsed, two refused."""
    for number, one in enumerate(accepted):
        applied = one.case.applied
        state = OFFERED
        if number == 4:
            state = LAPSED
        elif number in {9, 17}:
            state = REFUSED
        elif number % 10 < JOINED_OF_TEN:
            state = JOINED
        lapses_at = at + (SHORT if state == LAPSED else STANDS_FOR)
        ended_at = lapses_at if state == LAPSED else at + (now - at) * panel.chance.uniform(0.05, 0.9)
        panel.rows.add(
            MembershipOffer, application_id=applied.id, account_id=applied.account_id, state=state, offered_at=at,
            lapses_at=lapses_at, reminded_at=at + SHORT / 2 if state == LAPSED else None,
            ended_at=None if state == OFFERED else ended_at, state_why="", version=1 if state == OFFERED else 2,
        )  # fmt: skip
        if state == JOINED:
            _join(panel, tenant, compact_id, one, ended_at)
        if state != OFFERED:
            who = None if state == LAPSED else applied.account_id
            event = {JOINED: "offer.join", REFUSED: "offer.refuse", LAPSED: "offer.lapse"}[state]
            panel.rows.tell(ended_at, who, event, applied.id, before={"state": OFFERED}, after={"state": state})


def _join(panel: Panel, tenant: TenantSnapshot, compact_id: str, one: Settled, at: datetime) -> None:
    applied, rows = one.case.applied, panel.rows
    rows.add_shared(CompactAcceptance, account_id=applied.account_id, compact_version_id=compact_id, at=at)
    rows.add_plain(Membership, account_id=applied.account_id, cohort=Cohort.LATER.value, since=at.date(), left_on=None)
    rows.add_shared(
        Affiliation, account_id=applied.account_id, home_tenant_id=tenant.id, starts_on=at.date(), ends_on=None
    )
    rows.add_plain(
        Profile, account_id=applied.account_id, job_title=applied.told.answers["role"][:120],
        organisation=applied.organisation[:160], locality="", about="",
    )  # fmt: skip


def answer_back(panel: Panel, found: Sequence[Settled], at: datetime, now: datetime) -> None:
    """What people say of their letters. Who was declined understands a little less well why."""
    for one in found:
        if panel.chance.random() > 0.45:
            continue
        weights = (1, 2, 4, 8, 10) if one.outcome == "accept" else (2, 3, 4, 6, 4)
        understood = panel.chance.choices((1, 2, 3, 4, 5), weights)[0]
        panel.rows.add(
            DecisionFeedback, application_id=one.case.applied.id, understood=understood,
            would_reapply=None if one.outcome == "accept" else understood > 2,
            words=panel.chance.choice(words()["feedback"][str(understood)]), at=at + (now - at) * panel.chance.random(),
        )  # fmt: skip


def appeal(panel: Panel, found: Sequence[Settled], at: datetime) -> None:
    """One person asks for a second look, at `at`."""
    declined = [one for one in found if one.outcome == "decline" and not one.override[0]]
    kitchen = [one for one in declined if one.case.applied.told.voice.theme == "hydration"]
    one = (kitchen or declined)[0]
    appeal_id = panel.rows.add(
        Appeal, application_id=one.case.applied.id, decision_id=one.decision_id, grounds=words()["appeal"]["grounds"],
        state="received", reviewer_id=None, answer="", version=1, at=at, ended_at=None,
    )  # fmt: skip
    panel.rows.tell(at, one.case.applied.account_id, "appeal.make", f"appeal:{appeal_id}")  # fmt: skip
