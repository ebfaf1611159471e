"""The demonstration's expenses: written in bulk, and the same as if people had taken every step."""

from collections import Counter

import sqlalchemy as sa

from core.data.session import transaction
from core.demo import community
from core.kernel.permissions import Role
from core.sdk import Person
from plugins.expense_approvals import demonstration
from plugins.expense_approvals.claims import examples
from plugins.expense_approvals.demonstration_stories import STORIES
from plugins.expense_approvals.models import Budget, Claim, ClaimRevision, Preapproval, Receipt, YearMiles
from plugins.expense_approvals.queries import claims, policies
from plugins.expense_approvals.service.weighing import hash_of
from plugins.expense_approvals.states import CLAIM, PREAPPROVAL
from tests.factories.people import make_person
from tests.plugins.expense_approvals.claimed import CHECKER, approve, check
from tests.plugins.expense_approvals.helpers import sums

UNLIKE = {"revoked"}
"""A state of which no story is told."""


def test_every_step_is_shown_and_adds_up_as_if_people_had_taken_it(app, app_context, session, scotland):
    grants = {"approver": Role.EXPENSE_APPROVER, "lead": Role.PARTNER_LEAD}
    for who, role in grants.items():
        make_person(app, f"{who}.scotland@demo.example", grants=((role, "scotland"),))
    people = [Person(make_person(app, f"p{n}@example.org"), "P", f"p{n}@example.org") for n in range(len(STORIES) + 1)]
    with transaction(session):
        demonstration.fill(session, scotland, people)

    shown = Counter(session.scalars(sa.select(Preapproval.state)))
    assert set(shown) == PREAPPROVAL.states - {"new"} - UNLIKE
    assert set(session.scalars(sa.select(Claim.state))) == {
        "draft", "submitted", "queried", "checked", "approved", "part_approved", "rejected", "paid",
    }  # fmt: skip
    assert session.scalar(sa.select(sa.func.count(Claim.id)).where(Claim.referred.is_(True))) >= 1
    for budget_id in session.scalars(sa.select(Budget.id)).all():
        assert sums(session, budget_id).add_up
    for made_id, sha256 in session.execute(sa.select(ClaimRevision.claim_id, ClaimRevision.sha256)).all():
        made = claims.one(session, made_id, CHECKER)
        assert sha256 == hash_of(made, 1, claims.lines(session, made_id), claims.proofs(session, made_id))
        steps = claims.steps(session, made_id)
        assert (steps[-1].state, [one.at for one in steps]) == (made.state, sorted(one.at for one in steps))
        assert set(CLAIM.states) >= {one.state for one in steps}
    assert session.scalar(sa.select(sa.func.count(YearMiles.id))) > 0
    assert session.scalar(sa.select(sa.func.count(Receipt.id))) > len(STORIES)
    assert session.scalar(sa.select(sa.func.count()).select_from(Claim).where(Claim.state == "paid")) >= 5

    waiting = session.scalars(sa.select(Claim.id).where(Claim.state == "submitted", Claim.referred.is_(False))).first()
    check(session, waiting)
    approve(session, waiting)
    assert claims.one(session, waiting, CHECKER).state == "approved"


def test_the_uk_site_has_a_draft_that_changes_something(app_context, session_for, app):
    uk, tenant = session_for("uk"), app.extensions["q.directory"].by_slug("uk").ref()
    with transaction(uk):
        demonstration.fill(uk, tenant, [Person("c" * 26, "Cen", "central@demo.example")])
    (draft,) = policies.drafts(uk)
    began = policies.one(uk, draft.based_on).policy
    assert [one.key for one, other in zip(began.rules, draft.policy.rules, strict=True) if one != other] == [
        "lunch_most"
    ]
    assert all(outcome.right for outcome in examples.run(draft.policy))
    assert uk.scalar(sa.select(sa.func.count(Preapproval.id))) == 0


def test_nobody_is_made_up_where_nobody_could_decide(app_context, session, scotland):
    with transaction(session):
        demonstration.fill(session, scotland, [Person("x", "X", "x@example.org")])
    assert session.scalar(sa.select(sa.func.count(Preapproval.id))) == 0


def test_sites_of_the_demonstration_have_every_plugin_on(app, session_for):
    directory, registry = app.extensions["q.directory"], app.extensions["q.registry"]
    for slug in (*community.SHOWS_ALL, "wessex"):
        session = session_for(slug)
        community.switch_on(session, directory.by_slug(slug), registry)
        now = directory.current(session, directory.by_slug(slug).id)
        session.rollback()
        assert ("expense_approvals" in now.enabled) == (slug in community.SHOWS_ALL)
