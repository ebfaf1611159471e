"""Giving back what was agreed and not used in time: each once, however often the job runs and wherever it died."""

from core.sdk import SYSTEM, Conflict, Refused, ScopedSession, clock, record_audit, transaction
from plugins.expense_approvals.queries import claims, preapprovals
from plugins.expense_approvals.service.moving import move
from plugins.expense_approvals.service.stepping import Post, take, tell


def sweep(session: ScopedSession, post: Post) -> int:
    """Expire every agreed pre-approval of the session's site whose last day is over; how many. Each is a transaction of its own.

    Its person is told that nothing was claimed in time, where that is so: not where a claim from it was sent and refused or
    withdrawn, which they know, nor of what only added to an agreement.
    """
    done, found = 0, claims.over(session, clock.today())
    sent = claims.ever_sent(session, [asked.id for asked in found])
    for asked in found:
        budget_id = preapprovals.budget_of(session, asked.id)
        try:
            with transaction(session):
                take(session, asked, "expire", None)
                if budget_id is not None:
                    move(session, budget_id, asked.id, "release", committed=-asked.approved_p)
                record_audit(session, actor=SYSTEM, action="expense_approvals.expire", subject=asked.id)
                if asked.supplements_id is None and asked.id not in sent:
                    tell(session, asked, "expire", "", post, asked.approved_p)
        except (Conflict, Refused):
            continue  # somebody withdrew or revoked it meanwhile: that gave the money back
        done += 1
    return done
