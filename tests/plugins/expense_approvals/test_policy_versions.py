"""The policy's versions in the database: never changed once published, two times for every question, and what a site adds."""

from collections import Counter
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from core.config import normalise_url
from core.kernel import clock
from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.sdk import Conflict, Forbidden, Invalid, NotFound, Refused, ScopedSession
from plugins.expense_approvals.models import PolicyVersion, SiteRules
from plugins.expense_approvals.policy import illustrative
from plugins.expense_approvals.policy.canonical import sha256
from plugins.expense_approvals.policy.rules import Cap, Policy
from plugins.expense_approvals.policy.tightening import ONE_RULE
from plugins.expense_approvals.queries import past
from plugins.expense_approvals.queries import policies as reading
from plugins.expense_approvals.service import policies, site_rules
from tests.plugins.expense_approvals.helpers import APPROVER, LEAD, activity, agree, asked, cost, opened, visitor
from tests.support.racing import together

CENTRAL = visitor(Role.CENTRAL_TEAM)
TODAY = clock.today()
SHIPPED = len(illustrative.versions())


def lunch_at_most(policy: Policy, pence: int, *, examples: bool = False) -> Policy:
    """The policy with another cap for lunches, and without the examples that say otherwise."""
    rules = [
        one.model_copy(update={"amounts": {"": pence}}) if one.key == "lunch_most" else one for one in policy.rules
    ]
    kept = policy.examples if examples else [one for one in policy.examples if one.category != "lunch"]
    return policy.model_copy(update={"rules": tuple(rules), "examples": tuple(kept)})


def drafted(session: ScopedSession, pence: int = 700, *, examples: bool = False) -> str:
    """A draft with another cap for lunches."""
    made = policies.draft_from(session, SHIPPED, CENTRAL, new_token())
    draft = reading.draft(session, made)
    policies.save(session, made, draft.version, lunch_at_most(draft.policy, pence, examples=examples), CENTRAL)
    return made


def published(session: ScopedSession, on: date = TODAY, pence: int = 700) -> int:
    made = drafted(session, pence)
    return policies.publish(session, made, reading.draft(session, made).version, on, "Prices fell.", CENTRAL)


def lunch_on(session: ScopedSession, day: date, at=None) -> int:
    return amounts(reading.known(session, at)(day), "lunch_most")[0]


def amounts(policy: Policy | None, key: str) -> list[int]:
    """What the caps of that name allow outside London."""
    assert policy is not None
    return [rule.amounts[""] for rule in policy.rules if isinstance(rule, Cap) and rule.key == key]


def test_the_platform_comes_with_the_illustrative_versions_marked_as_such(session):
    found = reading.versions(session)
    assert found == illustrative.versions()
    assert all(one.policy.illustrative for one in found)
    assert [one.sha256 for one in reading.published(session)] == [sha256(one.policy) for one in reversed(found)]


def test_a_draft_is_edited_published_and_holds_from_its_day(session):
    before = clock.now()
    assert published(session, TODAY + timedelta(days=3)) == SHIPPED + 1
    assert lunch_on(session, TODAY + timedelta(days=2)) == 800
    assert lunch_on(session, TODAY + timedelta(days=3)) == 700
    assert lunch_on(session, TODAY + timedelta(days=3), before) == 800, "as it was known before"
    assert not reading.one(session, SHIPPED + 1).policy.illustrative
    assert reading.drafts(session) == []


def test_a_late_change_holds_from_a_day_that_is_over_and_rewrites_no_answer_from_before(session):
    before = clock.now()
    published(session, TODAY - timedelta(days=40))
    assert (lunch_on(session, TODAY), lunch_on(session, TODAY, before)) == (700, 800)
    assert lunch_on(session, TODAY - timedelta(days=41)) == 800


def test_a_version_is_never_known_before_the_one_with_the_number_before_it(session):
    with clock.frozen(clock.now() + timedelta(hours=5)):
        published(session, pence=700)
    published(session, pence=600)
    newest, older = reading.published(session)[:2]
    assert newest.published_at == older.published_at
    found = reading.known(session, newest.published_at).version_on(TODAY)
    assert (found.number if found else 0) == newest.number


@pytest.mark.parametrize("change", ["update", "delete"])
@pytest.mark.parametrize("table", [PolicyVersion, SiteRules])
def test_invariant_what_is_published_never_changes(session, table, change):
    added(session)
    note = table.note
    statement = sa.update(table).values(note="other") if change == "update" else sa.delete(table)
    with pytest.raises(DBAPIError, match="never changed"):
        session.execute(statement.where(note != "draft"))
    session.rollback()


def test_invariant_no_published_version_goes_back_to_being_a_draft(session):
    values = {"state": "draft", "number": None, "published_at": None, "effective_from": None}
    with pytest.raises(DBAPIError, match="never changed"):
        session.execute(sa.update(PolicyVersion).values(**values))
    session.rollback()


def test_nothing_is_published_while_an_example_comes_out_otherwise(session):
    made = drafted(session, examples=True)
    with pytest.raises(Refused, match="example"):
        policies.publish(session, made, 2, TODAY, "Prices fell.", CENTRAL)
    assert reading.draft(session, made).version == 2, "the draft is as it was"
    policies.save(session, made, 2, reading.draft(session, made).policy.model_copy(update={"examples": ()}), CENTRAL)
    with pytest.raises(Refused, match="at least one"):
        policies.publish(session, made, 3, TODAY, "Prices fell.", CENTRAL)


def test_what_cannot_be_published_is_refused_with_the_reason(session):
    made = drafted(session)
    for day, note, wrong in (
        (date(2011, 4, 5), "why", {"effective_from"}),
        (TODAY + timedelta(days=800), "why", {"effective_from"}),
        (TODAY, " ", {"note"}),
        (TODAY, "x" * 501, {"note"}),
    ):
        with pytest.raises(Invalid) as caught:
            policies.publish(session, made, 2, day, note, CENTRAL)
        assert set(caught.value.field_errors) == wrong
    draft = reading.draft(session, made)
    rule = ONE_RULE.validate_python(
        {"key": "site_a", "kind": "prohibited", "category": "taxi", "words": {"en": "x", "cy": "y"}}
    )
    policies.save(session, made, 2, draft.policy.model_copy(update={"rules": (*draft.policy.rules, rule)}), CENTRAL)
    with pytest.raises(Refused, match="site_"):
        policies.publish(session, made, 3, TODAY, "why", CENTRAL)
    number = published(session)
    again = policies.draft_from(session, number, CENTRAL, new_token())
    with pytest.raises(Refused, match="Nothing differs"):
        policies.publish(session, again, 1, TODAY, "why", CENTRAL)


def test_a_draft_changed_meanwhile_is_a_conflict_and_a_published_one_is_gone(session):
    made = drafted(session)
    policy = reading.draft(session, made).policy
    for step in (
        lambda: policies.save(session, made, 1, policy, CENTRAL),
        lambda: policies.publish(session, made, 1, TODAY, "why", CENTRAL),
        lambda: policies.discard(session, made, 1, CENTRAL),
    ):
        with pytest.raises(Conflict):
            step()
    policies.publish(session, made, 2, TODAY, "why", CENTRAL)
    with pytest.raises(Conflict):
        policies.save(session, made, 3, policy, CENTRAL)
    with pytest.raises(NotFound):
        reading.draft(session, made)
    with pytest.raises(NotFound):
        policies.discard(session, "nothing", 1, CENTRAL)


def test_a_draft_goes_away_and_is_begun_once_for_one_form(session):
    key = new_token()
    made = policies.draft_from(session, 1, CENTRAL, key)
    assert policies.draft_from(session, 1, CENTRAL, key) == made
    assert reading.draft(session, made).policy.illustrative is False
    policies.discard(session, made, 1, CENTRAL)
    assert reading.drafts(session) == []


@pytest.mark.parametrize("who", [LEAD, APPROVER, visitor()])
def test_only_the_central_team_touches_the_national_policy(session, who):
    made = drafted(session)
    policy = reading.draft(session, made).policy
    for step in (
        lambda: policies.draft_from(session, 1, who, new_token()),
        lambda: policies.save(session, made, 2, policy, who),
        lambda: policies.publish(session, made, 2, TODAY, "why", who),
        lambda: policies.discard(session, made, 2, who),
    ):
        with pytest.raises(Forbidden):
            step()


def cap(pence: int, key: str = "site_lunch"):
    words = {"en": "Lunch for less.", "cy": "Cinio am lai."}
    return ONE_RULE.validate_python(
        {"key": key, "kind": "cap", "category": "lunch", "per": "unit", "amounts": {"": pence}, "words": words}
    )


def added(session: ScopedSession, pence: int = 600, *, after: int = 0, on: date = TODAY, who=LEAD) -> int:
    return site_rules.publish(session, after, [cap(pence)], on, "The canteen is cheap.", who, new_token())


def test_a_sites_rules_hold_there_from_their_day_and_nowhere_else(session, session_for):
    assert added(session, on=TODAY + timedelta(days=2)) == 1
    there = reading.local(session)
    found = [amounts(there(TODAY + timedelta(days=ahead)), "site_lunch") for ahead in (1, 2)]
    assert found == [[], [600]]
    elsewhere = reading.local(session_for("wales"))
    assert elsewhere.site == ()


def test_a_sites_next_rules_take_the_place_of_the_ones_before_from_their_day(session):
    added(session)
    before = clock.now()
    assert added(session, 500, after=1) == 2
    assert amounts(reading.local(session)(TODAY), "site_lunch") == [500]
    assert amounts(reading.local(session, before)(TODAY), "site_lunch") == [600]
    assert site_rules.publish(session, 2, [], TODAY, "No more.", LEAD, new_token()) == 3
    assert reading.local(session).rules_on(TODAY) == ()
    with pytest.raises(Conflict):
        added(session, 400, after=2)
    with pytest.raises(Refused, match="Nothing differs"):
        site_rules.publish(session, 3, [], TODAY, "No more.", LEAD, new_token())


@pytest.mark.parametrize(
    ("rule", "day", "note", "field"),
    [
        (cap(900), 0, "why", "text"),
        (cap(600, "lunch_less"), 0, "why", "text"),
        (cap(600), -1, "why", "effective_from"),
        (cap(600), 400, "why", "effective_from"),
        (cap(600), 0, "", "note"),
    ],
)
def test_a_site_never_loosens_nor_goes_back_in_time(session, rule, day, note, field):
    with pytest.raises(Invalid) as caught:
        site_rules.publish(session, 0, [rule], TODAY + timedelta(days=day), note, LEAD, new_token())
    assert set(caught.value.field_errors) == {field}
    assert reading.site_versions(session) == ()


def test_only_a_lead_or_the_central_team_adds_rules(session):
    for who in (APPROVER, visitor()):
        with pytest.raises(Forbidden):
            added(session, who=who)


def test_versions_are_read_in_as_many_statements_however_many_there_are(session, statements):
    published(session)
    reading.versions(session)
    with statements() as few:
        reading.local(session)
    published(session, pence=600)
    published(session, pence=500)
    reading.versions(session)
    with statements() as more:
        reading.local(session)
    assert len(few) == len(more) == 2


def test_a_dry_run_reads_what_was_asked_for_at_this_site(session, session_for):
    activity_id = activity(session, opened(session))
    made = asked(session, activity_id, visitor(), cost("a", 940, category="lunch"), cost("b", 350))
    agree(session, made)
    found = past.asked_since(session, clock.now() - timedelta(days=1))
    assert [(one.ref, sum(one.approved.values())) for one in found] == [(made, 1150)]
    assert [(line.category, line.pence) for line in found[0].lines] == [("lunch", 940), ("coach", 350)]
    assert past.asked_since(session, clock.now() + timedelta(days=1)) == []
    assert past.asked_since(session_for("wales"), clock.now() - timedelta(days=1)) == []


def test_of_two_processes_that_publish_the_same_draft_one_does(shared, other_database):
    """Sixteen times one draft, and beside it fifteen other drafts: each number once, and the first draft once."""
    made = drafted(shared)
    others = [drafted(shared, 500 + n) for n in range(7)]
    shared.rollback()
    job = {
        "url": normalise_url(other_database.app_url),
        "tenant": shared.scope.tenant_id,
        "way": "publish",
        "threads": 4,
    }
    ids = [made] * 9 + others
    told = together("tests.plugins.expense_approvals.race", {**job, "ids": ids[::2]}, {**job, "ids": ids[1::2]})
    assert [error for one in told for error in one["errors"]] == []
    counted = sum((Counter(one["told"]) for one in told), Counter())
    shared.rollback()
    numbers = [one.number for one in reading.published(shared)]
    assert sorted(numbers) == list(range(1, SHIPPED + counted["published"] + 1))
    assert counted["published"] + len(reading.drafts(shared)) == 8
    assert counted["published"] + counted["Conflict"] == 16
    with pytest.raises(NotFound):
        reading.draft(shared, made)
