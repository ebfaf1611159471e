"""Fairness and quality over all partners, and of each, for the central team."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response, request

from core.admissions.queries import quality as queries
from core.admissions.queries.quality import Kept
from core.admissions.service import quality as service
from core.admissions.views.blueprints import central
from core.admissions.views.quality import Desk, partners, show_equality, show_outcomes, show_scoring
from core.data.audit import UK
from core.data.db import platform_scope
from core.data.session import ScopedSession
from core.kernel.permissions import Permission
from core.web.access import needs
from core.web.context import here
from core.web.i18n import gettext as _
from core.web.pages import redirect_with

MAY = Permission.ADMISSIONS_CONFIGURE


@contextmanager
def _desk() -> Iterator[tuple[Desk, ScopedSession, int]]:
    """The console's desk, its session over all sites, and whose report is shown (the UK site's is over all).

    The conflicts of whoever reads are partners' rows, and so are partners' reports: neither can be read at the UK site.
    No assessor has a name here: their partner's lead speaks with them.
    """
    known = partners()
    sites = {tenant.slug: tenant.id for tenant in known}
    slug = request.values.get("site", "")
    slug = slug if slug in sites else ""
    tenant_id = sites.get(slug, UK)
    actor = here().visitor.actor()
    with platform_scope("Joining Q: figures of quality", actor) as session:
        left_out = queries.hidden_from(session, actor.account_id, None if tenant_id == UK else tenant_id)
        if tenant_id == UK:
            periods = [("", _("All years")), *((year, year) for year in queries.years(session))]
        else:
            periods = [("", _("All windows")), *queries.windows(session, tenant_id)]
        period = request.values.get("period", "")
        period = period if period in dict(periods) else ""
        choices = [
            ("site", _("Partner"), [("", _("All partners")), *((t.slug, t.named(here().language)) for t in known)], slug),
            ("period", _("Year") if tenant_id == UK else _("Window"), periods, period),
        ]  # fmt: skip
        kept = queries.kept(session, tenant_id, period, queries.hash_of(left_out))
        desk = Desk(
            "layouts/console.html", "admissions.quality_", choices, kept, left_out, _numbered(kept), of_one=tenant_id != UK
        )  # fmt: skip
        yield desk, session, tenant_id


def _numbered(kept: Kept | None) -> dict[str, str]:
    """Assessors as the central team sees them: numbered."""
    if kept is None or kept.report is None:
        return {}
    assessors = sorted(one.assessor for one in kept.report.scoring.lenient)
    return {assessor: _("Assessor %(number)s", number=number) for number, assessor in enumerate(assessors, 1)}


@central.get("/quality/")
@needs(MAY)
def quality_scoring() -> Response:
    """How assessors mark: of all partners, or of one."""
    with _desk() as (desk, _session, _tenant):
        return show_scoring(desk, here().session)


@central.get("/quality/outcomes")
@needs(MAY)
def quality_outcomes() -> Response:
    """What became of applications: of all partners, or of one."""
    with _desk() as (desk, _session, _tenant):
        return show_outcomes(desk, here().session)


@central.get("/quality/equality")
@needs(MAY)
def quality_equality() -> Response:
    """The published figures by equality group."""
    with _desk() as (desk, _session, _tenant):
        return show_equality(desk, here().session)


@central.post("/quality/refresh")
@needs(MAY)
def quality_refresh() -> Response:
    """Have the figures worked out anew."""
    with _desk() as (desk, session, tenant_id):
        service.ask(
            session, here().visitor.actor(), tenant_id=tenant_id, period=desk.chosen.get("period", ""), left_out=desk.left_out
        )  # fmt: skip
    return redirect_with(
        _("The figures are being worked out. It takes a moment."), "admissions.quality_scoring", **desk.chosen
    )
