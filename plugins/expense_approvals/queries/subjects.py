"""What the audit trail's entries of expenses were about, by title or reference."""

from collections.abc import Collection

import sqlalchemy as sa

from core.sdk import ScopedSession
from plugins.expense_approvals.models import Activity, Payment, PaymentBatch


def names(session: ScopedSession, ids: Collection[str]) -> dict[str, str]:
    """{id: name} of those among `ids` that have one, in one statement: an activity by its title, a batch of payments by its
    reference, a claim or an adjustment by that of its payment once there is one. What somebody asks for has none."""
    found = sa.union_all(
        sa.select(Activity.id, Activity.title).where(Activity.id.in_(ids)),
        sa.select(PaymentBatch.id, PaymentBatch.ref).where(PaymentBatch.id.in_(ids)),
        sa.select(Payment.source_id, Payment.ref).where(Payment.source_id.in_(ids)).distinct(),
    )
    return {row[0]: row[1] for row in session.execute(found)}
