"""What nobody of a site can decide is told to the central team by a letter: each thing once, in the reader's language."""

import pytest
import sqlalchemy as sa

from core.kernel.permissions import Role
from core.people.models import Account
from core.sdk import clock, transaction
from core.work.models import Mail
from plugins.expense_approvals import jobs
from plugins.expense_approvals.models import Escalation
from plugins.expense_approvals.service import escalating
from tests.factories.people import make_person
from tests.plugins.expense_approvals.claimed import check, sent
from tests.plugins.expense_approvals.helpers import NO_LIMITS, activity, asked, opened, switched_on, visitor

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
