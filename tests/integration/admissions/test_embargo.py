"""The embargo: nothing that an applicant gets depends on assessments or decisions before the release, and a machine of
events through the services keeps to the table of states."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.admissions.models import Application, Decision, ReleaseBatch
from core.admissions.personal import applying as personal
from core.admissions.queries import public
from core.admissions.service import batches, deciding, moderating
from core.admissions.service.deciding import Wish
from core.admissions.states import DECISION
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import DomainError
from core.kernel.ids import new_token
from core.tenancy import shelf
from core.work.models import Mail
from tests.factories.assessing import make_assessment, make_assessor, make_assignment, make_panel, make_proposal
from tests.factories.people import client_of, make_person
from tests.integration.admissions.deciding_rig import Rig, quick_people
from tests.support.app_fixtures import FrozenClock
from tests.support.client import FormClient

EVENTS = ("assess", "propose", "panel", "sign", "sign_other", "moderate", "return", "hold", "unhold", "cancel")
QUICK = (Phase.explicit, Phase.generate)
"""Without shrinking, which would take minutes over a database; the events of a failure are printed as they are."""
MADE_ANEW = re.compile(r'value="[^"]{20,}"|nonce="[^"]*"|content="[^"]{40,}"')
"""What a page has anew each time: tokens, one-use keys and nonces."""


class Now(NamedTuple):
    """A decision as it stands."""

    id: str
    state: str
    outcome: str
    version: int


@dataclass
class Events:
    """What happens to one application on the side that its applicant does not see. `coin` hides in every outcome."""

    rig: Rig
    application: str
    coin: str = "accept"
    batch: str = ""
    done: list[str] = field(default_factory=list)

    def newest(self) -> Now | None:
        """The last decision about the application."""
        self.rig.session.rollback()
        query = sa.select(Decision.id, Decision.state, Decision.outcome, Decision.version)
        query = query.where(Decision.application_id == self.application).order_by(Decision.number.desc())
        row = self.rig.session.execute(query.limit(1)).one_or_none()
        return Now(*row) if row is not None else None

    def run(self, event: str) -> str | None:
        """Do it through the services where it is one of theirs; the state of the newest decision then, None for none."""
        before = self.newest()
        try:
            getattr(self, f"_{event}")(before)
        except DomainError:
            now = self.newest()
            assert now is None or before is None or (now.id, now.state) == (before.id, before.state)
            return before.state if before is not None else None
        after = self.newest()
        self._check(event, before, after)
        self.done.append(event)
        return after.state if after is not None else None

    def _check(self, event: str, before: Now | None, after: Now | None) -> None:
        """What was done is in the table of states."""
        if after is None or before is None or after.id != before.id:
            assert after is None or after.state == DECISION.initial
        elif after.state != before.state:
            steps = {"cancel": "unhold"}
            assert DECISION.target(steps.get(event, event), before.state) == after.state

    def _assess(self, _: Now | None) -> None:
        assessor = make_assessor(
            self.rig.session, quick_people(self.rig.session, [f"a{new_token()[:8].lower()}"]).popitem()[1]
        )
        make_assessment(
            self.rig.session,
            make_assignment(self.rig.session, self.application, assessor),
            4 if self.coin == "accept" else 1,
        )

    def _propose(self, _: Now | None) -> None:
        make_proposal(self.rig.session, self.application, self.coin)

    def _panel(self, _: Now | None) -> None:
        make_panel(self.rig.session, self.rig.window_id, {self.application: self.coin})

    def _sign(self, _: Now | None) -> None:
        self.rig.sign(self.application)

    def _sign_other(self, _: Now | None) -> None:
        outcome = "decline" if self.coin == "accept" else "accept"
        comments = {"experience": {"en": self.coin, "cy": self.coin}}
        self.rig.sign(self.application, Wish(outcome, "scores", self.coin, comments))

    def _moderate(self, now: Now | None) -> None:
        if now is not None:
            moderating.moderate(self.rig.session, self.rig.central, {now.id: now.version})

    def _return(self, now: Now | None) -> None:
        if now is not None:
            moderating.send_back(self.rig.session, self.rig.second, now.id, now.version, self.coin)

    def _hold(self, now: Now | None) -> None:
        if now is not None:
            if not self.batch:
                self.batch = batches.begin(
                    self.rig.session,
                    self.rig.lead,
                    self.rig.window_id,
                    name=self.coin,
                    embargo_until=None,
                    key=new_token(),
                )
            batches.hold(self.rig.session, self.rig.lead, self.batch, self._version(), [now.id])

    def _unhold(self, now: Now | None) -> None:
        if now is not None and self.batch:
            batches.unhold(self.rig.session, self.rig.lead, self.batch, self._version(), [now.id])

    def _cancel(self, _: Now | None) -> None:
        if self.batch:
            batches.cancel(self.rig.session, self.rig.lead, self.batch, self._version())
            self.batch = ""

    def _version(self) -> int:
        found = sa.select(ReleaseBatch.version).where(ReleaseBatch.id == self.batch)
        return self.rig.session.execute(found).scalar_one()


@pytest.fixture
def rig(session_for: Callable[[str], ScopedSession], frozen_clock: FrozenClock) -> Rig:
    assert frozen_clock
    return Rig(session_for("scotland"))


@pytest.fixture
def ann(app: Flask, rig: Rig) -> FormClient:
    """The applicant, signed in."""
    rig.people["ann"] = make_person(app, "ann@example.org", name="Ann")
    return client_of(app, rig.people["ann"])


def _told(rig: Rig, client: FormClient, application: str) -> list[object]:
    """Everything that an applicant can get: the projection, their pages, their data, their cards and their mail."""
    session, account_id = rig.session, rig.people["ann"]
    session.rollback()
    pages = []
    for path in (
        f"{application}/",
        f"{application}/decision",
        f"{application}/appeal",
        f"{application}/appeal/withdraw",
        f"{application}/withdraw",
        "mine",
    ):
        answer = client.get(f"/scotland/apply/{path}")
        pages.append((answer.status_code, MADE_ANEW.sub("", answer.text)))
    items = [(one.status, one.needs_action, one.path) for one in shelf.items(session, account_id)]
    mails = session.scalars(sa.select(Mail.subject).where(Mail.account_id == account_id)).all()
    return [
        public.mine(session, application, account_id), *pages, MADE_ANEW.sub("", client.get("/scotland/me/items").text),
        list(personal.export(session, account_id)), items, list(mails),
    ]  # fmt: skip


@settings(max_examples=5, deadline=None, phases=QUICK, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(st.sampled_from(EVENTS), min_size=4, max_size=12), coin=st.sampled_from(["accept", "decline"]))
def test_public_projection_is_independent_of_assessments_and_decisions_until_release(
    rig: Rig, ann: FormClient, events: list[str], coin: str
) -> None:
    """Acceptance test 1 of the anchors: whatever happens short of a release, with a coin hidden in every outcome, what the
    applicant gets is what it was before any of it happened."""
    application = rig.applicant("ann", "")
    try:
        before = _told(rig, ann, application)
        hidden = Events(rig, application, coin)
        for event in ["propose", *events, "sign", "moderate", "hold"]:
            hidden.run(event)
        assert _told(rig, ann, application) == before
    finally:
        _withdraw(rig, application)  # makes room for the next example's: one live application in a window


def _withdraw(rig: Rig, application: str) -> None:
    rig.session.rollback()
    with transaction(rig.session):
        rig.session.execute(sa.update(Application).where(Application.id == application).values(state="withdrawn"))


def test_the_comparison_notices_a_release(rig: Rig, ann: FormClient) -> None:
    """The negative control: after a release nearly everything differs."""
    application = rig.applicant("ann")
    before = _told(rig, ann, application)
    rig.released(application)
    after = _told(rig, ann, application)
    assert sum(one != other for one, other in zip(before, after, strict=True)) >= 5


@settings(max_examples=8, deadline=None, phases=QUICK, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(st.sampled_from((*EVENTS, "release", "correct")), min_size=6, max_size=16))
def test_any_order_of_events_keeps_to_the_table(rig: Rig, events: list[str]) -> None:
    """Through the services, whatever is tried in whatever order: each change of state is one of the table, there is at most
    one decision under way and one released, and what is refused changes nothing."""
    name = f"p{new_token()[:10].lower()}"
    machine = Machine(rig, rig.applicant(name))
    for event in ["sign", *events]:
        machine.run(event)
        states = list(
            rig.session.scalars(sa.select(Decision.state).where(Decision.application_id == machine.application))
        )
        assert sum(state in {"signed", "moderated", "held"} for state in states) <= 1
        assert states.count("released") <= 1


class Machine(Events):
    """The same with releases and corrections."""

    def _release(self, now: Now | None) -> None:
        if now is not None and self.batch:
            self.rig.release(self.batch)
            self.batch = ""

    def _correct(self, now: Now | None) -> None:
        if now is not None:
            wish = Wish("decline" if now.outcome == "accept" else "accept", "scores", "why")
            deciding.correct(
                self.rig.session, self.rig.lead, self.rig.window_id, self.application, wish, new_token()
            )  # fmt: skip


def test_the_clock_alone_moves_what_is_told(rig: Rig, ann: FormClient) -> None:
    application = rig.applicant("ann")
    told = public.mine(rig.session, application, rig.people["ann"]).status
    assert told.stage.value == "assessing"
    assert told.expected_by is not None
    assert told.expected_by > clock.now()
    assert "Being assessed" in ann.get(f"/scotland/apply/{application}/").text
