"""What calibration holds about one person: an assessor's own scores of cases."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.admissions.models import Assessor, CalibrationCase, CalibrationMark
from core.data.session import ScopedSession
from core.kernel.text import N_
from core.people.personal.registry import Part, contribute
from core.people.personal.rows import listed, rows


def export(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """Every case that somebody scored or was asked to score at this site, with their reasons."""
    query = (
        sa.select(CalibrationCase.name, CalibrationMark.scores, CalibrationMark.recommendation, CalibrationMark.sealed_at)
        .join(CalibrationCase, CalibrationCase.id == CalibrationMark.case_id)
        .join(
            Assessor, (Assessor.tenant_id == CalibrationMark.tenant_id) & (Assessor.id == CalibrationMark.assessor_id)
        )
        .where(Assessor.account_id == account_id)
        .order_by(CalibrationMark.id)
    )  # fmt: skip
    yield from listed(N_("Calibration cases you scored"), rows(session, query))


contribute(
    Part(
        "admissions_calibration",
        (CalibrationMark.__tablename__,),
        export,
        stays=N_("Scores of calibration cases, without a name: partners are compared by them, and sealed scores never change."),
        per_tenant=True,
        about=lambda who: [sa.select(Assessor.id).where(Assessor.account_id == who)],
    )
)  # fmt: skip
