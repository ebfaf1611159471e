"""A full cycle of Joining Q: one area takes applications, one assesses and meets, one holds its decisions, one's are out."""

import random
from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from core.admissions.instants import WindowTimes
from core.admissions.models import Assignment, Window
from core.admissions.rules import Outcome
from core.admissions.states import SIGNED
from core.data.session import ScopedSession, transaction
from core.demo.admissions import assessing, deciding, joining, meeting, national, seams
from core.demo.admissions.applying import Applied, Round, apply
from core.demo.admissions.assessing import Case, Panel
from core.demo.admissions.deciding import Pinned, Settled
from core.demo.admissions.national import National
from core.demo.admissions.places import PLACES, SCENES, Scene, names
from core.demo.admissions.rows import Rows
from core.kernel import clock
from core.people.models import Account
from core.tenancy.directory import TenantSnapshot

EMBARGO_HOUR = timedelta(hours=10)
SIGNED_FOR_CENTRAL = 6
"""So many decisions of the West Midlands wait for the central team while the panel still meets."""
CONFIG = {"west-midlands": {"max_assessors": 5}}


def fill(session: ScopedSession, tenant: TenantSnapshot, window_id: str | None, all_: National) -> int:
    """Fill the window of `tenant`, in one transaction of its own scope; how many applications were submitted.

    Does nothing (0) at a site without a window, or that has no part in the cycle. The same every time, but for ids.
    """
    scene = SCENES.get(tenant.slug)
    if scene is None or window_id is None:
        return 0
    chance = random.Random(f"applications of {tenant.slug}")
    with transaction(session):
        round_ = _round(session, window_id, all_)
        secret, config, pin = seams.pin(session, window_id, all_.policy_id, **CONFIG.get(tenant.slug, {}))
        known = _accounts(session, tenant.slug)
        pinned = Pinned(all_.catalogue, all_.policy, secret, config, pin, known["lead"], known["central"])
        rows = Rows(tenant.id)
        applied = apply(rows, round_, tenant.slug, scene, all_.hashed, list(SCENES).index(tenant.slug), chance)
        national.ask(rows, all_, tenant.slug, [one.id for one in applied], chance)
        panel = _panel(rows, round_, tenant, scene, applied, known["assessor"], all_, chance)
        if scene.stage == "assessing":
            _assessing(panel, tenant, pinned)
        elif scene.stage == "held":
            _held(panel, tenant, pinned)
        elif scene.stage == "released":
            _released(panel, tenant, pinned, all_)
        panel.show_cards()
        panel.write(session)
    return len(applied)


def _round(session: ScopedSession, window_id: str, all_: National) -> Round:
    row = session.execute(sa.select(Window).where(Window.id == window_id)).scalar_one()
    grace = timedelta(seconds=row.grace_seconds)
    times = WindowTimes(row.state, row.opens_at, row.closes_at, grace, row.released_at)
    session.expunge(row)
    return Round(window_id, row.form_version_id, all_.schema, times, clock.now())


def _accounts(session: ScopedSession, slug: str) -> dict[str, str]:
    """The demonstration's own accounts that decide: lead, assessor and central team, by the word in their address."""
    wanted = {
        "lead": f"lead.{slug}@demo.example", "assessor": f"assessor.{slug}@demo.example", "central": "central@demo.example",
    }  # fmt: skip
    found = session.execute(
        sa.select(Account.email_norm, Account.id).where(Account.email_norm.in_(wanted.values()))
    ).all()
    by_email = {row.email_norm: row.id for row in found}
    return {word: by_email[email] for word, email in wanted.items()}


def _panel(
    rows: Rows, round_: Round, tenant: TenantSnapshot, scene: Scene, applied: Sequence[Applied], account_id: str,
    all_: National, chance: random.Random,
) -> Panel:  # fmt: skip
    """The area's panel, known before its window opened, and the cases that are there."""
    places = [place for place, _ in PLACES[tenant.slug][1]]
    since = round_.times.opens_at - timedelta(days=35)
    tied = [one.organisation for one in applied if one.organisation][4::13]
    called = names(scene.assessors, random.Random(f"panel of {tenant.slug}"))
    people = assessing.members(
        rows, tenant, scene.assessors, account_id, all_.hashed, places, since, chance, called, tied
    )  # fmt: skip
    if scene.stage != "applying":
        national.calibrate(rows, all_, people, chance)
    return Panel(rows, round_, people, [Case(one) for one in applied], chance)


def _assessing(panel: Panel, tenant: TenantSnapshot, pinned: Pinned) -> None:
    """Three weeks after closing: most is sealed, the panel meets, the first clear ones wait for the central team."""
    contested = deciding.split_case(panel)
    others = [case for case in panel.cases if case is not contested]
    apart = assessing.derived(panel.rows, panel.members, panel.cases, panel.round.times.closes_at + timedelta(days=1))
    meeting.split(panel, contested)
    found = assessing.seats(panel, others, apart, first_rests=True)
    on_agenda = {case.applied.id for case in others[: len(others) * 2 // 3]}
    first = [pair for pair in found if pair[0].applied.id in on_agenda]
    later = [pair for pair in found if pair[0].applied.id not in on_agenda]
    own = panel.members[0].id
    assessing.under_way(panel, [*first, *later], on_agenda - {c.applied.id for c, member in found if member.id == own})
    ready = [case for case in others if len(case.marks) >= 2 and len(case.marks) == _still(panel, case)]
    again_at = panel.round.now - timedelta(days=5)
    settled = [deciding.settle(panel, tenant, pinned, case, again_at) for case in ready]
    meeting.hold(panel, pinned, contested, [*settled, deciding.propose(panel, tenant, pinned, contested)])
    clear = [one for one in settled if one.proposed.final and not any(m.member.id == own for m in one.case.marks)]
    now = panel.round.now
    waiting = [*_some(clear, Outcome.ACCEPT, SIGNED_FOR_CENTRAL - 2), *_some(clear, Outcome.DECLINE, 2)]
    deciding.override(waiting[: SIGNED_FOR_CENTRAL - 2])
    deciding.sign(panel, waiting, now - timedelta(days=2), now - timedelta(hours=4))
    for one in waiting:
        deciding.decide(panel, pinned, one, SIGNED)


def _still(panel: Panel, case: Case) -> int:
    """How many hold a case, those left out who may not have it or gave it back."""
    return sum(
        row["application_id"] == case.applied.id and row["state"] not in {"recused", "turned_down"}
        for row in panel.rows.of[Assignment]
    )


def _some(found: Sequence[Settled], proposed: Outcome, many: int) -> list[Settled]:
    return [one for one in found if one.proposed is proposed][:many]


def _whole(panel: Panel, tenant: TenantSnapshot, pinned: Pinned) -> list[Settled]:
    """Everything assessed and settled within five weeks of the closing; the panel met in the fourth."""
    closes = panel.round.times.closes_at
    apart = assessing.derived(panel.rows, panel.members, panel.cases, closes + timedelta(days=1))
    found = assessing.seats(panel, panel.cases, apart, first_rests=False)
    assessing.assess_all(panel, found, closes + timedelta(days=20))
    settled = [
        deciding.settle(panel, tenant, pinned, case, closes + timedelta(days=21)) for case in panel.cases
    ]  # fmt: skip
    deciding.meet(panel, settled, closes + timedelta(days=29))
    deciding.override(settled)
    deciding.sign(panel, settled, closes + timedelta(days=30), closes + timedelta(days=36))
    return settled


def _held(panel: Panel, tenant: TenantSnapshot, pinned: Pinned) -> None:
    """Everything decided, most of it held until ten o'clock tomorrow."""
    settled = _whole(panel, tenant, pinned)
    tomorrow = clock.from_london(
        clock.london(panel.round.now).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    )
    deciding.hold(panel, pinned, settled, panel.round.now, tomorrow + timedelta(days=1) + EMBARGO_HOUR)


def _released(panel: Panel, tenant: TenantSnapshot, pinned: Pinned, all_: National) -> None:
    """A week after the letters: offers in every state, one decision corrected, one appeal."""
    at, now = panel.round.times.released_at, panel.round.now
    if at is None:
        raise ValueError("this window is not released")
    settled = _whole(panel, tenant, pinned)
    corrected_at = at + timedelta(days=4, hours=1)
    right = deciding.release(panel, pinned, tenant, settled, at, corrected_at)
    standing = [one for one in settled if one.case is not right.case]
    joining.offer(
        panel, tenant, all_.compact_id, [one for one in standing if one.outcome == "accept"], at, now
    )  # fmt: skip
    joining.offer(panel, tenant, all_.compact_id, [right], corrected_at, now)
    joining.answer_back(panel, standing, at, now)
    joining.appeal(panel, standing, now - timedelta(days=2, hours=3))
