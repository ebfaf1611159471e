"""Figures of quality, and an assessor's marks of a calibration case."""

import sqlalchemy as sa

from core.admissions.jobs import quality as quality_jobs
from core.admissions.models import CalibrationMark, QualityReport
from core.admissions.rules import CRITERIA
from core.admissions.service import quality
from core.kernel import clock
from core.kernel.views import SYSTEM
from tests.integration.bad_input.rooms.cast import Cast, Room


def make_quality(cast: Cast) -> Room:
    """A report that is ready, and the assessor asked about the case that is out (the rooms of both come first)."""
    session = cast.session
    quality.ask(session, SYSTEM, tenant_id=cast.site.id, period="", left_out=())
    quality_jobs.report_of_site(session, report_id=session.scalars(sa.select(QualityReport.id)).one())
    quality_jobs.ask_for_calibration(session, clock.now())
    marks = tuple(session.scalars(sa.select(CalibrationMark.id).order_by(CalibrationMark.id)))
    scores = {f"{key}_level": "3" for key in CRITERIA} | {f"{key}_why": "Kept words" for key in CRITERIA}
    return Room({"mark_id": marks}, {"calibration.mark": scores})
