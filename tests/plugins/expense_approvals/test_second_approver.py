"""A second approver above a sum that the site sets: who it can be, what they can do, and that every change begins anew."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from flask import Flask
from sqlalchemy.exc import IntegrityError

from core.data import migrate
from core.data.audit import AuditEntry
from core.data.migrate import Component
from core.kernel.permissions import Role
from core.sdk import Conflict, Invalid, Refused, ScopedSession, Visitor, clock
from core.work.models import Mail
from plugins.expense_approvals import figures, personal, plugin
from plugins.expense_approvals.manifest import MANIFEST
from plugins.expense_approvals.models import Claim, ClaimStep, YearMiles
from plugins.expense_approvals.queries import claims
from plugins.expense_approvals.queries import figures as reading
from plugins.expense_approvals.separation import WORDS
from plugins.expense_approvals.service import apart, claiming, judging, sending
from plugins.expense_approvals.settings import Settings
from plugins.expense_approvals.states import FIRST_APPROVED, GRANTED
from plugins.expense_approvals.years import year_of
from tests.factories.people import client_of
from tests.plugins.expense_approvals import helpers
from tests.plugins.expense_approvals.claimed import (
    CHECKER,
    SECOND,
    Letters,
    agreed,
    approve,
    check,
    draft,
    mark,
    picture,
    send,
    sent,
    sha,
    spent,
    unheard,
)
from tests.plugins.expense_approvals.helpers import APPROVER, NO_LIMITS, POLICY, nothing, opened, sums, visitor
from tests.plugins.expense_approvals.paid import account
from tests.plugins.expense_approvals.test_claim_pages import MANAGE, Person, press
from tests.plugins.expense_approvals.test_pages import member
from tests.plugins.expense_approvals.test_standing_in import known, name
from tests.support.databases import Database

FOLDER = Path(plugin.__file__).parent
TWO = replace(NO_LIMITS, second_p=9_00)
FIRST, LAST = SECOND, visitor(Role.EXPENSE_APPROVER)
"""Who approves first and second in most tests."""


@pytest.fixture
def ann() -> Visitor:
    return visitor()


def once_approved(session: ScopedSession, who: Visitor, by: Visitor = FIRST, colour: int = 1) -> str:
    """A claim of £10 that has its first approval."""
    made = sent(session, opened(session), who, colour=colour)
    check(session, made)
    approve(session, made, by, limits=TWO)
    return made


def state(session: ScopedSession, claim_id: str) -> str:
    return claims.one(session, claim_id, CHECKER).state


def test_a_site_sets_the_sum_and_empty_is_never() -> None:
    assert Settings().limits.second_p is None
    assert not Settings().limits.two(1_000_000_00)
    assert Settings(second_approver_pounds=0).limits.two(1)
    above = Settings(second_approver_pounds=100).limits
    assert (above.second_p, above.two(100_00), above.two(100_01)) == (100_00, False, True)


def test_the_first_approval_moves_no_money_and_the_second_does(session, ann):
    budget_id = opened(session)
    made = sent(session, budget_id, ann)
    check(session, made)
    assert approve(session, made, FIRST, limits=TWO) == "first_approve"
    assert sums(session, budget_id) == (2_000, 0, 2_000, 0, 2_000)
    found = claims.one(session, made, CHECKER)
    assert (found.state, found.approved_p, found.first_by) == (FIRST_APPROVED, 0, FIRST.account_id)
    assert approve(session, made, LAST, limits=TWO) == "approve"
    assert sums(session, budget_id) == (0, 1_000, 0, 1_000, 0)
    row = session.execute(sa.select(Claim.state, Claim.approved_p, Claim.first_by, Claim.decided_by)).one()
    assert tuple(row) == ("approved", 1_000, FIRST.account_id, LAST.account_id)
    assert [one.event for one in claims.steps(session, made)][-3:] == ["check", "first_approve", "approve"]
    assert set(session.scalars(sa.select(ClaimStep.sha256))) == {sha(session, made)}


def test_up_to_the_sum_one_approval_is_enough(session, ann):
    made = sent(session, opened(session), ann)
    check(session, made)
    assert approve(session, made, FIRST, limits=replace(NO_LIMITS, second_p=10_00)) == "approve"
    assert claims.one(session, made, CHECKER).first_by is None


def test_claiming_in_parts_does_not_get_round_it(session, ann):
    activity = helpers.activity(session, opened(session), in_days=0)
    made = []
    for colour in (1, 2):
        asked = helpers.asked(session, activity, ann, helpers.cost(in_days=0))
        helpers.agree(session, asked)
        made.append(draft(session, asked, ann, colour=colour))
        send(session, made[-1], ann)
        check(session, made[-1])
    limits = replace(NO_LIMITS, second_p=15_00)
    assert approve(session, made[0], FIRST, limits=limits) == "approve"
    assert approve(session, made[1], FIRST, limits=limits) == "first_approve"


def test_what_has_its_first_approval_waits_for_the_second_whatever_is_set_meanwhile(session, ann):
    made = once_approved(session, ann)
    with pytest.raises(Refused, match=WORDS["first"]):
        approve(session, made, FIRST, limits=NO_LIMITS)
    assert approve(session, made, LAST, limits=NO_LIMITS) == "approve"


@pytest.mark.parametrize("role", [Role.EXPENSE_APPROVER, Role.PARTNER_LEAD, Role.CENTRAL_TEAM])
def test_the_second_is_nobody_who_had_a_hand_in_it_whatever_their_role(session, role):
    budget_id, helper, first = opened(session), visitor(role), visitor(role)
    made = sent(session, budget_id, helper)
    check(session, made, CHECKER)
    approve(session, made, first, limits=TWO)
    checker = replace(CHECKER, roles=frozenset({role}))
    apart_too = replace(TWO, preapprover_may_approve=False)  # APPROVER agreed to it
    for who, code, limits in (
        (helper, "own", TWO),
        (checker, "checked", TWO),
        (first, "first", TWO),
        (APPROVER, "preapproved", apart_too),
    ):
        with pytest.raises(Refused, match=WORDS[code]):
            approve(session, made, who, limits=limits)
    assert state(session, made) == FIRST_APPROVED
    approve(session, made, LAST, limits=apart_too)


def test_who_shares_an_account_or_stands_in_for_the_first_is_not_the_second(app, app_context, session):
    ann, cai, lena = known(app, "ann"), known(app, "cai", Role.EXPENSE_APPROVER), known(app, "lena", Role.PARTNER_LEAD)
    dai = known(app, "dai")
    made = once_approved(session, ann, lena)
    for who in (ann, cai):
        account(session, who, "00000009")
    with pytest.raises(Refused, match=WORDS["linked"]):
        approve(session, made, cai, limits=TWO)
    name(session, lena, dai)
    with pytest.raises(Refused, match=WORDS["delegator"]):
        approve(session, made, replace(dai, permissions=lena.permissions), limits=TWO)


def test_the_second_approves_at_most_what_the_first_did(session, ann):
    budget_id = opened(session)
    made = sent(session, budget_id, ann)
    check(session, made)
    approve(session, made, FIRST, share=80, limits=TWO)
    (line,) = claims.lines(session, made)
    tried: tuple[tuple[int, dict[str, Any], dict[str, str]], ...] = (
        (81, {}, {"amounts": judging.AS_FIRST}),
        (80, {"reasons": {}}, {"reasons": judging.REASONS}),
        (50, {}, {"reasons": judging.OWN_REASONS}),
        (50, {"reasons": {line.id: " the  CHEAPER bus. "}}, {"reasons": judging.OWN_REASONS}),
    )
    for share, more, told in tried:
        with pytest.raises(Invalid) as refused:
            approve(session, made, LAST, share=share, limits=TWO, **more)
        assert refused.value.field_errors == told
    own = {line.id: "There was a group ticket."}
    assert approve(session, made, LAST, share=50, limits=TWO, reasons=own) == "part_approve"
    assert sums(session, budget_id) == (0, 500, 0, 500, 0)
    (line,) = claims.lines(session, made)
    assert (line.approved_p, line.why) == (500, "There was a group ticket.")


def test_what_the_first_approved_stays_in_the_audit_trail(session, ann):
    made = sent(session, opened(session), ann)
    check(session, made)
    approve(session, made, FIRST, share=80, limits=TWO)
    (line,) = claims.lines(session, made)
    approve(session, made, LAST, share=50, limits=TWO, reasons={line.id: "There was a group ticket."})
    first, last = session.execute(
        sa.select(AuditEntry.after)
        .where(AuditEntry.subject == made, AuditEntry.action.like("%approve"))
        .order_by(AuditEntry.seq)
    ).scalars()
    assert first == {
        "state": FIRST_APPROVED, "sha256": sha(session, made), "approved_p": 800, "lines": {line.id: 800},
    }  # fmt: skip
    assert last["approved_p"] == 500


def test_both_are_within_their_own_limit(session, ann):
    made = sent(session, opened(session), ann)
    check(session, made)
    limits = replace(TWO, claim_p=9_50)
    with pytest.raises(Refused, match="A partner lead or the central team decides it"):
        approve(session, made, LAST, limits=limits)
    assert state(session, made) == "checked"
    approve(session, made, FIRST, limits=limits)
    with pytest.raises(Refused, match="A partner lead or the central team decides it"):
        approve(session, made, LAST, limits=limits)
    approve(session, made, visitor(Role.PARTNER_LEAD), limits=limits)


def test_each_approval_is_of_the_revision_that_was_looked_at(session, ann):
    made = once_approved(session, ann)
    with pytest.raises(Conflict):
        approve(session, made, LAST, sha256="0" * 64, limits=TWO)
    old = claims.one(session, made, CHECKER).version
    judging.query(session, made, old, "Which bus?", LAST, unheard)
    with pytest.raises((Conflict, Refused)):
        approve(session, made, LAST, version=old, limits=TWO)
    assert state(session, made) == "queried"


def test_a_question_begins_every_stage_anew(session, ann):
    made = once_approved(session, ann)
    judging.query(session, made, claims.one(session, made, LAST).version, "Which bus?", LAST, unheard)
    (line,) = claims.lines(session, made)
    assert (line.approved_p, line.why, claims.one(session, made, CHECKER).first_by) == (None, "", None)
    version = claims.one(session, made, ann).version
    sending.answer(session, made, version, "The X55.", ann, policy_on=POLICY, partners=nothing, mark=mark, post=unheard)
    with pytest.raises(Refused):
        approve(session, made, LAST, limits=TWO)
    check(session, made, FIRST)  # another round, other hands
    assert approve(session, made, LAST, limits=TWO) == "first_approve"
    assert approve(session, made, CHECKER, limits=TWO) == "approve"


@pytest.mark.parametrize("way", ["reject", "withdraw"])
def test_a_no_and_a_withdrawal_take_the_first_approval_back(session, ann, way):
    drive = spent("m", None, category="mileage", miles=10_000, vehicle="car")
    budget_id = opened(session)
    ground = agreed(session, budget_id, ann, helpers.cost("m", None, in_days=0, category="mileage", miles=10_000, vehicle="car"))  # fmt: skip
    made = draft(session, ground, ann, drive)
    send(session, made, ann)
    check(session, made)
    approve(session, made, FIRST, limits=replace(NO_LIMITS, second_p=0))
    version = claims.one(session, made, ann).version
    if way == "reject":
        judging.reject(session, made, version, "It was a bus.", LAST, unheard)
    else:
        claiming.withdraw(session, made, version, ann, mark)
    assert {one.approved_p for one in claims.lines(session, made)} == {None}
    assert claims.one(session, made, ann).first_by is None
    assert session.scalar(sa.select(YearMiles.miles)) == 0
    assert sums(session, budget_id).add_up


@pytest.mark.parametrize(
    ("values", "refuses"),
    [
        ({"state": "approved", "decided_by": FIRST.account_id}, "two_people"),
        ({"state": "queried"}, "first"),
        ({"state": "checked"}, "first"),
        ({"decided_by": LAST.account_id}, "decided"),
    ],
)
def test_the_database_keeps_them_apart_itself(session, ann, values: dict[str, Any], refuses: str) -> None:
    once_approved(session, ann)
    with pytest.raises(IntegrityError, match=f"ck_expense_approvals_claim_{refuses}"):
        session.execute(sa.update(Claim).values(**values))
    session.rollback()


def test_where_nobody_of_the_site_is_left_the_central_team_is_the_second(app, app_context, session, ann):
    cai, lena = known(app, "cai", Role.EXPENSE_APPROVER), known(app, "lena", Role.PARTNER_LEAD)
    made = sent(session, opened(session), ann)
    check(session, made, cai)

    def left() -> frozenset[str]:
        (row,) = claims.queue(session)
        waits = apart.of_claim(row, claims.hands(session), row.in_all_p, {})
        return apart.nobody_left(session, [waits], TWO)

    assert left() == frozenset()
    approve(session, made, lena, limits=TWO)
    assert left() == {made}
    assert claims.waiting(session, {session.tenant_id: 9_00}) == (Counter(), Counter({session.tenant_id: 1}))
    approve(session, made, visitor(Role.CENTRAL_TEAM), limits=TWO)
    assert state(session, made) in GRANTED


def test_letters_and_figures_take_notice(session, ann, frozen_clock):
    letters, budget_id = Letters(), opened(session)
    made = sent(session, budget_id, ann)
    check(session, made)
    approve(session, made, FIRST, limits=TWO, post=letters)
    assert letters.sent == []  # ann has no account to write to
    frozen_clock.advance(days=3)
    approve(session, made, LAST, limits=TWO)
    alone = sent(session, budget_id, visitor(), colour=2)
    check(session, alone)
    approve(session, alone)
    timed = reading.timed(session, year_of(clock.today()))
    assert (len(timed), figures.to_second(timed)) == (2, [3.0])
    assert sorted(figures.to_decide(timed)) == [0.0, 3.0]


def test_a_first_approval_that_a_question_took_back_is_no_wait(session, ann, frozen_clock):
    made = once_approved(session, ann)
    judging.query(session, made, claims.one(session, made, LAST).version, "Which bus?", LAST, unheard)
    frozen_clock.advance(hours=1)
    sending.answer(session, made, claims.one(session, made, ann).version, "The X55.", ann, policy_on=POLICY, partners=nothing, mark=mark, post=unheard)  # fmt: skip
    check(session, made)
    approve(session, made, LAST)
    assert figures.to_second(reading.timed(session, year_of(clock.today()))) == []


def test_approvers_who_leave_are_taken_out(session, ann):
    made = once_approved(session, ann)
    approve(session, made, LAST, limits=TWO)
    for who in (FIRST, LAST):
        list(personal.erase_person(session, str(who.account_id), dry_run=False))
    assert session.execute(sa.select(Claim.first_by, Claim.decided_by)).one() == (None, None)
    assert not {FIRST.account_id, LAST.account_id} & {one.account_id for one in claims.steps(session, made)}


def test_what_the_first_of_two_put_beside_a_cost_is_not_given_out_before_the_decision(session, ann):
    made = sent(session, opened(session), ann)
    check(session, made)
    approve(session, made, FIRST, share=80, limits=TWO)

    def given() -> tuple[int | None, str]:
        (cost,) = dict(personal.person_data(session, str(ann.account_id)))["Costs claimed"]
        return cost["approved_p"], cost["why"]

    assert given() == (None, "")
    (line,) = claims.lines(session, made)
    approve(session, made, LAST, share=50, limits=TWO, reasons={line.id: "A single, not a return."})
    assert given() == (500, "A single, not a return.")


def test_a_site_that_always_asks_for_two_says_so_and_names_no_sum(app: Flask, session: ScopedSession) -> None:
    helpers.switched_on(app, "scotland", second_approver_pounds=0)
    ann, cai, lena = (
        Person(app, session),
        member(app, "cai", Role.EXPENSE_APPROVER),
        member(app, "lena", Role.PARTNER_LEAD),
    )
    claim, proof = ann.unproved(session)
    ann.prove(proof, picture())
    press(ann.client, claim, "/send")
    page, rules = f"{MANAGE}/{claim[-26:]}", lena.get("/scotland/manage/expenses/rules").text
    for said in ("Then two other people decide", "Two other people decide now"):
        mine, theirs = ann.client.get(claim).text, lena.get(page).text
        assert f"{said}, one after the other: this site always asks for two." in mine
        assert "This site always asks for two approvals." in theirs
        assert "£0.00" not in mine + theirs
        cai.submit(page, {"do": "check", "words": ""})
    assert ("Always" in rules, "A second approver, for claims above" in rules) == (True, False)


def test_the_pages_say_which_step_it_is_and_who_comes_next(app: Flask, session: ScopedSession) -> None:
    helpers.switched_on(app, "scotland", second_approver_pounds=5)
    ann = Person(app, session)
    claim, proof = ann.unproved(session)
    ann.prove(proof, picture())
    press(ann.client, claim, "/send")
    assert "Then two other people decide, one after the other: above £5.00" in ann.client.get(claim).text
    checker, lead, last = (
        member(app, who, role)
        for who, role in (("cai", Role.EXPENSE_APPROVER), ("lena", Role.PARTNER_LEAD), ("olwen", Role.EXPENSE_APPROVER))
    )
    page = f"{MANAGE}/{claim[-26:]}"
    assert "Step 1 of 3" in checker.get(page).text
    checker.submit(page, {"do": "check", "words": ""})
    shown = lead.get(page).text
    assert "Step 2 of 3" in shown
    assert "the person would have £12.40 in all. Above £5.00 this site asks for two approvals." in shown
    (line,) = claims.lines(session, claim[-26:])
    session.rollback()
    given = {f"amount-{line.id}": "11.00", f"why-{line.id}": "The slower bus."}
    said = lead.submit(page, {"do": "approve", **given})
    assert said.status_code == 303
    shown = lead.get(said.headers["Location"]).text
    assert "Your approval is noted. A second person decides now." in shown
    assert WORDS["first"] in shown
    assert 'value="approve"' not in shown
    mine = ann.client.get(claim).text
    assert "Waiting for a second approval" in mine
    assert "One person has approved your claim. A second person decides now" in mine
    assert "£11.00" not in mine, "one approver's word is none yet"
    assert "The slower bus." not in mine
    assert "Waiting for a second approval" in last.get(f"{MANAGE}/").text
    shown = last.get(page).text
    assert "Step 3 of 3" in shown
    assert 'value="11.00"' in shown
    assert 'value="The slower bus."' in shown
    too_much = last.submit(page, {"do": "approve", f"amount-{line.id}": "12.00"})
    assert (too_much.status_code, "up to what the first approver approved" in too_much.text) == (422, True)
    assert last.submit(page, {"do": "approve", "words": ""}).status_code == 303
    mine = ann.client.get(claim).text
    for words in ("Approved in part", "£11.00", "The approver writes: The slower bus."):
        assert words in mine
    session.rollback()
    subjects = list(session.scalars(sa.select(Mail.subject).where(Mail.account_id == ann.account).order_by(Mail.id)))
    assert [one.split(":")[0] for one in subjects] == [
        "We have your claim", "A second person decides about your claim", "Your claim is approved in part",
    ]  # fmt: skip
    assert "£5.00" in lead.get("/scotland/manage/expenses/rules").text


def test_who_may_not_be_the_second_can_still_ask_and_say_no(app: Flask, session: ScopedSession) -> None:
    helpers.switched_on(app, "scotland", second_approver_pounds=5)
    cai, lena = known(app, "cai", Role.EXPENSE_APPROVER), known(app, "lena", Role.PARTNER_LEAD)
    kin = known(app, "kit", Role.EXPENSE_APPROVER)
    ann = known(app, "ann")
    for who in (ann, kin):
        account(session, who, "00000009")
    made = sent(session, opened(session), ann)
    page = f"{MANAGE}/{made}"

    def buttons(who: Visitor) -> set[str]:
        session.rollback()
        shown = client_of(app, str(who.account_id)).get(page).text
        return {one for one in ("check", "approve", "query", "reject") if f'value="{one}"' in shown}

    assert buttons(cai) == {"check", "query", "reject"}
    check(session, made, cai)
    assert (buttons(cai), buttons(lena)) == ({"query", "reject"}, {"approve", "query", "reject"})
    approve(session, made, lena, limits=TWO)
    assert (buttons(cai), buttons(lena), buttons(kin)) == ({"query", "reject"}, {"query", "reject"}, set())
    told = client_of(app, str(lena.account_id)).get(page).text
    assert "Nobody of this site can approve this." in told
    assert "Nobody of this site can decide this." not in told
    assert "You can still ask a question or reject the claim." in told
    asked = client_of(app, str(lena.account_id)).submit(page, {"do": "query", "words": "Which bus?"})
    assert asked.status_code == 303
    session.rollback()
    assert state(session, made) == "queried"


def test_its_migration_comes_and_goes_and_comes_again(empty_database: Database) -> None:
    owner, ours = empty_database.owner_url, Component(MANIFEST.name, FOLDER / "migrations", (MANIFEST.name,))
    migrate.upgrade(owner, [migrate.CORE], "qp_app")
    engine = migrate.owner_engine(owner)

    def to(revision: str, way: Any) -> dict[str, set[str]]:
        with engine.begin() as connection:
            way(migrate._config(connection, ours), revision)
        found = sa.inspect(engine)
        tables = ("expense_approvals_claim", "expense_approvals_claim_step")
        return {
            table: {
                f"{one['name']}: {one.get('sqltext')}"
                for one in (*found.get_check_constraints(table), *found.get_indexes(table), *found.get_columns(table))
            }
            for table in tables
        }

    before = to("expense_approvals0006", command.upgrade)
    after = to("head", command.upgrade)
    assert migrate.differences(owner, [ours]) == []
    assert {one.split(":")[0] for one in after["expense_approvals_claim"] - before["expense_approvals_claim"]} == {
        "first_by", "decided_by", *(f"ck_expense_approvals_claim_{name}" for name in ("state", "first", "decided", "two_people")),
    }  # fmt: skip
    assert to("expense_approvals0006", command.downgrade) == before
    assert to("head", command.upgrade) == after
    engine.dispose()
