"""Payments: bank details that only the key opens, and batches that two people make, whose files never change."""

import json
from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from core.config import normalise_url
from core.kernel import clock
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import Role
from core.sdk import Conflict, Forbidden, Invalid, NotFound, Refused, ScopedSession, Sealer, Visitor
from plugins.expense_approvals import personal
from plugins.expense_approvals.models import BankDetails, Payment, PaymentBatch
from plugins.expense_approvals.payment import results
from plugins.expense_approvals.payment.batch import Account
from plugins.expense_approvals.payment_states import BATCH, PAYMENT
from plugins.expense_approvals.separation import Case
from plugins.expense_approvals.service import bank_details, batches
from plugins.expense_approvals.service.batches import Payable, Returned
from plugins.expense_approvals.service.payer import Payer
from tests.plugins.expense_approvals.helpers import APPROVER, visitor
from tests.support.racing import together
from tests.support.thorough import examples

SEAL, ACCOUNTS = Sealer("a secret of tests", batches.PURPOSE), Sealer("a secret of tests", bank_details.PURPOSE)
PAYER = Payer(Account("Q in Scotland", "200000", "55779911"), "123456")
LEAD, CENTRAL = visitor(Role.PARTNER_LEAD), visitor(Role.CENTRAL_TEAM)
DAY = timedelta(days=1)
REFS = {"Q1", "Q2", "Q3"}


def nobody(*_: Any) -> None:
    """No claim to tell."""


def person(session: ScopedSession, number: str = "31926819", code: str = "20-00-00") -> Visitor:
    """A member who has given an account."""
    who = visitor()
    bank_details.change(session, "Ann Llewellyn", code, number, who, form_key=new_token(), seal=ACCOUNTS, post=nobody)
    return who


def payable(who: Visitor, pence: int = 1_240, **case: Any) -> Payable:
    return Payable(new_id(), pence, Case(who.account_id, who.account_id, who.account_id, **case))


def prepared(session: ScopedSession, *payables: Payable, by: Visitor = LEAD, tell: Any = nobody) -> str:
    wanted = list(payables) or [payable(person(session))]
    made = batches.prepare(
        session, wanted, clock.today() + DAY, PAYER, by, new_token(), seal=SEAL, accounts=ACCOUNTS, tell=tell
    )
    return made.batch_id


def state(session: ScopedSession, batch_id: str) -> tuple[str, int]:
    query = sa.select(PaymentBatch.state, PaymentBatch.version).where(PaymentBatch.id == batch_id)
    row = session.execute(query).one()
    return row.state, row.version


def refs(session: ScopedSession, batch_id: str) -> list[str]:
    return list(session.scalars(sa.select(Payment.ref).where(Payment.batch_id == batch_id).order_by(Payment.ref)))


def exported(session: ScopedSession, *payables: Payable) -> str:
    """A batch that went to the bank."""
    batch_id = prepared(session, *payables)
    batches.release(session, batch_id, 1, CENTRAL, seal=SEAL)
    batches.export(session, batch_id, "csv", LEAD, seal=SEAL, tell=nobody)
    return batch_id


def test_invariant_the_database_never_has_an_account_number(session):
    who = person(session)
    batch_id = prepared(session, payable(who))
    rows = [*session.execute(sa.select(BankDetails.__table__).execution_options(unscoped_reason="tests")).all()]
    rows += session.execute(sa.select(PaymentBatch.sealed, PaymentBatch.ref).where(PaymentBatch.id == batch_id)).all()
    written = repr(rows)
    assert "31926819" not in written
    assert "200000" not in written
    assert "Llewellyn" not in written
    masked = bank_details.own(session, who)
    assert masked is not None
    assert (masked.last, masked.usable(clock.now())) == ("6819", True)


def test_an_account_moved_to_another_persons_row_opens_for_nobody(session):
    ann, bob = person(session), person(session, "00000001")
    rows = session.execute(sa.select(BankDetails.account_id, BankDetails.sealed)).all()
    sealed = {row.account_id: row.sealed for row in rows}
    session.execute(
        sa.update(BankDetails)
        .where(BankDetails.account_id == ann.account_id)
        .values(sealed=sealed[str(bob.account_id)])
    )
    assert set(bank_details.opened(session, {str(ann.account_id), str(bob.account_id)}, ACCOUNTS)) == {bob.account_id}


def test_a_change_cools_off_for_a_day_and_is_told(session, frozen_clock):
    told: list[Any] = []
    who = person(session)
    frozen_clock.advance(hours=1)
    bank_details.change(
        session,
        "Ann",
        "20-00-00",
        "00000002",
        who,
        form_key=new_token(),
        seal=ACCOUNTS,
        post=lambda *what: told.append(what),
    )
    assert [(one[1], one[2]) for one in told] == [(who, clock.now() + bank_details.COOLING)]
    with pytest.raises(Refused, match="less than a day"):
        prepared(session, payable(who))
    other = person(session, "00000003")
    made = batches.prepare(
        session, [payable(who), payable(other), payable(visitor())], clock.today(), PAYER, LEAD, new_token(), seal=SEAL,
        accounts=ACCOUNTS, tell=nobody,
    )  # fmt: skip
    assert (len(made.without), made.cooling) == (1, (who.account_id,))
    assert len(refs(session, made.batch_id)) == 1
    frozen_clock.advance(hours=24)
    assert len(refs(session, prepared(session, payable(who)))) == 1


def test_the_same_account_again_neither_waits_longer_nor_shorter(session, frozen_clock):
    who = person(session)
    first = bank_details.change(
        session, "Ann", "200000", "31926819", who, form_key=new_token(), seal=ACCOUNTS, post=nobody
    )
    assert first.usable_from == clock.now()
    changed = bank_details.change(
        session, "Ann", "200000", "00000002", who, form_key=new_token(), seal=ACCOUNTS, post=nobody
    )
    frozen_clock.advance(hours=3)
    again = bank_details.change(
        session, "Ann L", "200000", "00000002", who, form_key=new_token(), seal=ACCOUNTS, post=nobody
    )
    assert again.usable_from == changed.usable_from


@pytest.mark.parametrize(
    ("name", "code", "number", "fields"),
    [
        ("", "20-00-00", "31926819", {"name"}),
        ("x" * 81, "20-00-00", "31926819", {"name"}),
        ("Ann", "20-00", "1e7", {"sort_code", "account"}),
        ("Ann", "２００００0", "31926819", {"sort_code"}),  # noqa: RUF001 - figures of another script
    ],
)
def test_an_account_that_is_none_is_told(session, name, code, number, fields):
    with pytest.raises(Invalid) as caught:
        bank_details.change(session, name, code, number, visitor(), form_key=new_token(), seal=ACCOUNTS, post=nobody)
    assert set(caught.value.field_errors) == fields
    assert session.scalars(sa.select(BankDetails.id)).all() == []


def test_a_file_is_the_same_on_every_run_whatever_changes_meanwhile(session, frozen_clock):
    who = person(session)
    batch_id = prepared(session, payable(who), payable(person(session, "00000004"), 350))
    hashes = batches.release(session, batch_id, 1, CENTRAL, seal=SEAL)
    first = {kind: batches.export(session, batch_id, kind, LEAD, seal=SEAL, tell=nobody) for kind in batches.FORMATS}
    bank_details.change(session, "Other", "200000", "99999999", who, form_key=new_token(), seal=ACCOUNTS, post=nobody)
    frozen_clock.advance(days=9)
    again = {kind: batches.export(session, batch_id, kind, CENTRAL, seal=SEAL, tell=nobody) for kind in batches.FORMATS}
    assert first == again
    assert {kind: file.sha256 for kind, file in first.items()} == hashes
    assert {(file.count, file.total) for file in first.values()} == {(2, 1_590)}
    assert state(session, batch_id) == ("exported", 3)


def test_a_batch_released_when_files_carried_the_instant_of_release_comes_out_as_it_did(session, frozen_clock):
    batch_id = prepared(session, payable(person(session)))
    frozen_clock.advance(hours=3)
    batches.release(session, batch_id, 1, CENTRAL, seal=SEAL)
    row = session.execute(sa.select(PaymentBatch.sealed, PaymentBatch.released_at)).one()
    then = batches._hashes(batches._batch(row.sealed, batch_id, row.released_at, SEAL))
    session.execute(sa.update(PaymentBatch).values(hashes=then))
    session.commit()
    for kind in batches.FORMATS:
        assert batches.export(session, batch_id, kind, LEAD, seal=SEAL, tell=nobody).sha256 == then[kind]


def test_a_batch_that_was_tampered_with_is_not_exported(session):
    batch_id = prepared(session)
    batches.release(session, batch_id, 1, CENTRAL, seal=SEAL)
    own, other = (
        session.scalar(sa.select(PaymentBatch.sealed).where(PaymentBatch.id == one)) or ""
        for one in (batch_id, prepared(session))
    )
    mine = sa.update(PaymentBatch).where(PaymentBatch.id == batch_id)
    session.execute(mine.values(sealed=other))
    session.commit()
    with pytest.raises(Refused, match="not what was released"):
        batches.export(session, batch_id, "csv", LEAD, seal=SEAL, tell=nobody)
    stolen = json.loads(SEAL.unseal(own, batch_id))
    stolen["payments"][0]["to"]["number"] = "66666666"
    session.execute(mine.values(sealed=SEAL.seal(json.dumps(stolen), batch_id)))
    session.commit()
    with pytest.raises(Refused, match="not what was released"):
        batches.export(session, batch_id, "csv", LEAD, seal=SEAL, tell=nobody)


def test_a_batch_that_was_tampered_with_is_not_released(session):
    batch_id = prepared(session)
    sealed = session.scalar(sa.select(PaymentBatch.sealed).where(PaymentBatch.id == batch_id))
    stolen = json.loads(SEAL.unseal(sealed, batch_id))
    stolen["payments"][0]["to"]["number"] = "66666666"
    session.execute(
        sa.update(PaymentBatch)
        .where(PaymentBatch.id == batch_id)
        .values(sealed=SEAL.seal(json.dumps(stolen), batch_id))
    )
    session.commit()
    with pytest.raises(Refused, match="not what was prepared"):
        batches.release(session, batch_id, 1, CENTRAL, seal=SEAL)
    assert state(session, batch_id) == ("prepared", 1)


def test_invariant_a_batch_never_changes_what_it_pays(session):
    batch_id = prepared(session)
    for values in ({"total_p": 1}, {"payments": 9}, {"prepared_by": CENTRAL.account_id}, {"day": clock.today()}):
        statement = sa.update(PaymentBatch).where(PaymentBatch.id == batch_id).values(**values)
        with pytest.raises(DBAPIError, match="never changed"):
            session.execute(statement)
        session.rollback()


def test_invariant_nobody_releases_what_they_prepared_nor_what_pays_them(session):
    who = person(session)
    batch_id = prepared(session, payable(who))
    with pytest.raises(Refused, match="You prepared this batch"):
        batches.release(session, batch_id, 1, LEAD, seal=SEAL)
    paid = visitor(Role.CENTRAL_TEAM, account_id=str(who.account_id))
    with pytest.raises(Refused, match="You asked for this money"):
        batches.release(session, batch_id, 1, paid, seal=SEAL)
    statement = sa.update(PaymentBatch).values(state="released", released_by=LEAD.account_id, released_at=clock.now())
    with pytest.raises(DBAPIError, match="two_people"):
        session.execute(statement)
    session.rollback()
    assert state(session, batch_id) == ("prepared", 1)


def test_nobody_releases_what_pays_their_own_account_nor_an_account_that_was_given_up(session, frozen_clock):
    who, other = person(session), visitor(Role.CENTRAL_TEAM)
    bank_details.change(session, "Cen", "200000", "31926819", other, form_key=new_token(), seal=ACCOUNTS, post=nobody)
    batch_id = prepared(session, payable(who))
    with pytest.raises(Refused, match="share a bank account"):
        batches.release(session, batch_id, 1, other, seal=SEAL)
    frozen_clock.advance(minutes=1)
    bank_details.change(session, "Ann", "200000", "00000002", who, form_key=new_token(), seal=ACCOUNTS, post=nobody)
    with pytest.raises(Refused, match="another account by now"):
        batches.release(session, batch_id, 1, CENTRAL, seal=SEAL)


def test_nobody_prepares_what_pays_themselves_or_their_own_account(session):
    lead = visitor(Role.PARTNER_LEAD)
    bank_details.change(session, "Lena", "200000", "31926819", lead, form_key=new_token(), seal=ACCOUNTS, post=nobody)
    with pytest.raises(Refused, match="You asked"):
        prepared(session, payable(lead), by=lead)
    with pytest.raises(Refused, match="share a bank account"):
        prepared(session, payable(person(session)), by=lead)
    with pytest.raises(Refused, match="share a bank account"):
        prepared(session, payable(person(session, "00000005"), linked=frozenset({str(lead.account_id)})), by=lead)


def test_a_claim_is_in_one_live_batch(session):
    who = person(session)
    claim = payable(who)
    first = prepared(session, claim)
    with pytest.raises(Conflict):
        prepared(session, claim)
    told: list[tuple[str, ...]] = []
    batches.cancel(session, first, 1, LEAD, tell=lambda _, sources, event: told.append((*sources, event)))
    assert told == [(claim.source_id, "drop")]
    again = exported(session, claim)
    batches.settle(session, again, 3, {refs(session, again)[0]: False}, LEAD, tell=nobody, warn=nobody)
    assert state(session, again)[0] == "settled"
    assert state(session, prepared(session, claim))[0] == "prepared"


def test_what_the_bank_says_settles_a_batch_once_and_can_be_said_again(session):
    told: list[tuple[str, str]] = []
    warned: list[Returned] = []

    def tell(_: ScopedSession, source_ids: Collection[str], event: str) -> None:
        told.extend((source_id, event) for source_id in source_ids)

    def warn(_: ScopedSession, returned: Returned) -> None:
        warned.append(returned)

    claims = [payable(person(session, f"0000001{n}")) for n in range(3)]
    batch_id = exported(session, *claims)
    one, two, three = refs(session, batch_id)
    assert batches.settle(session, batch_id, 3, {one: True, two: False}, LEAD, tell=tell, warn=warn) == 2
    assert state(session, batch_id) == ("exported", 4)
    assert batches.settle(session, batch_id, 4, {one: True, two: True}, LEAD, tell=tell, warn=nobody) == 0, (
        "sent back stays so"
    )
    with pytest.raises(Conflict):
        batches.settle(session, batch_id, 4, {three: True}, LEAD, tell=tell, warn=nobody)
    with pytest.raises(Invalid):
        batches.settle(session, batch_id, 5, {three: True, "QNOBODY": True}, LEAD, tell=tell, warn=nobody)
    assert batches.settle(session, batch_id, 5, {three: True}, LEAD, tell=tell, warn=nobody) == 1
    assert state(session, batch_id)[0] == "settled"
    late = state(session, batch_id)[1]
    assert batches.settle(session, batch_id, late, {one: False}, LEAD, tell=tell, warn=warn) == 1, "sent back after all"
    people = {str(LEAD.account_id), str(CENTRAL.account_id)}
    assert [(set(one.people), one.payments) for one in warned] == [(people, 1)] * 2
    assert Counter(event for _, event in told) == {"pay": 2, "bounce": 2}
    assert {source for source, _ in told} == {claim.source_id for claim in claims}


def test_a_claim_that_says_no_leaves_nothing_behind(session):
    def tell(*_: Any) -> None:
        raise Conflict

    with pytest.raises(Conflict):
        prepared(session, tell=tell)
    assert session.scalars(sa.select(PaymentBatch.id)).all() == []
    assert session.scalars(sa.select(Payment.id)).all() == []


def test_what_is_not_its_turn_is_refused(session):
    batch_id = prepared(session)
    with pytest.raises(Refused):
        batches.export(session, batch_id, "csv", LEAD, seal=SEAL, tell=nobody)
    with pytest.raises(Refused):
        batches.settle(session, batch_id, 1, {}, LEAD, tell=nobody, warn=nobody)
    with pytest.raises(Conflict):
        batches.release(session, batch_id, 7, CENTRAL, seal=SEAL)
    batches.cancel(session, batch_id, 1, LEAD, tell=nobody)
    with pytest.raises(Refused):
        batches.release(session, batch_id, 2, CENTRAL, seal=SEAL)
    with pytest.raises(NotFound):
        batches.export(session, new_id(), "csv", LEAD, seal=SEAL, tell=nobody)
    other = exported(session)
    with pytest.raises(NotFound):
        batches.export(session, other, "exe", LEAD, seal=SEAL, tell=nobody)
    with pytest.raises(Refused):
        batches.cancel(session, other, 3, LEAD, tell=nobody)


@pytest.mark.parametrize("who", [APPROVER, visitor()])
def test_only_who_may_pay_touches_a_batch(session, who):
    batch_id = prepared(session)
    for step in (
        lambda: prepared(session, by=who),
        lambda: batches.cancel(session, batch_id, 1, who, tell=nobody),
        lambda: batches.release(session, batch_id, 1, who, seal=SEAL),
        lambda: batches.export(session, batch_id, "csv", who, seal=SEAL, tell=nobody),
        lambda: batches.settle(session, batch_id, 1, {}, who, tell=nobody, warn=nobody),
    ):
        with pytest.raises(Forbidden):
            step()


def test_one_form_prepares_one_batch(session):
    key, claim = new_token(), payable(person(session))
    made = [
        batches.prepare(session, [claim], clock.today(), PAYER, LEAD, key, seal=SEAL, accounts=ACCOUNTS, tell=nobody).batch_id
        for _ in range(2)
    ]  # fmt: skip
    assert made[0] == made[1]
    with pytest.raises(Invalid):
        batches.prepare(
            session, [claim], clock.today() - DAY, PAYER, LEAD, key, seal=SEAL, accounts=ACCOUNTS, tell=nobody
        )


def test_accounts_are_forgotten_when_no_bank_can_send_a_payment_back_any_more(session, frozen_clock):
    batch_id = exported(session)
    batches.settle(session, batch_id, 3, dict.fromkeys(refs(session, batch_id), True), LEAD, tell=nobody, warn=nobody)
    who = person(session, "00000007")
    bank_details.change(session, "Ann", "200000", "00000008", who, form_key=new_token(), seal=ACCOUNTS, post=nobody)
    frozen_clock.advance(days=59)
    assert batches.forget(session) == 0
    frozen_clock.advance(days=2)
    assert batches.forget(session) == 1
    assert batches.forget(session) == 0
    with pytest.raises(Refused, match="forgotten"):
        batches.export(session, batch_id, "csv", LEAD, seal=SEAL, tell=nobody)
    assert session.scalars(sa.select(BankDetails.last).where(BankDetails.account_id == who.account_id)).all() == [
        "0008"
    ]


def test_a_person_has_what_is_held_and_is_taken_out_of_it(session):
    who = person(session)
    prepared(session, payable(who))
    assert [heading for heading, _ in personal.person_data(session, str(who.account_id))] == [
        "Bank accounts, by their last figures", "Payments",
    ]  # fmt: skip
    told = list(personal.erase_person(session, str(who.account_id), dry_run=False))
    assert told == ["expense_approvals: 1 bank accounts deleted", "expense_approvals: 1 payments without the person"]
    assert list(personal.person_data(session, str(who.account_id))) == []
    assert session.scalars(sa.select(Payment.pence)).all() == [1_240]


def test_batches_of_another_site_are_not_there(session, session_for):
    batch_id = exported(session)
    session.commit()
    elsewhere = session_for("wales")
    with pytest.raises(NotFound):
        batches.export(elsewhere, batch_id, "csv", LEAD, seal=SEAL, tell=nobody)


def test_of_two_processes_that_release_or_cancel_a_batch_one_does(shared, other_database):
    made = prepared(shared)
    shared.rollback()
    job = {
        "url": normalise_url(other_database.app_url),
        "tenant": shared.scope.tenant_id,
        "way": "batch",
        "threads": 32,
    }
    told = together("tests.plugins.expense_approvals.race", *({**job, "ids": [made] * 32} for _ in range(2)))
    assert [error for one in told for error in one["errors"]] == []
    counted = sum((Counter(one["told"]) for one in told), Counter())
    assert counted["released"] + counted["cancelled"] == 1
    shared.rollback()
    assert state(shared, made)[1] == 2


def test_of_two_processes_that_put_one_claim_into_batches_one_does(shared, other_database):
    claim = payable(person(shared))
    shared.rollback()
    job = {
        "url": normalise_url(other_database.app_url),
        "tenant": shared.scope.tenant_id,
        "way": "prepare",
        "threads": 32,
    }
    more = {"payee": claim.case.payee, "ids": [claim.source_id] * 32}
    told = together("tests.plugins.expense_approvals.race", {**job, **more}, {**job, **more})
    assert [error for one in told for error in one["errors"]] == []
    assert sum((Counter(one["told"]) for one in told), Counter()) == {"prepared": 1, "Conflict": 63}


def test_a_settled_batch_and_a_payment_end_where_their_tables_say() -> None:
    assert BATCH.events_from("cancelled") == ()
    assert BATCH.events_from("settled") == ("export",)
    assert PAYMENT.events_from("bounced") == PAYMENT.events_from("dropped") == ()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"Reference,Result\r\nQ1,paid\r\nQ2,Bounced\r\n", {"Q1": True, "Q2": False}),
        (b"\xef\xbb\xbfQ1, PAID ,whatever\n\nQ3,returned", {"Q1": True, "Q3": False}),
        (b"", [(0, results.EMPTY)]),
        (b"Reference,Result\n", [(0, results.EMPTY)]),
        (b"Q1,paid\nQ1,paid\n", [(2, results.TWICE)]),
        (b"Q1,perhaps\nQ2,paid\n\nQ9,paid\nQ3", [(1, results.UNCLEAR), (4, results.UNKNOWN), (5, results.UNCLEAR)]),
        (b",paid\n", [(1, results.UNCLEAR)]),
        (b"\xff\xfe", [(0, results.NO_TEXT)]),
        (b'Q1,"paid\n', [(0, results.NO_TEXT)]),
        (b"x" * (results.LARGEST + 1), [(0, results.TOO_LARGE)]),
        (b"Q7,paid\n" * 40, [(line, results.UNKNOWN) for line in range(1, 11)]),
    ],
)
def test_a_banks_list_is_read_or_refused_with_the_line_and_the_reason(content: bytes, found: Any) -> None:
    if isinstance(found, dict):
        assert results.read(content, REFS) == found
    else:
        with pytest.raises(results.Misread) as caught:
            results.read(content, REFS)
        assert list(caught.value.problems) == found


@examples(60)
@given(st.binary(max_size=60) | st.text(alphabet='Q1,paidbounce"\r\n', max_size=40).map(str.encode))
def test_whatever_is_sent_as_a_banks_list_is_read_or_refused(content: bytes) -> None:
    try:
        assert set(results.read(content, REFS)) <= REFS
    except results.Misread as error:
        assert error.problems  # noqa: PT017 - either is right


def test_a_form_with_an_account_that_is_sent_twice_is_one_change_and_one_letter(session: ScopedSession) -> None:
    who, key, told = visitor(), new_token(), []
    for _ in range(2):
        bank_details.change(
            session, "Ann", "200000", "31926819", who, form_key=key, seal=ACCOUNTS, post=lambda *what: told.append(what)
        )
    assert len(told) == 1
    assert session.scalar(sa.select(sa.func.count(BankDetails.id)).where(BankDetails.account_id == who.account_id)) == 1
