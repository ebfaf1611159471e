"""The demonstration's expenses: written in bulk, and the same as if people had taken every step."""

from collections import Counter

import sqlalchemy as sa

from core.data.session import transaction
from core.demo import community
from core.kernel.permissions import Role
from core.sdk import Person, person_by_email, sealer
from core.tenancy.models import ShelfItem
from plugins.expense_approvals import demonstration, figures
from plugins.expense_approvals.claims import examples
from plugins.expense_approvals.demonstration_stories import STORIES
from plugins.expense_approvals.models import Budget, Claim, ClaimRevision, Payment, Preapproval, Receipt, YearMiles
from plugins.expense_approvals.queries import claims, payments, policies
from plugins.expense_approvals.queries import figures as queries
from plugins.expense_approvals.service import batches, paying
from plugins.expense_approvals.service.cards import ABOUT_CLAIM, ABOUT_COSTS, UNSENT
from plugins.expense_approvals.service.weighing import hash_of
from plugins.expense_approvals.states import CLAIM, PREAPPROVAL
from plugins.expense_approvals.years import year_of
from tests.factories.people import make_person
from tests.plugins.expense_approvals.claimed import CHECKER, approve, check, unheard
from tests.plugins.expense_approvals.helpers import sums
from tests.plugins.expense_approvals.paid import PREPARER

UNLIKE = {"revoked"}
"""A state of which no story is told."""


def test_every_step_is_shown_and_adds_up_as_if_people_had_taken_it(app, app_context, session, scotland):
    grants = {"approver": Role.EXPENSE_APPROVER, "lead": Role.PARTNER_LEAD}
    for who, role in grants.items():
        make_person(app, f"{who}.scotland@demo.example", grants=((role, "scotland"),))
    make_person(app, "central@demo.example")
    people = [Person(make_person(app, f"p{n}@example.org"), "P", f"p{n}@example.org") for n in range(len(STORIES) + 1)]
    with transaction(session):
        demonstration.fill(session, scotland, people)

    shown = Counter(session.scalars(sa.select(Preapproval.state)))
    assert set(shown) == PREAPPROVAL.states - {"new"} - UNLIKE
    assert set(session.scalars(sa.select(Claim.state))) == {
        "draft", "submitted", "queried", "checked", "first_approved", "approved", "part_approved", "rejected", "batched",
        "paid",
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

    needed = Counter(
        session.scalars(
            sa.select(ShelfItem.status).where(ShelfItem.plugin == "expense_approvals", ShelfItem.needs_action)
        )
    )
    assert needed == {ABOUT_COSTS: 1, ABOUT_CLAIM: 1, UNSENT: 1}

    three = payments.all_of_site(session)
    assert [(one.state, one.payments) for one in three] == [("prepared", 1), ("settled", 3), ("settled", 3)]
    found = [person_by_email(session, f"{who}@demo.example") for who in ("lead.scotland", "central")]
    lead, central = (one.account_id for one in found if one is not None)
    assert [(one.prepared_by, one.released_by) for one in three] == [(central, None), (lead, central), (lead, central)]
    again = Counter(session.scalars(sa.select(Payment.source_id).where(Payment.state != "waiting")))
    (bounced,) = (one for one, times in again.items() if times == 2)
    events = [one.event for one in claims.steps(session, bounced)]
    assert events[-6:] == ["batch", "export", "bounce", "batch", "export", "pay"]
    held = Counter(one.why for one in paying.outlook(session, PREPARER))
    assert held == {"": 1, "no_account": 1}
    ended = payments.all_of_site(session)[-1]
    with app.app_context():
        file = batches.export(session, ended.id, "pain001", PREPARER, seal=sealer(batches.PURPOSE), tell=paying.life(PREPARER, unheard))  # fmt: skip
    assert file.sha256 == ended.hashes["pain001"]
    assert ended.released_at is not None
    paid_in = figures.to_pay(queries.timed(session, year_of(ended.released_at.date())))
    assert (len(paid_in), max(paid_in) < 80) == (5, True), "the longest is the one that was sent back"

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
