"""The letters about what was asked for beforehand: one for each answer, in the person's language, with the step or not at all."""

import pytest
import sqlalchemy as sa

from core.kernel import clock
from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.people.models import Account
from core.sdk import Refused, Visitor, transaction
from core.work.models import Mail
from plugins.expense_approvals import asking_letters, jobs
from plugins.expense_approvals.queries import claims, preapprovals
from plugins.expense_approvals.service import claiming, deciding, judging, sending
from plugins.expense_approvals.states import PREAPPROVAL
from tests.factories.people import client_of, make_person
from tests.plugins.expense_approvals.claimed import SECOND, agreed, draft, mark, sent, spent
from tests.plugins.expense_approvals.helpers import (
    APPROVER,
    POLICY,
    activity,
    agree,
    asked,
    cost,
    nothing,
    opened,
    switched_on,
    unheard,
    visitor,
)
from tests.plugins.expense_approvals.test_pages import amount

DESK = "/wales/manage/expenses/asked"


@pytest.fixture
def wales(app, session_for):
    """A site with two languages, where the plugin is on."""
    switched_on(app, "wales")
    return session_for("wales")


@pytest.fixture
def mair(app):
    """A member who asks for costs."""
    account_id = make_person(app, "mair@example.org", name="Mair", home="wales")
    return visitor(account_id=account_id, name="Mair", email="mair@example.org")


@pytest.fixture
def lead(app):
    return client_of(app, make_person(app, "lena@example.org", grants=((Role.PARTNER_LEAD, "wales"),)))


def written(session, who: Visitor):
    session.rollback()
    query = sa.select(Mail.subject, Mail.text).where(Mail.account_id == who.account_id).order_by(Mail.id)
    return [tuple(one) for one in session.execute(query)]


@pytest.mark.parametrize(
    ("wish", "more", "subject", "says"),
    [
        ("agree", {}, "Your costs are agreed", "£10.00 of your costs"),
        ("agree", {"amount": "6.50"}, "Your costs are agreed in part", "£6.50 is agreed"),
        ("decline", {}, "Your costs are not agreed", "cannot be claimed"),
        ("query", {}, "A question about your costs", "there is a question"),
    ],
)
def test_each_answer_is_told_by_a_letter(wales, mair, lead, wish, more, subject, says):
    made = asked(wales, activity(wales, opened(wales)), mair)
    wales.rollback()
    given = amount(lead, f"{DESK}/{made}", more["amount"]) if more else {}
    assert lead.submit(f"{DESK}/{made}", {"do": wish, "words": "There is a bus.", **given}).status_code == 303
    ((told, text),) = written(wales, mair)
    assert told == f"{subject}: Measuring for improvement"
    for words in (says, "The approver writes: There is a bus.", f"/wales/expenses/asked/{made}"):
        assert words in text


def test_what_is_taken_back_and_what_is_over_is_told_once_in_the_persons_language(app, wales, mair, lead, frozen_clock):
    with transaction(wales):
        welsh = sa.update(Account).where(Account.id == mair.account_id).values(locale="cy")
        wales.execute(welsh)
    activity_id = activity(wales, opened(wales))
    revoked, kept = asked(wales, activity_id, mair), asked(wales, activity_id, mair)
    for one in (revoked, kept):
        agree(wales, one)
    wales.rollback()
    assert lead.submit(f"{DESK}/{revoked}", {"do": "revoke", "words": "Dim mwy."}).status_code == 303
    frozen_clock.advance(days=14 + 91)
    for _ in range(2):
        wales.rollback()
        with app.app_context():
            jobs.expire(wales, clock.now())
    (first, words), (second, over) = written(wales, mair)
    assert first == "Nid oes cytundeb ar eich costau mwyach: Measuring for improvement"
    assert "Dim mwy." in words
    for text in (words, over):
        assert "dywedwch wrth Iechyd Cyhoeddus Cymru." in text
    assert second == "Ni hawliwyd eich costau y cytunwyd arnynt mewn pryd: Measuring for improvement"
    assert "Cytunwyd ar £10.00" in over


def dearer(session, who: Visitor) -> tuple[str, str]:
    """A claim of £15 where £12 was agreed, and the £3 more that were asked for."""
    ground = agreed(session, opened(session), who, cost(in_days=0, pence=12_00))
    made = draft(session, ground, who, spent(pence=15_00))
    more = sending.ask_for_more(session, made, "Full.", who, new_token(), policy_on=POLICY, partners=nothing)
    session.rollback()
    return made, more


@pytest.mark.parametrize(
    ("wish", "typed", "subject", "says"),
    [
        ("agree", "", "More is agreed for your claim", "£3.00 more is agreed for your claim"),
        (
            "agree",
            "2.50",
            "Part of what you asked for in addition is agreed",
            "£2.50 is agreed. Go to your claim, lower",
        ),
        ("decline", "", "No more is agreed for your claim", "changes nothing about what was agreed before"),
        ("query", "", "A question before more is agreed for your claim", "there is a question"),
        ("revoke", "", "What was agreed in addition is taken back", "ask Public Health Wales."),
    ],
)
def test_what_adds_to_an_agreement_has_letters_that_lead_to_the_claim(wales, mair, lead, wish, typed, subject, says):
    made, more = dearer(wales, mair)
    if wish == "revoke":
        agree(wales, more)
        wales.rollback()
    given = amount(lead, f"{DESK}/{more}", typed) if typed else {}
    assert lead.submit(f"{DESK}/{more}", {"do": wish, "words": "There is a bus.", **given}).status_code == 303
    ((told, text),) = written(wales, mair)
    assert told == f"{subject}: Measuring for improvement"
    page = f"asked/{more}" if wish == "query" else f"claims/{made}"
    for words in (says, "The approver writes: There is a bus.", "Go to your claim", f"/wales/expenses/{page}"):
        assert words in text
    assert "Keep a receipt" not in text
    assert "ask again" not in text


def test_where_the_claim_is_no_more_such_a_letter_leads_to_where_one_is_begun(wales, mair, lead):
    made, more = dearer(wales, mair)
    claiming.withdraw(wales, made, claims.one(wales, made, mair).version, mair, mark)
    wales.rollback()
    assert lead.submit(f"{DESK}/{more}", {"do": "decline", "words": "No."}).status_code == 303
    ((_, text),) = written(wales, mair)
    assert "/wales/expenses/claims/\n" in f"{text}\n"


def test_only_what_was_never_claimed_is_called_so_when_it_is_over(app, wales, mair, frozen_clock):
    """Not what was claimed and refused, which was told then, nor what only added to an agreement."""
    refused = sent(wales, opened(wales), mair)
    judging.reject(wales, refused, claims.one(wales, refused, SECOND).version, "Too late.", SECOND, unheard)
    draft(wales, agreed(wales, opened(wales), mair, cost(in_days=0, pence=11_00)), mair, colour=2)
    _, more = dearer(wales, mair)
    agree(wales, more)
    wales.rollback()
    frozen_clock.advance(days=120)
    with app.app_context():
        jobs.expire(wales, clock.now())
    told = written(wales, mair)
    assert {subject for subject, _ in told} == {"Your agreed costs were not claimed in time: Measuring for improvement"}
    assert sorted(text[text.index("£") :][:6] for _, text in told) == ["£11.00", "£12.00"]
    wales.rollback()
    assert preapprovals.one(wales, more, APPROVER).state == "expired"
    ground = claims.one(wales, refused, SECOND).preapproval_id
    assert preapprovals.one(wales, ground, APPROVER).state == "expired"


def test_no_step_no_letter(app, app_context, wales, mair):
    """Both are one transaction: who cannot decide writes nothing."""
    post = asking_letters.post(app.extensions["q.directory"].by_slug("wales"))
    made = asked(wales, activity(wales, opened(wales, 500)), mair)
    with pytest.raises(Refused, match="does not have that much left"):
        agree(wales, made, post=post)
    with pytest.raises(Refused):
        deciding.decline(wales, made, 1, "No.", visitor(Role.EXPENSE_APPROVER, account_id=str(mair.account_id)), post)
    assert written(wales, mair) == []
    assert preapprovals.one(wales, made, APPROVER).state == "submitted"


def test_a_closed_account_gets_none_and_every_answer_has_its_letter(app, app_context, wales):
    gone = visitor()
    made = asked(wales, activity(wales, opened(wales)), gone)
    agree(wales, made, post=asking_letters.post(app.extensions["q.directory"].by_slug("wales")))
    assert written(wales, gone) == []
    own = {"ask", "answer", "withdraw", "use"}  # the person's own steps, and what the claim's letters tell
    assert set(asking_letters.LETTERS) == {row.event for row in PREAPPROVAL.transitions} - own
    assert set(asking_letters.MORE) == set(asking_letters.LETTERS) - {"expire"}
