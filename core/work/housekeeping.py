"""What the platform forgets by itself."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from core.data.idempotency import FormKey
from core.data.session import ScopedSession, transaction
from core.kernel.text import N_
from core.work.mail import SENT_WITHIN
from core.work.models import DONE, SET_ASIDE, SKIPPED, HookFailure, Mail, WorkFailure
from core.work.registry import every

MAIL_KEPT_FOR = timedelta(days=30)
SECRET_KEPT_FOR = SENT_WITHIN
"""No shorter than a message goes by itself; no link that goes by mail has to be opened later than that."""
FAILURES_KEPT_FOR = timedelta(days=90)
FORMS_KEPT_FOR = timedelta(days=30)
"""Longer than anybody leaves a form open: one that is sent for the second time later is done for the second time."""


@every("20 4 * * *", name="core.forget_mail", title=N_("The words of old messages are deleted"), once=True)
def forget_mail(session: ScopedSession, at: datetime) -> None:
    """Empty the bodies of messages older than 30 days, and of those with a one-use link after seven."""
    old = (Mail.created_at < at - MAIL_KEPT_FOR) | (Mail.secret & (Mail.created_at < at - SECRET_KEPT_FOR))
    with transaction(session):
        session.execute(
            sa.update(Mail)
            .where(old, (Mail.text != "") | (Mail.html != ""))
            .values(text="", html="", stop_href="", calendar="")
        )


@every(
    "40 4 * * *",
    name="core.forget_failures",
    title=N_("Failures that were dealt with, or are old, are deleted"),
    once=True,
)
def forget_failures(session: ScopedSession, at: datetime) -> None:
    """Delete failures that were dealt with, skipped work, and plugins' failures after 90 days. What is still open stays."""
    closed = WorkFailure.state.in_((DONE, SET_ASIDE, SKIPPED))
    with transaction(session):
        session.execute(sa.delete(WorkFailure).where(closed, WorkFailure.failed_at < at - FAILURES_KEPT_FOR))
        session.execute(sa.delete(HookFailure).where(HookFailure.last_at < at - FAILURES_KEPT_FOR))


@every("45 4 * * *", name="core.forget_forms", title=N_("Marks of forms that were sent long ago are deleted"))
def forget_forms(session: ScopedSession, at: datetime) -> None:
    """Delete the one-use keys of forms that were sent more than 30 days ago: they tell who did what and when."""
    with transaction(session):
        session.execute(sa.delete(FormKey).where(FormKey.created_at < at - FORMS_KEPT_FOR))
