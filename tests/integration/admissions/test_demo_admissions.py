"""The demonstration's applications: a full cycle, whole in itself, written so that no two of an area read alike."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions import content, equality
from core.admissions.form.answers import tidy, unfinished
from core.admissions.measure.agreement import Level, agreement
from core.admissions.measure.design import design_of
from core.admissions.models import (
    Answer,
    AnswerRevision,
    Appeal,
    Application,
    Assessment,
    Assessor,
    Assignment,
    CalibrationCase,
    CalibrationMark,
    Conflict,
    Decision,
    DecisionFeedback,
    DecisionLetter,
    DiscussionNote,
    EqualityResponse,
    InfoRequest,
    MembershipOffer,
    PanelItem,
    PanelMeeting,
    ReleaseBatch,
    RuleProposal,
    Score,
    Submission,
    Window,
    WindowRules,
)
from core.admissions.rules import CRITERIA, Incident, Record, replay
from core.admissions.service import forms
from core.admissions.service.submitting import canonical, digest
from core.console.actions import title_of
from core.data import audit
from core.data.db import platform_scope
from core.data.session import ScopedSession
from core.demo import community, windows
from core.demo.admissions import cycle, national
from core.demo.admissions.places import SCENES
from core.demo.admissions.writing import TEXTS
from core.kernel import clock
from core.people import passwords
from core.people.models import Account

RUN = 10
"""So many words in a row that two applications of one area share are a passage that was used twice."""


@dataclass(frozen=True)
class Loaded:
    """The filled database, seen from above: {model: its rows}, and each tenant's id by slug."""

    app: Flask
    rows: Mapping[Any, list[Any]]
    at: Mapping[str, int]

    def of(self, model: Any, slug: str = "") -> list[Any]:
        return [row for row in self.rows[model] if not slug or row.tenant_id == self.at[slug]]


MODELS = (
    Account, Answer, AnswerRevision, Appeal, Application, Assessment, Assessor, Assignment, CalibrationCase, CalibrationMark,
    Conflict, Decision, DecisionFeedback, DecisionLetter, DiscussionNote, EqualityResponse, InfoRequest, MembershipOffer, PanelItem,
    PanelMeeting, ReleaseBatch, RuleProposal, Score, Submission, Window, WindowRules,
)  # fmt: skip


@pytest.fixture
def fill(app: Flask, session_for: Callable[[str], ScopedSession]) -> Callable[[], None]:
    """Fill the five areas of the cycle in an empty database, as `qplatform demo` does."""

    def filled() -> None:
        directory = app.extensions["q.directory"]
        with app.app_context(), platform_scope("command: demo") as above:
            community.load(above, directory.all())
            form = forms.ensure_first(above)
            every = national.prepare(
                above, form, app.extensions["q.rulebook"].catalogue(), app.config["Q"].secret_key,
                passwords.hasher().hash(community.PASSWORD),
            )  # fmt: skip
        for slug in SCENES:
            session = session_for(slug)
            tenant = directory.by_slug(slug)
            cycle.fill(session, tenant, windows.fill(session, tenant, form), every)
            session.rollback()

    return filled


@pytest.fixture
def loaded(app: Flask, fill: Callable[[], None], platform_session: ScopedSession) -> Iterator[Loaded]:
    """One load that every assertion of a test looks at."""
    fill()
    rows = {model: list(platform_session.scalars(sa.select(model))) for model in MODELS}
    directory = app.extensions["q.directory"]
    yield Loaded(app, rows, {slug: directory.by_slug(slug).id for slug in SCENES})
    platform_session.rollback()


def test_the_demonstration_is_a_full_cycle_and_whole(loaded: Loaded, platform_session: ScopedSession) -> None:
    """One load, looked at from every side: loading it for each would take minutes."""
    _numbers(loaded)
    _submissions_are_valid_and_hashed(loaded)
    _drafts_are_at_every_stage(loaded)
    _nobody_reads_a_passage_twice(loaded)
    _times_are_in_order(loaded)
    _proposals_are_made_again_identically(loaded)
    _panels_are_linked_and_agree_moderately(loaded)
    _the_panel_disagrees(loaded)
    _somebody_has_something_to_do(loaded)
    _what_is_held_is_held(loaded)
    _what_is_out_is_out(loaded)
    _equality_answers_lead_from_applications_alone(loaded)
    for slug in SCENES:
        assert audit.verify(platform_session, loaded.at[slug]).ok
    told = set(platform_session.scalars(sa.select(audit.AuditEntry.action).distinct()))
    assert {code for code in told if not title_of(loaded.app.extensions["q.registry"], code)} == set()


def _states(loaded: Loaded, slug: str) -> Counter[str]:
    return Counter(row.state for row in loaded.of(Application, slug))


def _numbers(loaded: Loaded) -> None:
    assert _states(loaded, "scotland") == {"draft": 33, "submitted": 25, "info_requested": 1, "withdrawn": 1}
    assert _states(loaded, "uclpartners") == {"draft": 14, "submitted": 24, "info_requested": 1, "withdrawn": 1}
    assert _states(loaded, "west-midlands") == {"submitted": 70, "not_submitted": 4, "withdrawn": 1}
    assert _states(loaded, "yorkshire-humber") == {"submitted": 60, "not_submitted": 3, "withdrawn": 1}
    out = _states(loaded, "north-west-coast")
    assert out["accepted"] + out["declined"] == 78
    assert out["accepted"] > out["declined"] > 5
    assert len(loaded.of(InfoRequest)) == 2
    assert len({row.reference for row in loaded.of(Application)}) == len(loaded.of(Application)) > 300


def _submissions_are_valid_and_hashed(loaded: Loaded) -> None:
    schema = content.first_form()
    answers: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in loaded.of(Answer):
        answers[row.application_id][row.question] = row.value
    submissions = loaded.of(Submission)
    assert len(submissions) == sum(row.submitted_at is not None for row in loaded.of(Application))
    for row in submissions:
        given = json.loads(row.answers)
        assert row.answers == canonical(given) == canonical(answers[row.application_id])
        assert row.sha256 == digest(row.answers)
        assert unfinished(schema, given) == []
        for text in given.values():
            if isinstance(text, str):
                assert text == tidy(text)
                assert not re.search(r"[{}\[\]|]", text)
    for row in loaded.of(CalibrationCase):
        assert row.sha256 == digest(row.answers)
        assert unfinished(schema, json.loads(row.answers)) == []


def _drafts_are_at_every_stage(loaded: Loaded) -> None:
    schema = content.first_form()
    drafts = [row for row in loaded.of(Application, "scotland") if row.state == "draft"]
    found: Counter[int] = Counter()
    for draft in drafts:
        given = {row.question: row.value for row in loaded.of(Answer, "scotland") if row.application_id == draft.id}
        found[len(unfinished(schema, given))] += 1
    assert len(found) >= 6
    submitted = [row.seconds for row in loaded.of(Application) if row.submitted_at is not None]
    assert 2400 <= min(submitted) < 3600
    assert 8000 < max(submitted) <= 9000
    kept = Counter((row.application_id, row.question) for row in loaded.of(AnswerRevision))
    assert all(kept[row.application_id, row.question] == row.revision for row in loaded.of(Answer))


def _nobody_reads_a_passage_twice(loaded: Loaded) -> None:
    examples = [row.value for row in loaded.of(Answer) if row.question == "example" and len(row.value) > 200]
    assert len(examples) == len(set(examples)) > 200
    for slug in SCENES:
        first: dict[tuple[str, ...], str] = {}
        for row in loaded.of(Answer, slug):
            if row.question not in TEXTS:
                continue
            words = row.value.split()
            for start in range(len(words) - RUN + 1):
                run = tuple(words[start : start + RUN])
                assert first.setdefault(run, row.application_id) == row.application_id, f"{slug}: {' '.join(run)}"


def _times_are_in_order(loaded: Loaded) -> None:
    now = clock.now()
    of_window = {row.id: row for row in loaded.of(Window)}
    applications = {row.id: row for row in loaded.of(Application)}
    for row in applications.values():
        window = of_window[row.window_id]
        assert window.opens_at <= row.created_at <= row.changed_at <= now
        if row.submitted_at is not None:
            assert row.created_at < row.submitted_at <= window.closes_at + timedelta(seconds=window.grace_seconds)
            assert row.lateness == ("on_time" if row.submitted_at <= window.closes_at else "in_grace")
    for row in loaded.of(AnswerRevision):
        assert applications[row.application_id].created_at <= row.at <= now
    assignments = {row.id: row for row in loaded.of(Assignment)}
    for row in loaded.of(Assessment):
        given = assignments[row.assignment_id]
        assert applications[row.application_id].submitted_at < given.created_at < (row.sealed_at or now) <= now
    proposed = {row.id: row.at for row in loaded.of(RuleProposal)}
    for row in loaded.of(Decision):
        assert (
            proposed[row.proposal_id] <= row.signed_at <= (row.moderated_at or now) <= (row.released_at or now) <= now
        )


def _proposals_are_made_again_identically(loaded: Loaded) -> None:
    catalogue = loaded.app.extensions["q.rulebook"].catalogue()
    for row in loaded.of(RuleProposal):
        fields = {name: getattr(row, name) for name in Record.model_fields if name != "incident"}
        incident = Incident(**row.incident) if row.incident is not None else None
        assert replay(catalogue, Record(**fields, incident=incident)).identical
        assert incident is None
        assert json.loads(row.proposal)["outcome"] == row.outcome


def _panels_are_linked_and_agree_moderately(loaded: Loaded) -> None:
    sealed = {row.id: row for row in loaded.of(Assessment) if row.sealed_at is not None and row.phase == "independent"}
    of_assessment: dict[str, list[Score]] = defaultdict(list)
    for row in loaded.of(Score):
        of_assessment[row.assessment_id].append(row)
    for row in sealed.values():
        assert sorted(score.criterion for score in of_assessment[row.id]) == sorted(CRITERIA)
        assert all(score.words or score.not_scored for score in of_assessment[row.id])
    for slug in ("west-midlands", "yorkshire-humber", "north-west-coast"):
        table: dict[str, dict[str, float]] = defaultdict(dict)
        alphas = []
        for criterion in CRITERIA:
            units: dict[str, list[float]] = defaultdict(list)
            for row in sealed.values():
                value = next(one.value for one in of_assessment[row.id] if one.criterion == criterion)
                if row.tenant_id == loaded.at[slug] and value is not None:
                    units[row.application_id].append(value)
                    table[row.application_id][row.assessor_id] = value
            alphas.append(agreement(units.values(), Level.ORDINAL, resamples=10).alpha or 0)
        assert 0.4 < sum(alphas) / len(alphas) < 0.7, (slug, alphas)
        assert len(design_of(table).components) == 1, slug


def _the_panel_disagrees(loaded: Loaded) -> None:
    [meeting] = loaded.of(PanelMeeting, "west-midlands")
    assert meeting.state == "open"
    items = loaded.of(PanelItem, "west-midlands")
    assert Counter(row.state for row in items) == {"done": 3, "now": 1, "waiting": 4}
    [split] = [row for row in items if row.state == "now"]
    marks = [row for row in loaded.of(Assessment) if row.application_id == split.application_id]
    alone = Counter(row.recommendation for row in marks if row.phase == "independent")
    assert alone == {"accept": 4, "decline": 1}
    assert [row.recommendation for row in marks if row.phase == "post_discussion"] == ["accept"]
    assert len([row for row in loaded.of(DiscussionNote) if row.application_id == split.application_id]) == 5


def _somebody_has_something_to_do(loaded: Loaded) -> None:
    accounts = {row.email: row.id for row in loaded.of(Account)}
    for slug in SCENES:
        for word in ("lead", "assessor", "organiser", "approver", "member"):
            assert f"{word}.{slug}@demo.example" in accounts
    [own] = [row.id for row in loaded.of(Assessor) if row.account_id == accounts["assessor.west-midlands@demo.example"]]
    mine = Counter(row.state for row in loaded.of(Assignment) if row.assessor_id == own)
    assert mine == {"offered": 2, "assessing": 3, "sealed": 4}
    half = [row.id for row in loaded.of(Assessment) if row.assessor_id == own and row.sealed_at is None]
    assert len(half) == 3
    assert {2, 3} >= set(Counter(row.assessment_id for row in loaded.of(Score) if row.assessment_id in half).values())
    states = Counter(row.state for row in loaded.of(Assignment, "west-midlands"))
    assert states["declared"] == 1
    assert states["recused"] >= 1
    assert states["turned_down"] >= 1
    assert states["sealed"] > 0.8 * states.total()
    assert Counter(row.state for row in loaded.of(Decision, "west-midlands")) == {"signed": 6}
    tied = loaded.of(Conflict)
    assert {row.source for row in tied} == {"declared", "derived"}
    account_of = {row.id: row.account_id for row in loaded.of(Assessor)}
    held = {
        (row.application_id, account_of[row.assessor_id]) for row in loaded.of(Assignment) if row.state != "recused"
    }
    assert not held & {(row.application_id, row.account_id) for row in tied}


def _what_is_held_is_held(loaded: Loaded) -> None:
    states = Counter(row.state for row in loaded.of(Decision, "yorkshire-humber"))
    assert states == {"held": 54, "moderated": 3, "signed": 2, "returned": 1}
    [returned] = [row for row in loaded.of(Decision, "yorkshire-humber") if row.state == "returned"]
    assert returned.moderated_by not in {None, returned.signed_by}
    assert not returned.comments, "why it was sent back is true of it"
    [batch] = loaded.of(ReleaseBatch, "yorkshire-humber")
    assert batch.state == "open"
    local = clock.london(batch.embargo_until)
    assert (local.date() - clock.today(), local.hour, local.minute) == (timedelta(days=1), 10, 0)
    assert not loaded.of(DecisionLetter, "yorkshire-humber")
    assert not loaded.of(MembershipOffer, "yorkshire-humber")


def _what_is_out_is_out(loaded: Loaded) -> None:
    slug = "north-west-coast"
    released = [row for row in loaded.of(Decision, slug) if row.state == "released"]
    outcome = {row.application_id: {"accept": "accepted", "decline": "declined"}[row.outcome] for row in released}
    assert {row.id: row.state for row in loaded.of(Application, slug) if row.id in outcome} == outcome
    [old] = [row for row in loaded.of(Decision, slug) if row.state == "superseded"]
    [new] = [row for row in released if row.supersedes_id == old.id]
    assert (old.outcome, new.outcome, new.number) == ("decline", "accept", 2)
    offers = loaded.of(MembershipOffer, slug)
    assert {row.application_id for row in offers} == {one for one, state in outcome.items() if state == "accepted"}
    found = Counter(row.state for row in offers)
    assert found["lapsed"] == 1
    assert found["refused"] >= 1
    assert found["joined"] > found["offered"] > 5
    [appeal] = loaded.of(Appeal, slug)
    assert outcome[appeal.application_id] == "declined"
    [decided] = [row for row in released if row.id == appeal.decision_id]
    [second] = [row.id for row in loaded.of(Account) if row.email == "central2@demo.example"]
    assert second not in {decided.signed_by, decided.moderated_by}, "somebody can answer the appeal"
    assert 20 < len(loaded.of(DecisionFeedback, slug)) < 60
    assert Counter(row.decision_id for row in loaded.of(DecisionLetter)).keys() == {
        row.id for row in loaded.of(Decision, slug)
    }
    assert {row.locale for row in loaded.of(DecisionLetter)} == {"en", "cy"}
    assert all(row.moderated_by not in {None, row.signed_by} for row in released)


def _equality_answers_lead_from_applications_alone(loaded: Loaded) -> None:
    key = loaded.app.config["Q"].secret_key
    links = {equality.link(key, row.id) for row in loaded.of(Application) if row.submitted_at is not None}
    answered = {row.link for row in loaded.of(EqualityResponse)}
    assert answered < links
    assert len(answered) > 0.8 * len(links)
    for row in loaded.of(EqualityResponse):
        asked = content.equality().question(row.question)
        assert asked is not None
        assert asked.parent_of(row.nation, row.category) == row.parent
