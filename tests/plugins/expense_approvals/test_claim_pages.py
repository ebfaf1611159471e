"""The pages of claims, as people use them: from what was agreed to an approval, and what is sent wrongly or with bad intent."""

import re
import struct
import zlib
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image

from core.kernel import clock
from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.sdk import ScopedSession, Visitor
from core.work.models import Mail
from plugins.expense_approvals.queries import claims
from plugins.expense_approvals.service import claiming
from tests.factories.people import client_of, make_person
from tests.plugins.expense_approvals import claimed, helpers
from tests.plugins.expense_approvals.claimed import agreed, picture, spent
from tests.plugins.expense_approvals.helpers import cost, opened
from tests.plugins.expense_approvals.paid import account
from tests.plugins.expense_approvals.test_pages import folded, link, member
from tests.support.client import FormClient, forms

SITE = "/scotland/expenses/claims"
MANAGE = "/scotland/manage/expenses/claims"


class Person:
    """A member with an agreement for £20, signed in."""

    def __init__(self, app: Flask, session: ScopedSession, name: str = "ann") -> None:
        self.account = make_person(app, f"{name}@example.org", name=name.title(), home="scotland")
        self.client = client_of(app, self.account)
        self.visitor = Visitor(self.account, name.title(), f"{name}@example.org", is_member=True)
        self.ground = agreed(
            session, opened(session, 100_000, f"Budget of {name}"), self.visitor, cost(in_days=0, pence=2_000)
        )
        session.rollback()

    def begun(self, session: ScopedSession) -> str:
        """Begin a claim by the service, for a test that is about something later; its address."""
        claim_id = claiming.begin(session, self.ground, self.visitor)
        session.rollback()
        return f"{SITE}/{claim_id}"

    def unproved(self, session: ScopedSession, pence: int = 1_240) -> tuple[str, str]:
        """A claim with a cost that has no proof yet, by the services; its address, and that of the proof."""
        claim = self.begun(session)
        line = spent(pence=pence)
        line_id = claiming.put(session, claim[-26:], None, claiming.Cost(line, "To Perth."), self.visitor, new_token())
        session.rollback()
        return claim, f"{claim}/cost/{line_id}/proof"

    def begin(self) -> str:
        """Begin a claim by its button; its address."""
        return press(self.client, f"{SITE}/", f"/claims/from/{self.ground}").headers["Location"]

    def add(self, claim: str, **typed: Any) -> str:
        """Add a cost; the address of its proof."""
        given = {
            "category": "coach",
            "day": clock.today().isoformat(),
            "amount": "12.40",
            "quantity": "1",
            "reason": "To Perth.",
            **typed,
        }
        answer = self.client.submit(f"{claim}/cost", given)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def prove(self, address: str, content: bytes, name: str = "ticket.jpg") -> Any:
        """Give a file as a receipt."""
        return self.client.submit(
            address, {"kind": "receipt", "file": (BytesIO(content), name)}, content_type="multipart/form-data"
        )


def press(client: FormClient, page: str, ends: str, **more: str) -> Any:
    """Press the button whose form goes to an address with this ending."""
    (form,) = [one for one in forms(client.get(page).text) if one.action.split("?")[0].endswith(ends)]
    return client.post(form.action, data={**form.fields, **more})


def test_no_single_press_gives_up_a_claim_or_what_was_agreed(site: Flask, session: ScopedSession) -> None:
    """The costs and proofs of a claim would be gone with it. First it is said what would follow."""
    ann = Person(site, session)
    asked = f"/scotland/expenses/asked/{ann.ground}"
    assert "Nothing is agreed any more then." in folded(ann.client.get(asked).text, "/withdraw")
    claim = ann.begin()
    assert "add each cost and its proof once more" in folded(ann.client.get(claim).text, "/withdraw")
    page = ann.client.get(asked).text
    assert f'href="{claim}">Go to your claim</a>' in page
    assert "Claim what you have spent" not in page
    assert press(ann.client, claim, "/withdraw").status_code == 303
    assert "Claim what you have spent" in ann.client.get(asked).text


def test_from_an_agreement_to_an_approval(site: Flask, session: ScopedSession) -> None:
    ann = Person(site, session)
    checker, lead = member(site, "cai", Role.EXPENSE_APPROVER), member(site, "lena", Role.PARTNER_LEAD)
    assert "£20.00 is agreed. Claim it by" in ann.client.get(f"{SITE}/").text
    claim = ann.begin()
    assert "There is no cost yet." in ann.client.get(claim).text
    proof = ann.add(claim)
    assert "Add a proof of this cost." in ann.client.get(claim).text
    assert ann.prove(proof, picture()).status_code == 303
    page = ann.client.get(claim).text
    assert "ticket.jpg" in page
    assert "Add a proof of this cost." not in page
    assert checker.get(f"{MANAGE}/{claim[-26:]}").status_code == 404  # nobody reads a draft
    assert press(ann.client, claim, "/send").status_code == 303
    assert "Waiting for a check" in ann.client.get(claim).text

    queue = checker.get(f"{MANAGE}/").text
    assert "Ann" in queue
    one = link(queue, "/manage/expenses/claims/[a-z0-9]{26}")
    assert checker.submit(one, {"do": "query", "words": "Is there a railcard?"}).status_code == 303
    assert "Is there a railcard?" in ann.client.get(claim).text
    assert press(ann.client, claim, "/answer", words="").status_code == 422
    assert press(ann.client, claim, "/answer", words="No.").status_code == 303
    assert checker.submit(one, {"do": "check", "words": ""}).status_code == 303
    refused = checker.get(one).text
    assert "You or your stand-in checked this claim, so somebody else approves it." in refused
    assert 'value="approve"' not in refused
    (amount,) = re.findall(r'name="(amount-[a-z0-9]{26})"', lead.get(one).text)
    for typed in ("1e3", "99.00", "10.00"):
        said = lead.submit(one, {"do": "approve", amount: typed})
        assert (said.status_code, f'value="{typed}"' in said.text) == (422, True)
    why = amount.replace("amount", "why")
    assert lead.submit(one, {"do": "approve", amount: "10.00", why: "The slower bus."}).status_code == 303
    page = ann.client.get(claim).text
    assert "Approved in part" in page
    assert "The approver writes: The slower bus." in page
    assert "£10.00" in lead.get("/scotland/manage/expenses/budgets").text


def test_letters_follow_the_claim(site: Flask, session: ScopedSession) -> None:
    ann = Person(site, session)
    claim, proof = ann.unproved(session)
    ann.prove(proof, picture())
    press(ann.client, claim, "/send")
    lead = member(site, "lena", Role.PARTNER_LEAD)
    lead.submit(f"{MANAGE}/{claim[-26:]}", {"do": "reject", "words": "It was not a bus."})
    session.rollback()
    subjects = list(session.scalars(sa.select(Mail.subject).where(Mail.account_id == ann.account).order_by(Mail.id)))
    assert subjects == [
        "We have your claim: Measuring for improvement", "Your claim is not approved: Measuring for improvement",
    ]  # fmt: skip


def _exif() -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[2] = (55.0, 57.0, 12.0)
    exif[0x010F] = "home camera"
    out = BytesIO()
    Image.new("RGB", (8, 6)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def _huge_png() -> bytes:
    """A PNG whose header says 300 megapixels, and whose pixels are all one byte."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 20_000, 15_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


def _bomb() -> bytes:
    """310 megabytes of nothing: ten, packed so that they can be said again. Only the sum at the very end is wrong, where nobody gets."""
    packer = zlib.compressobj(9)
    first, more = (packer.compress(bytes(10_000_000)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    packed = first + more * 30 + packer.flush()
    return b"%PDF-1.7\n1 0 obj <</Length 1 /Filter /FlateDecode>> stream\n" + packed + b"\nendstream endobj\n%%EOF\n"


def _zip() -> bytes:
    """An archive of ten megabytes of nothing."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(10_000_000))
    return out.getvalue()


HOSTILE = {
    "an archive that unpacks to a lot": (_zip(), "ticket.pdf"),
    "a GIF that is a PDF too": (b"GIF89a/*" + b"%PDF-1.4\n1 0 obj\n%%EOF\n", "ticket.pdf"),
    "a PDF that is a page too": (b"<!doctype html><script>alert(1)</script>%PDF-1.4\n1 0 obj\n%%EOF\n", "ticket.pdf"),
    "an SVG with a script": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "ticket.jpg"),
    "a page": (b"<!doctype html><script>alert(1)</script>", "ticket.pdf"),
    "a program": (b"MZ\x90\x00" + b"\0" * 60, "ticket.png"),
    "300 megapixels": (_huge_png(), "ticket.png"),
    "a PDF with an archive behind it": (b"%PDF-1.4\n1 0 obj\n%%EOF\nPK\x03\x04hello PK\x05\x06" + b"\0" * 18, "t.pdf"),
    "a PDF with a script": (b"%PDF-1.4\n1 0 obj <</S /JavaScript /JS (app.alert(1))>> endobj\n%%EOF", "t.pdf"),
    "half a picture": (picture()[:200], "ticket.jpg"),
    "nothing": (b"", "ticket.jpg"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_receipt_is_refused_in_words(site: Flask, session: ScopedSession, what: str) -> None:
    ann = Person(site, session)
    claim, proof = ann.unproved(session)
    said = ann.prove(proof, *HOSTILE[what])
    assert said.status_code == 422
    assert 'href="#file"' in said.text
    assert claims.proofs(session, claim[-26:]) == []


def test_a_bomb_in_a_pdf_is_refused(site: Flask, session: ScopedSession) -> None:
    ann = Person(site, session)
    said = ann.prove(ann.unproved(session)[1], _bomb(), "ticket.pdf")
    assert (said.status_code, "unpacks to more" in said.text) == (422, True)


def test_a_photograph_loses_where_it_was_taken_and_what_was_hidden_behind_it(
    site: Flask, session: ScopedSession
) -> None:
    ann = Person(site, session)
    claim, place = ann.unproved(session)
    assert ann.prove(place, _exif() + b"<script>alert(1)</script>", "home.exe").status_code == 303
    (proof,) = claims.proofs(session, claim[-26:])
    got = ann.client.get(f"{claim}/proof/{proof.id}")
    assert (got.status_code, proof.name, got.mimetype) == (200, "home.jpg", "image/jpeg")
    assert b"script" not in got.data
    assert dict(Image.open(BytesIO(got.data)).getexif()) == {}
    is_only_downloaded(got)


def is_only_downloaded(got: Any) -> None:
    """A browser keeps it and never shows it as a page of ours."""
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert (got.headers["X-Content-Type-Options"], got.headers["Cache-Control"]) == ("nosniff", "no-store")


def test_a_pdf_is_taken_and_is_only_ever_downloaded(site: Flask, session: ScopedSession) -> None:
    ann, content = Person(site, session), b"%PDF-1.4\n1 0 obj\n%%EOF\n"
    claim, place = ann.unproved(session)
    assert ann.prove(place, content, "ticket.pdf").status_code == 303
    (proof,) = claims.proofs(session, claim[-26:])
    session.rollback()
    assert "ticket.pdf" in ann.client.get(claim).text
    press(ann.client, claim, "/send")
    checker = member(site, "cai", Role.EXPENSE_APPROVER)
    for client, address in ((ann.client, claim), (checker, f"{MANAGE}/{claim[-26:]}")):
        got = client.get(f"{address}/proof/{proof.id}")
        assert (got.status_code, got.mimetype, got.data) == (200, "application/pdf", content)
        is_only_downloaded(got)


def test_a_file_is_what_it_holds_and_not_what_it_is_called(site: Flask, session: ScopedSession) -> None:
    ann, out = Person(site, session), BytesIO()
    claim, place = ann.unproved(session)
    Image.new("RGB", (8, 6)).save(out, "PNG")
    assert ann.prove(place, out.getvalue() + _zip(), "ticket.pdf").status_code == 303
    (proof,) = claims.proofs(session, claim[-26:])
    got = ann.client.get(f"{claim}/proof/{proof.id}")
    assert (proof.name, got.mimetype, b"PK\x03\x04" in got.data) == ("ticket.png", "image/png", False)


def test_a_proof_is_for_the_person_and_once_it_is_sent_for_approvers(site: Flask, session: ScopedSession) -> None:
    ann = Person(site, session)
    claim, place = ann.unproved(session)
    ann.prove(place, picture())
    (proof,) = claims.proofs(session, claim[-26:])
    session.rollback()
    lead, stranger = member(site, "lena", Role.PARTNER_LEAD), member(site, "sam")
    manage = f"{MANAGE}/{claim[-26:]}/proof/{proof.id}"
    assert lead.get(manage).status_code == 404
    press(ann.client, claim, "/send")
    assert lead.get(manage).status_code == 200
    assert lead.get(f"{claim}/proof/{proof.id}").status_code == 404
    assert stranger.get(f"{claim}/proof/{proof.id}").status_code == 404
    assert stranger.get(manage).status_code == 403
    assert stranger.get(claim).status_code == 404


@pytest.mark.parametrize("typed", ["1e3", "NaN", "-0", "\uff11\uff12", "£1,000.005", "1" + "0" * 18, "", "0"])
def test_an_amount_that_is_none_is_told_and_kept(site: Flask, session: ScopedSession, typed: str) -> None:
    ann = Person(site, session)
    given = {"category": "rail", "amount": typed, "reason": "To Perth."}
    said = ann.client.submit(f"{ann.begun(session)}/cost", given)
    assert (said.status_code, 'href="#amount"' in said.text) == (422, True)
    assert f'value="{typed}"' in said.text
    assert 'value="To Perth."' in said.text


ODD = ["1e3", "NaN", "-0", "\uff11\uff12", "£1,000.005", "1" + "0" * 18]


def test_every_other_field_for_an_amount_tells_what_is_none_and_keeps_it(site: Flask, session: ScopedSession) -> None:
    ann, lead = Person(site, session), member(site, "lena", Role.PARTNER_LEAD)
    waiting = helpers.asked(session, helpers.activity(session, opened(session)), ann.visitor)
    session.rollback()
    claim, place = ann.unproved(session)
    given = {"category": "mileage", "reason": "To Perth."}
    answers = ann.client.submit_each(f"{claim}/cost", [{**given, "miles": typed} for typed in ODD])
    for typed, said in zip(ODD, answers, strict=True):
        assert (said.status_code, f'value="{typed}"' in said.text, 'value="To Perth."' in said.text) == (
            422,
            True,
            True,
        ), typed
    ann.prove(place, picture())
    press(ann.client, claim, "/send")
    checker = member(site, "cai", Role.EXPENSE_APPROVER)
    one = f"{MANAGE}/{claim[-26:]}"
    assert checker.submit(one, {"do": "check", "words": ""}).status_code == 303
    manage = "/scotland/manage/expenses"
    budget = link(lead.get(f"{manage}/budgets").text, "/manage/expenses/budgets/[a-z0-9]{26}")
    pages: tuple[tuple[str, str, dict[str, str]], ...] = (
        (f"{manage}/budgets", "limit", {"name": "Another"}), (budget, "limit", {}), (f"{manage}/asked/{waiting}", "amount-", {"do": "agree"}),
        (one, "amount-", {"do": "approve"}),
    )  # fmt: skip
    for page, name, given in pages:
        found = re.search(rf'name="({name}[a-z0-9]*)"', lead.get(page).text)
        assert found, page
        answers = lead.submit_each(page, [{**given, found[1]: typed} for typed in ODD])
        for typed, said in zip(ODD, answers, strict=True):
            assert (said.status_code, f'value="{typed}"' in said.text) == (422, True), (page, typed)


def test_miles_need_both_postcodes_a_vehicle_and_a_distance(site: Flask, session: ScopedSession) -> None:
    ann = Person(site, session)
    claim = ann.begun(session)
    said = ann.client.submit(f"{claim}/cost", {"category": "mileage", "from_postcode": "EH1", "to_postcode": "PH1 5AA"})
    assert said.status_code == 422
    for name in ("from_postcode", "vehicle", "miles"):
        assert f'href="#{name}"' in said.text
    ann.add(
        claim, category="mileage", amount="", from_postcode="eh11yz", to_postcode="ph15aa", miles="12.4", vehicle="car"
    )
    page = ann.client.get(claim).text
    assert "12.4 miles from EH1 1YZ to PH1 5AA" in page
    assert "£6.82" in page
    (change,) = re.findall(rf'href="({claim}/cost/[a-z0-9]{{26}})"', page)
    assert ann.client.submit(change, {"miles": "10"}).status_code == 303
    assert "£5.50" in ann.client.get(claim).text
    assert press(ann.client, claim, "/remove").status_code == 303
    assert "There is no cost yet." in ann.client.get(claim).text


def test_more_than_was_agreed_is_asked_for_and_told(site: Flask, session: ScopedSession) -> None:
    ann = Person(site, session)
    claim, proof = ann.unproved(session, 2_500)
    ann.prove(proof, picture())
    assert "This comes to £5.00 more than was agreed." in ann.client.get(claim).text
    assert not [one for one in forms(ann.client.get(claim).text) if one.action.endswith("/send")]
    assert ann.client.submit(f"{claim}/more", {"words": " "}).status_code == 422
    assert ann.client.submit(f"{claim}/more", {"words": "The cheap bus was full."}).status_code == 303
    assert "not decided yet" in ann.client.get(claim).text
    queue = member(site, "lena", Role.PARTNER_LEAD).get("/scotland/manage/expenses/").text
    assert "£5.00" in queue
    assert "Look closely" in queue


def test_what_is_unusual_comes_first_then_the_oldest(site: Flask, session: ScopedSession, frozen_clock: Any) -> None:
    for name in ("ann", "ben", "cat"):
        one = Person(site, session, name)
        made = claimed.draft(session, one.ground, one.visitor, colour=1 if name != "ben" else 2)
        claimed.send(session, made, one.visitor)
        frozen_clock.advance(minutes=5)
    session.rollback()
    lead = member(site, "lena", Role.PARTNER_LEAD)
    page = lead.get(f"{MANAGE}/").text
    assert page.index("Cat") < page.index("Ann") < page.index("Ben")  # she has a file of Ann's
    assert lead.get(f"{MANAGE}/?export=csv").status_code == 200


def test_a_claim_says_that_there_is_no_bank_account_to_pay_it_to(site: Flask, session: ScopedSession) -> None:
    ann = Person(site, session)
    (claim, proof), told = ann.unproved(session), "You have given no bank account to pay this to."
    assert told in ann.client.get(claim).text
    ann.prove(proof, picture())
    press(ann.client, claim, "/send")
    sent = ann.client.get(claim).text
    assert told in sent
    assert link(sent, "/expenses/account")
    account(session, ann.visitor)
    session.rollback()
    assert told not in ann.client.get(claim).text
