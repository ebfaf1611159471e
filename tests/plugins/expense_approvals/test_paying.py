"""From an approved claim to money on an account, and back: a claim goes with its payment, step by step, and is in one live batch."""

import csv
import hashlib
import re
from collections import Counter
from io import BytesIO, StringIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.config import normalise_url
from core.kernel import clock
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import Role
from core.sdk import Conflict, Forbidden, Invalid, Refused, ScopedSession, Visitor
from core.work.models import Mail
from plugins.expense_approvals.models import Claim, PayerAccount, Payment, PaymentBatch
from plugins.expense_approvals.queries import claims, payments
from plugins.expense_approvals.service import batches, payer, paying
from tests.factories.people import PASSWORD, client_of, make_person
from tests.plugins.expense_approvals import paid
from tests.plugins.expense_approvals.claimed import CHECKER, Letters
from tests.plugins.expense_approvals.helpers import opened, sums, visitor
from tests.plugins.expense_approvals.paid import (
    PAYERS,
    PREPARER,
    RELEASER,
    account,
    approved,
    at_the_bank,
    payer_account,
    prepare,
    settle,
)
from tests.plugins.expense_approvals.test_pages import link, member
from tests.support.client import FormClient, forms
from tests.support.racing import together

PAYMENTS = "/scotland/manage/expenses/payments"


def state(session: ScopedSession, claim_id: str) -> str:
    return claims.one(session, claim_id, CHECKER).state


def events(session: ScopedSession, claim_id: str) -> list[str]:
    return [step.event for step in claims.steps(session, claim_id)]


@pytest.fixture
def budget_id(session: ScopedSession) -> str:
    """A budget at a site that has an account to pay from."""
    payer_account(session)
    return opened(session, 100_000)


def test_a_claim_goes_with_its_payment_to_the_end(session, budget_id):
    ann, letters = visitor(), Letters()
    account(session, ann)
    claim = approved(session, budget_id, ann)
    batch_id = prepare(session, claim)
    assert state(session, claim) == "batched"
    batches.release(session, batch_id, 1, RELEASER, seal=paid.SEAL)
    tell = paying.life(PREPARER, letters)
    for _ in range(2):
        batches.export(session, batch_id, "csv", PREPARER, seal=paid.SEAL, tell=tell)
    assert state(session, claim) == "exported"
    assert settle(session, batch_id, {claim: True}, letters) == 1
    assert settle(session, batch_id, {claim: True}, letters) == 0
    assert state(session, claim) == "paid"
    assert events(session, claim)[-3:] == ["batch", "export", "pay"]
    assert sums(session, budget_id)[:2] == (0, 1_000)


@pytest.mark.parametrize(("share", "back"), [(100, "approved"), (60, "part_approved")])
def test_a_cancelled_batch_gives_its_claims_back_as_they_were(session, budget_id, share, back):
    ann = visitor()
    account(session, ann)
    claim = approved(session, budget_id, ann, share=share)
    first = prepare(session, claim)
    batches.cancel(session, first, 1, PREPARER, tell=paying.life(PREPARER, paid.nobody))
    assert state(session, claim) == back
    assert payments.one(session, prepare(session, claim)).total_p == 10 * share


def test_a_bounced_payment_waits_until_the_person_gives_an_account_again(session, budget_id, frozen_clock):
    ann, told = visitor(), list[Any]()
    account(session, ann)
    claim = approved(session, budget_id, ann)
    batch_id = at_the_bank(session, claim)
    frozen_clock.advance(minutes=5)
    settle(session, batch_id, {claim: False}, warn=lambda _, returned: told.append(returned))
    assert state(session, claim) == "bounced"
    assert [(one.ref[:1], one.payments, len(one.people)) for one in told] == [("Q", 1, 2)]
    assert [one.why for one in paying.outlook(session, PREPARER)] == ["bounced"]
    with pytest.raises(Refused, match="ready has changed"):
        prepare(session, claim)
    frozen_clock.advance(minutes=5)
    account(session, ann)  # the same one: the bank was wrong
    assert settle(session, at_the_bank(session, claim), {claim: True}) == 1
    assert state(session, claim) == "paid"


def test_what_was_paid_can_still_be_sent_back(session, budget_id):
    ann = visitor()
    account(session, ann)
    claim = approved(session, budget_id, ann)
    batch_id = at_the_bank(session, claim)
    settle(session, batch_id, {claim: True})
    settle(session, batch_id, {claim: False})
    assert (state(session, claim), payments.one(session, batch_id).state) == ("bounced", "settled")


def test_what_is_held_back_is_told_why(session, budget_id, frozen_clock):
    ready, bare, fresh = visitor(), visitor(), visitor()
    sharer = visitor()
    for number, who in enumerate((ready, bare, fresh, sharer, PREPARER)):
        approved(session, budget_id, who, colour=number + 1)
    account(session, ready)
    account(session, fresh, "00000001")
    frozen_clock.advance(hours=1)
    account(session, fresh, "00000002")
    account(session, sharer, "00000003")
    account(session, PREPARER, "00000003")
    gone = approved(session, budget_id, visitor(), colour=9)
    session.execute(sa.update(Claim).where(Claim.id == gone).values(account_id=None))
    session.commit()
    assert [one.why for one in paying.outlook(session, PREPARER)] == ["", "no_account", "cooling", "own", "own", "left"]
    assert [one.why for one in paying.outlook(session, RELEASER)] == ["", "no_account", "cooling", "", "", "left"]
    assert payments.one(session, prepare(session)).payments == 1


def test_the_same_choice_sent_again_is_the_batch_that_it_made(session, budget_id):
    ann = visitor()
    account(session, ann)
    claim = approved(session, budget_id, ann)
    key = new_token()
    first = prepare(session, claim, key=key)
    assert prepare(session, claim, key=key) == first
    with pytest.raises(Refused, match="ready has changed"):
        prepare(session, claim, by=RELEASER)
    assert session.scalars(sa.select(PaymentBatch.id)).all() == [first]


def test_nothing_is_prepared_without_a_choice_an_account_or_the_permission(session):
    ann = visitor()
    account(session, ann)
    claim = approved(session, opened(session), ann)
    with pytest.raises(Refused, match="First give the account"):
        prepare(session, claim)
    payer_account(session)
    with pytest.raises(Forbidden):
        prepare(session, claim, by=CHECKER)
    with pytest.raises(Refused, match="ready has changed"):
        prepare(session, claim, new_id())
    with pytest.raises(Invalid) as caught:
        paying.prepare(
            session, [], clock.today(), PREPARER, "", seal=paid.SEAL, accounts=paid.ACCOUNTS, payers=PAYERS, post=paid.nobody
        )  # fmt: skip
    assert set(caught.value.field_errors) == {"claims"}
    assert (state(session, claim), session.scalars(sa.select(Payment.id)).all()) == ("approved", [])


def test_the_sites_own_account_is_sealed_and_changed_by_one_at_a_time(session):
    payer_account(session)
    shown = payer.current(session)
    assert shown is not None
    written = repr(session.execute(sa.select(PayerAccount.__table__).execution_options(unscoped_reason="tests")).all())
    assert (shown.last, "55779911" in written, "Scotland" in written) == ("9911", False, False)
    for replaces in ("", new_id()):
        with pytest.raises(Conflict):
            payer.change(session, replaces, "Q", "200000", "00000001", "", PREPARER, seal=PAYERS)
    payer.change(session, shown.id, "Q", "200000", "00000001", "", PREPARER, seal=PAYERS)
    found = payer.opened(session, PAYERS)
    assert found is not None
    assert (found.account.number, found.user_number) == ("00000001", "")
    with pytest.raises(Forbidden):
        payer.change(session, shown.id, "Q", "200000", "00000001", "", CHECKER, seal=PAYERS)
    with pytest.raises(Invalid) as caught:
        payer.change(session, shown.id, "", "20", "1e7", "12", PREPARER, seal=PAYERS)
    assert set(caught.value.field_errors) == {"name", "sort_code", "account", "user_number"}


def test_a_payer_without_a_service_user_number_has_no_standard_18_file(session, budget_id):
    shown = payer.current(session)
    assert shown is not None
    payer.change(session, shown.id, "Q", "200000", "00000001", "", PREPARER, seal=PAYERS)
    ann = visitor()
    account(session, ann)
    approved(session, budget_id, ann)
    assert set(batches.release(session, prepare(session), 1, RELEASER, seal=paid.SEAL)) == {"csv", "pain001"}


def test_what_waits_costs_the_same_statements_however_much_it_is(session, budget_id, statements):
    def waits(count: int) -> int:
        for number in range(count):
            ann = visitor()
            account(session, ann, f"{count}{number:07}")
            approved(session, budget_id, ann, colour=10 * count + number)
        session.rollback()
        with statements() as seen:
            found = paying.outlook(session, PREPARER)
        assert len(found) == count if count == 1 else len(found) > count
        return len(seen)

    assert waits(1) == waits(6)


def _race(url: str, session: ScopedSession, claim: str, way: str) -> Counter[str]:
    session.rollback()
    job = {"url": url, "tenant": session.scope.tenant_id, "way": way, "threads": 32, "ids": [claim] * 32}
    told = together("tests.plugins.expense_approvals.race", job, job)
    assert [error for one in told for error in one["errors"]] == []
    return sum((Counter(one["told"]) for one in told), Counter())


def _live(session: ScopedSession, claim: str) -> int:
    session.rollback()
    count = sa.select(sa.func.count(Payment.id)).where(Payment.source_id == claim, Payment.state == "waiting")
    return session.scalar(count) or 0


def test_of_two_processes_that_batch_one_claim_one_does(shared, other_database):
    payer_account(shared)
    ann = visitor()
    account(shared, ann)
    claim = approved(shared, opened(shared), ann)
    told = _race(normalise_url(other_database.app_url), shared, claim, "batching")
    assert told["prepared"] == 1
    assert _live(shared, claim) == 1
    assert state(shared, claim) == "batched"


def test_the_race_for_a_batch_can_be_lost(shared, other_database):
    """The control: the same race with reading before writing, and no unique index, puts the claim into several batches."""
    payer_account(shared)
    ann = visitor()
    account(shared, ann)
    claim = approved(shared, opened(shared), ann)
    told = _race(normalise_url(other_database.app_url), shared, claim, "batching_naively")
    assert told["prepared"] > 1


def press(client: FormClient, page: str, ends: str) -> Any:
    """Press the button whose form goes to an address with this ending."""
    (form,) = [one for one in forms(client.get(page).text) if one.action.split("?")[0].endswith(ends)]
    return client.post(form.action, data=form.fields)


def upload(client: FormClient, page: str, content: bytes, name: str = "bank.csv") -> Any:
    return client.submit(
        page, {"file": (BytesIO(content), name)}, content_type="multipart/form-data"
    )  # fmt: skip


def claimant(app: Flask, session: ScopedSession, budget_id: str, name: str, number: str, colour: int) -> FormClient:
    """Somebody with an approved claim and an account, signed in."""
    who = make_person(app, f"{name}@example.org", name=name.title(), home="scotland")
    approved(session, budget_id, Visitor(who, name.title(), f"{name}@example.org", is_member=True), colour=colour)
    session.rollback()
    client = client_of(app, who)
    if number:
        given = {"name": name.title(), "sort_code": "20-00-00", "account": number, "password": PASSWORD}
        assert client.submit("/scotland/expenses/account", given).status_code == 303
    return client


OWN = {"name": "Q in Scotland", "sort_code": "20-00-00", "account": "55779911", "user_number": "123456"}


def batched(app: Flask, session: ScopedSession) -> tuple[FormClient, FormClient, str]:
    """A batch of two claims of £10: who prepared it, who may release it, and its address."""
    lead, second = member(app, "lena", Role.PARTNER_LEAD), member(app, "sian", Role.PARTNER_LEAD)
    assert lead.submit(f"{PAYMENTS}/account", OWN).status_code == 303
    budget_id = opened(session, 100_000)
    for colour, name in enumerate(("ann", "ben"), 1):
        claimant(app, session, budget_id, name, f"3192681{colour}", colour)
    made = lead.submit(f"{PAYMENTS}/new", {"day": clock.today().isoformat()})
    return lead, second, made.headers["Location"]


def hashes(page: str) -> dict[str, str]:
    """The hashes that a batch's page shows, by the kind of file."""
    found = re.findall(r"(Bank CSV|Bacs Standard 18|pain\.001).*?<code[^>]*>([0-9a-f]{64})</code>", page, re.DOTALL)
    return dict(found)


def test_who_releases_a_batch_sees_its_count_its_sum_and_the_hash_of_each_file(
    site: Flask, session: ScopedSession
) -> None:
    lead, second, batch = batched(site, session)
    before = second.get(batch).text
    facts = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", before))
    assert (facts["Payments"], facts["In all"]) == ("2", "£20.00")
    assert press(second, batch, "/release").status_code == 303
    page = lead.get(batch).text
    assert hashes(page) == hashes(before)
    kinds = {"Bank CSV": "csv", "Bacs Standard 18": "bacs18", "pain.001": "pain001"}
    files = {shown: press(lead, batch, f"/file/{kind}").data for shown, kind in kinds.items()}
    assert hashes(page) == {shown: hashlib.sha256(content).hexdigest() for shown, content in files.items()}
    assert [row["Amount"] for row in csv.DictReader(StringIO(files["Bank CSV"].decode()))] == ["10.00", "10.00"]
    assert b"<NbOfTxs>2</NbOfTxs><CtrlSum>20.00</CtrlSum>" in files["pain.001"]


def test_the_letter_about_a_payment_has_the_amount_and_the_reference_of_the_banks_file(
    site: Flask, session: ScopedSession, platform_session: ScopedSession
) -> None:
    lead, second, batch = batched(site, session)
    press(second, batch, "/release")
    in_file = {row["Name"]: row for row in csv.DictReader(StringIO(press(lead, batch, "/file/csv").text))}
    refs = {name: row["Reference"] for name, row in in_file.items()}
    assert len(set(refs.values())) == 2
    said = "".join(f"{ref},paid\n" for ref in refs.values())
    assert upload(lead, f"{batch}/results", said.encode()).status_code == 303
    for name, other in (("Ann", "Ben"), ("Ben", "Ann")):
        letter = platform_session.scalars(
            sa.select(Mail).where(Mail.to_address == f"{name.lower()}@example.org", Mail.subject.contains("are paid"))
        ).one()
        for body in (letter.text, letter.html):
            assert f"£{in_file[name]['Amount']}" in body
            assert refs[name] in body
            assert refs[other] not in body


def test_from_what_is_ready_to_what_the_bank_says(site: Flask, session: ScopedSession, platform_session) -> None:
    lead, second = member(site, "lena", Role.PARTNER_LEAD), member(site, "sian", Role.PARTNER_LEAD)
    assert member(site, "cai", Role.EXPENSE_APPROVER).get(f"{PAYMENTS}/").status_code == 403
    assert "There is nothing to pay." in lead.get(f"{PAYMENTS}/").text
    budget_id = opened(session, 100_000)
    people = [claimant(site, session, budget_id, name, number, colour + 1) for colour, (name, number) in enumerate((("ann", "31926819"), ("ben", "31926820"), ("bare", "")))]  # fmt: skip
    assert "First give the account" in lead.get(f"{PAYMENTS}/new").text
    wrong = lead.submit(f"{PAYMENTS}/account", {**OWN, "account": "1e7", "user_number": "12"})
    assert (wrong.status_code, 'value="1e7"' in wrong.text, "six figures. Leave it empty" in wrong.text) == (
        422,
        True,
        True,
    )
    assert lead.submit(f"{PAYMENTS}/account", OWN).status_code == 303
    assert "55779911" not in lead.get(f"{PAYMENTS}/account").text
    page = lead.get(f"{PAYMENTS}/new").text
    assert "The person has given no bank account yet." in page
    assert page.count('name="claims"') == 2
    refused = lead.submit(f"{PAYMENTS}/new", {"day": "2026-01-01"})
    assert (refused.status_code, "next 30" in refused.text, 'value="2026-01-01"' in refused.text) == (422, True, True)
    made = lead.submit(f"{PAYMENTS}/new", {"day": clock.today().isoformat()})
    batch = made.headers["Location"]
    assert "You prepared this batch, so somebody else releases it." in lead.get(batch).text
    assert "/release" not in lead.get(batch).text
    assert lead.post(f"{batch}/release", data={"csrf_token": forms(lead.get(f"{PAYMENTS}/new").text)[0].fields["csrf_token"], "version": "1"}).status_code == 422  # fmt: skip
    assert press(second, batch, "/release").status_code == 303
    page = second.get(batch).text
    first, again = press(second, batch, "/file/csv"), press(lead, batch, "/file/csv")
    assert first.data == again.data
    assert first.headers["Content-Disposition"].startswith("attachment;")
    assert "31926819" in first.text
    assert all(press(lead, batch, f"/file/{kind}").status_code == 200 for kind in ("bacs18", "pain001"))
    assert re.search(r"<code[^>]*>[0-9a-f]{64}</code>", page)
    assert "31926819" not in page
    assert "the account that ends in 9911" in page
    assert "With the bank" in people[0].get(link(people[0].get("/scotland/expenses/claims/").text, "/expenses/claims/[a-z0-9]{26}")).text  # fmt: skip

    ref_ann, ref_ben = re.findall(r">(Q[0-9A-Z]{11})</td>", page)
    for content, told in (
        (b"", "Choose the bank"),
        (b"reference,result\nQNOBODY,paid\n", "Line 2: The reference is not in this batch."),
        (f"{ref_ann},paid\n{ref_ben},perhaps\n".encode(), "Line 2: It is not a reference"),
        (b"\xff\xfe\x00", "save it as CSV"),
    ):
        answer = (
            upload(lead, f"{batch}/results", content) if content else upload(lead, f"{batch}/results", b"", name="")
        )
        assert (answer.status_code, told in answer.text) == (422, True), told
    assert "No answer yet" in lead.get(batch).text
    session.rollback()
    assert set(session.scalars(sa.select(Payment.state))) == {"waiting"}
    assert upload(lead, f"{batch}/results", f"{ref_ann},paid\n{ref_ben},returned\n".encode()).status_code == 303
    page = lead.get(batch).text
    assert "Settled" in page
    assert "The bank sent payments back." in page
    assert "The bank sent it back. The person has to give a bank account again." in lead.get(f"{PAYMENTS}/new").text
    letters = {(one.to_address, one.subject.split(":")[0]) for one in platform_session.scalars(sa.select(Mail))}
    back = "The bank sent payments back"
    assert {one for one in letters if one[0] in ("lena@example.org", "sian@example.org")} == {("lena@example.org", back), ("sian@example.org", back)}  # fmt: skip
    said = {one[1] for one in letters if one[0] in ("ann@example.org", "ben@example.org")}
    assert said >= {"Your costs are paid", "Your bank sent your costs back"}
    assert "£20.00" in lead.get(f"{PAYMENTS}/").text
    assert lead.get(f"{PAYMENTS}/?format=csv").text.count("Settled") == 1
    assert lead.get(f"{PAYMENTS}/{new_id()}").status_code == 404
    elsewhere = member(site, "wyn", Role.PARTNER_LEAD)
    assert elsewhere.get(batch.replace("/scotland/", "/wales/")).status_code in (403, 404)


def test_a_batch_prepared_before_hashes_were_kept_is_cancelled_and_prepared_anew(session, budget_id):
    """As `docs/operate.md` says it."""
    who = visitor()
    account(session, who)
    made = approved(session, budget_id, who)
    old = prepare(session, made)
    session.execute(sa.update(PaymentBatch).values(hashes={}))
    session.commit()
    with pytest.raises(Refused, match="The files are not what was prepared"):
        batches.release(session, old, 1, RELEASER, seal=paid.SEAL)
    batches.cancel(session, old, 1, PREPARER, tell=paying.life(PREPARER, paid.nobody))
    assert state(session, made) == "approved"
    again = prepare(session, made)
    batches.release(session, again, 1, RELEASER, seal=paid.SEAL)
