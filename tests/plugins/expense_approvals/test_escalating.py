"""What nobody of a site can decide is told to the central team by a letter: each thing once, in the reader's language."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from core.kernel.permissions import Role
from core.people.models import Account
from core.sdk import clock, transaction
from core.work.models import Mail
from plugins.expense_approvals import jobs
from plugins.expense_approvals.models import Escalation
from plugins.expense_approvals.queries import claims
from plugins.expense_approvals.service import escalating, judging, sending
from tests.factories.people import make_person
from tests.plugins.expense_approvals.claimed import approve, check, mark, sent, unheard
from tests.plugins.expense_approvals.helpers import (
    NO_LIMITS,
    POLICY,
    activity,
    asked,
    nothing,
    opened,
    switched_on,
    visitor,
)
from tests.plugins.expense_approvals.paid import account

UK = 1


@pytest.fixture
def wales(app, app_context, session_for):
    """A site with two languages, where the plugin is on, and a lead who is the only one to decide."""
    switched_on(app, "wales")
    return session_for("wales")


@pytest.fixture
def lead(app):
    found = make_person(app, "lena@example.org", name="Lena Lead", grants=((Role.PARTNER_LEAD, "wales"),))
    return visitor(Role.PARTNER_LEAD, account_id=found)


def central(app, name):
    return make_person(app, f"{name}@example.org", name=name.title(), grants=((Role.CENTRAL_TEAM, "uk"),))


def written(session):
    session.rollback()
    mails = sa.select(Mail.to_address, Mail.locale, Mail.subject, Mail.text).order_by(Mail.created_at, Mail.to_address)
    return session.execute(mails.where(Mail.text.like("%/manage/expenses/%"))).all()


def test_each_thing_is_told_once_to_who_may_decide_it(app, wales, lead):
    cen = central(app, "cen")
    make_person(app, "arlo@example.org", grants=((Role.EXPENSE_APPROVER, "scotland"),))
    budget_id = opened(wales, 1_000_00)
    asked(wales, activity(wales, budget_id), lead)
    claim = sent(wales, budget_id, visitor(account_id=cen))
    sent(wales, budget_id, visitor(), colour=2)  # the lead can check it
    check(wales, claim, lead)  # and who checked does not approve
    for _ in range(2):
        wales.rollback()
        jobs.nobody_left(wales, clock.now())
    ((to, locale, subject, text),) = written(wales)
    assert (to, locale, "nobody there can decide" in subject) == ("cen@example.org", "en", True)
    assert "One request for costs to be agreed." in text
    assert "One claim." not in text, "nobody is told of their own"
    assert "Lena" not in text
    sian = central(app, "sian")
    with transaction(wales):
        wales.execute(sa.update(Account).where(Account.id == sian).values(locale="cy"))
    jobs.nobody_left(wales, clock.now())
    more = written(wales)[1:]
    assert [(one.to_address, one.locale) for one in more] == [("sian@example.org", "cy")]
    assert "Un hawliad." in more[0].text, more[0].text
    assert "/manage/expenses/claims/" in more[0].text
    assert wales.scalar(sa.select(sa.func.count(Escalation.id))) == 2


def test_a_later_step_and_a_new_round_are_told_anew(app, wales, lead, frozen_clock):
    central(app, "cen")
    cai = make_person(app, "cai@example.org", grants=((Role.EXPENSE_APPROVER, "wales"),))
    checker, ann = visitor(Role.EXPENSE_APPROVER, account_id=cai), visitor()
    made = sent(wales, opened(wales, 1_000_00), ann)
    two = replace(NO_LIMITS, second_p=0)

    def told() -> int:
        wales.rollback()
        frozen_clock.advance(hours=24)
        found = escalating.tell_central(wales, UK, two, lambda *_: None)
        found += escalating.tell_central(wales, UK, two, lambda *_: None)  # never twice
        frozen_clock.advance(minutes=1)
        return found

    assert told() == 0
    check(wales, made, checker)
    assert told() == 0  # the lead approves first
    approve(wales, made, lead, limits=two)
    assert told() == 1
    assert told() == 0
    account(wales, visitor(account_id=cai), "00000009")
    account(wales, lead, "00000009")
    account(wales, ann, "00000009")  # and nobody of the site can even check it in the next round
    version = claims.one(wales, made, checker).version
    judging.query(wales, made, version, "Which bus?", visitor(Role.CENTRAL_TEAM), unheard)
    assert told() == 0
    sending.answer(
        wales, made, claims.one(wales, made, ann).version, "The X55.", ann, policy_on=POLICY, partners=nothing, mark=mark, post=unheard
    )  # fmt: skip
    assert told() == 1
    check(wales, made, visitor(Role.CENTRAL_TEAM))
    assert told() == 1
    assert wales.scalar(sa.select(sa.func.count(Escalation.id))) == 1


def test_a_step_that_is_taken_while_the_letter_is_written_is_told_of_by_the_next(app, wales, lead, frozen_clock):
    central(app, "cen")
    made = sent(wales, opened(wales, 1_000_00), lead)
    wales.rollback()
    began = clock.now()
    assert escalating.tell_central(wales, UK, NO_LIMITS, lambda *_: frozen_clock.advance(hours=1)) == 1
    assert wales.scalars(sa.select(Escalation.told_at)).all() == [began]
    frozen_clock.advance(minutes=-30)
    check(wales, made, visitor(Role.CENTRAL_TEAM))
    wales.rollback()
    assert escalating.tell_central(wales, UK, NO_LIMITS, lambda *_: None) == 1


def test_nothing_is_noted_where_nobody_could_be_told_or_a_letter_failed(app, wales, lead):
    asked(wales, activity(wales, opened(wales, 1_000_00)), lead)
    wales.rollback()
    jobs.nobody_left(wales, clock.now())
    assert wales.scalar(sa.select(sa.func.count(Escalation.id))) == 0
    wales.rollback()
    central(app, "cen")

    def broken(*_):
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - the one above
        escalating.tell_central(wales, UK, NO_LIMITS, broken)
    assert wales.scalar(sa.select(sa.func.count(Escalation.id))) == 0
    wales.rollback()
    jobs.nobody_left(wales, clock.now())
    assert len(written(wales)) == 1
