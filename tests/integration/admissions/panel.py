"""A panel at Scotland's site: a window, applications, assessors, a lead and the central team."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask

from core.admissions import scoring
from core.admissions.content.shapes import CRITERIA
from core.admissions.models import Submission
from core.admissions.queries import assessing
from core.admissions.queries.assessing import INDEPENDENT, Task, Work
from core.admissions.service import declaring
from core.admissions.service import scoring as service
from core.admissions.service.drafts import Wish
from core.admissions.service.submitting import canonical, digest
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import ROLE_PERMISSIONS, Role
from core.kernel.views import Actor
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import ANSWERS, make_assessor, make_assignment, make_policy, make_rules, make_submitted
from tests.factories.people import make_person


def filled_in(session: ScopedSession, actor: Actor, assignment_id: str) -> None:
    """Type something into every field of scores that are not sealed yet."""
    task = assessing.task(session, actor.account_id, assignment_id)
    work = assessing.current(assessing.works(session, task), INDEPENDENT)
    assert work is not None
    draft = dict.fromkeys(CRITERIA, "3") | {scoring.reason_of(key): "As the answer shows." for key in CRITERIA}
    service.save(session, actor, work, {key: Wish(text, 0) for key, text in draft.items()})


def submitted_again(
    session: ScopedSession, application_id: str, form_id: str, answers: Mapping[str, Any] = ANSWERS
) -> str:
    """A second version of an application; its id."""
    submission_id, text = new_id(), canonical(answers)
    row = {
        "id": submission_id, "tenant_id": session.scope.tenant_id, "application_id": application_id, "number": 2,
        "form_version_id": form_id, "locale": "en", "answers": text, "sha256": digest(text), "lateness": "on_time",
        "at": clock.now(),
    }  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(Submission), [row])
    return submission_id


@dataclass
class Panel:
    """Everybody and everything that a test needs; `assessors` maps a name to (account, assessor)."""

    app: Flask
    session: ScopedSession
    form_id: str = ""
    window_id: str = ""
    lead: Actor = field(default=Actor(None, ""))
    central: Actor = field(default=Actor(None, ""))
    assessors: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.form_id = make_form(self.session)
        self.window_id = make_window(self.session, self.form_id, -40, -10)
        self.lead = self.person("lead", Role.PARTNER_LEAD)
        self.central = self.person("central", Role.CENTRAL_TEAM, "uk")

    def blind(self, how: str) -> None:
        """How blind the window's assessors are."""
        make_rules(self.session, self.window_id, make_policy(self.session), blindness=how)

    def person(self, name: str, role: Role | None = None, at: str = "scotland") -> Actor:
        """Somebody with a role, as services know them."""
        account_id = make_person(
            self.app, f"{name}@example.org", name=f"{name.title()} Person", grants=[(role, at)] if role else []
        )
        return Actor(account_id, name, permissions=ROLE_PERMISSIONS[role] if role else frozenset())

    def assessor(self, name: str, **changes: Any) -> Actor:
        """An assessor of the panel."""
        actor = self.person(name, Role.ASSESSOR)
        self.assessors[name] = (str(actor.account_id), make_assessor(self.session, str(actor.account_id), **changes))
        return actor

    def application(self, name: str, answers: Mapping[str, Any] | None = None, **changes: Any) -> str:
        """A submitted application of somebody."""
        account_id = make_person(self.app, f"{name}@example.org", name=f"{name.title()} Applicant")
        given = {"answers": answers} if answers is not None else {}
        return make_submitted(self.session, self.window_id, self.form_id, account_id, **given, **changes)

    def again(self, application_id: str, story: str) -> str:
        """A second version of an application, with another story; its id."""
        return submitted_again(self.session, application_id, self.form_id, {"job": "Nurse", "story": story})

    def give(self, application_id: str, name: str, state: str = "offered", **changes: Any) -> str:
        """Give an application to an assessor."""
        return make_assignment(self.session, application_id, self.assessors[name][1], state, **changes)

    def task(self, actor: Actor, assignment_id: str) -> Task:
        """An assignment as its assessor has it."""
        self.session.rollback()
        return assessing.task(self.session, actor.account_id, assignment_id)

    def work(self, actor: Actor, assignment_id: str, phase: str = INDEPENDENT) -> Work:
        """The last assessment of an assignment."""
        found = assessing.current(assessing.works(self.session, self.task(actor, assignment_id)), phase)
        assert found is not None
        return found

    def declare(self, actor: Actor, assignment_id: str, level: str = "none", words: str = "") -> str:
        """Declare as the assessor."""
        version = self.task(actor, assignment_id).version
        return declaring.declare(self.session, actor, assignment_id, version, level=level, words=words, key=new_token())

    def score(
        self, actor: Actor, assignment_id: str, values: Mapping[str, int | None] | int = 3, phase: str = INDEPENDENT
    ) -> None:
        """Fill in every field."""
        work = self.work(actor, assignment_id, phase)
        given = dict.fromkeys(CRITERIA, values) if isinstance(values, int) else values
        draft = {key: scoring.UNABLE if value is None else str(value) for key, value in given.items()}
        draft |= {scoring.reason_of(key): f"{actor.name} says why." for key in given}
        wishes = {key: Wish(text, work.draft[key].revision if key in work.draft else 0) for key, text in draft.items()}
        assert not service.save(self.session, actor, work, wishes).lost

    def seal(self, actor: Actor, assignment_id: str, phase: str = INDEPENDENT) -> None:
        """Seal what was filled in."""
        work = self.work(actor, assignment_id, phase)
        checked = scoring.digest(work.values, work.submission_id)
        service.seal(self.session, actor, self.task(actor, assignment_id), work, checked)

    def sealed(self, name: str, application_id: str, values: Mapping[str, int | None] | int = 3) -> tuple[Actor, str]:
        """A new assessor who has declared, scored and sealed."""
        actor = self.assessor(name)
        assignment_id = self.give(application_id, name)
        self.declare(actor, assignment_id)
        self.score(actor, assignment_id, values)
        self.seal(actor, assignment_id)
        return actor, assignment_id
