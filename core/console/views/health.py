"""Broken plugins, failed hooks and failed jobs, in plain sight; and running a failed job again."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response, request, url_for

from core.console.forms import ReasonForm
from core.console.rounds import called
from core.console.sheets import JOBS
from core.console.views.blueprints import console
from core.console.views.tenants import directory, tenant_called
from core.data.audit import UK
from core.data.db import tenant_session
from core.kernel import clock
from core.kernel.errors import NotFound, Refused
from core.kernel.ids import is_id
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.people.personal.gone import note_gone, waiting_for
from core.people.personal.service import unfinished
from core.tenancy.directory import TenantSnapshot
from core.tenancy.switches import kept_at
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on
from core.web.i18n import gettext as _
from core.web.listing import Listing
from core.web.lists import listed, searched
from core.web.pages import redirect_with, registry, render
from core.work import queries as work_queries
from core.work import service as work_service
from core.work.models import FAILED, MAIL_FAILED, SKIPPED, WorkFailure
from core.work.registry import UnknownJob

NEWEST = 50


@console.get("/health")
@needs(Permission.CONSOLE_USE)
def health() -> Response:
    """What is out of order."""
    session = here().session
    job, slug = searched("job"), request.args.get("tenant", "")
    at = tenant_called(slug).id if slug else None
    listing = Listing.read(
        url_for("console.health"),
        request.args,
        sorts=("-failed", "job", "tries"),
        filters=("job", "tenant"),
        size=NEWEST,
    )

    def read(limit: int | None, offset: int) -> tuple[Sequence[Any], int]:
        return work_queries.failures(
            session, states=(FAILED, SKIPPED), name=job, tenant_id=at, limit=limit, offset=offset, sort=listing.sort
        )

    found = listed(listing, JOBS, read)
    if isinstance(found, Response):
        return found
    listing, jobs = found
    counts = work_queries.counts(session)
    # What a mail server answers often names whom a message was for: it is shown to those who may look at people.
    shown = counts.mail_failed and here().visitor.can(Permission.ROLES_GRANT)
    return render(
        "console/health.html",
        broken=sorted(registry().broken.values(), key=lambda plugin: plugin.name),
        unfit=list(_unfit()),
        unfinished=unfinished(session, registry(), clock.now()),
        failures=work_queries.hook_failures(session, NEWEST),
        counts=counts,
        workers=work_queries.workers(session),
        mails=work_queries.mails(session, state=MAIL_FAILED, limit=NEWEST)[0] if shown else [],
        jobs=jobs,
        called=called,
        listing=listing,
        chosen={"job": job, "tenant": slug},
        sites={tenant.id: tenant for tenant in directory().all()},
    )


def _unfit() -> Iterator[tuple[TenantSnapshot, str, str, bool]]:
    """(site, plugin, what is wrong, whether for the whole platform) of each plugin that is off until its settings are mended, once: at the
    site where they are set. All are read anew: another process may have mended them."""
    directory().refresh(here().session)
    for tenant in directory().all():
        for name, wrong in tenant.unfit.items():
            if kept_at(registry(), name, tenant.id) == tenant.id:
                yield tenant, name, wrong, registry().plugins[name].manifest.platform_wide


def _failure(failure_id: str) -> WorkFailure:
    found = work_queries.failure(here().session, failure_id) if is_id(failure_id) else None
    if found is None:
        raise NotFound
    return found


@console.post("/health/jobs/<failure_id>/run-again")
@needs(Permission.WORK_MANAGE)
def job_again(failure_id: str) -> Response:
    """Put a failed job back into the queue, in a session of the site it belongs to."""
    found = _failure(failure_id)
    with tenant_session(found.at_tenant_id or UK) as session:
        try:
            work_service.run_again(session, failure_id, here().visitor.actor())
        except UnknownJob:
            raise Refused(N_("This version of the platform has no such job any more. Set it aside.")) from None
    return redirect_with(_("The job will run again in a moment."), "console.health")


@console.route("/health/jobs/<failure_id>/set-aside", methods=["GET", "POST"])
@needs(Permission.WORK_MANAGE)
def job_aside(failure_id: str) -> Response:
    """Close a failed job that need not run any more, with the reason."""
    found = _failure(failure_id)
    form = ReasonForm()
    if form.validate_on_submit():
        with tenant_session(found.at_tenant_id or UK) as session, kept_on(form):
            work_service.set_aside(session, failure_id, here().visitor.actor(), form.reason.data)
            return redirect_with(_("The job is set aside."), "console.health")
    return render("console/job_aside.html", status=422 if form.errors else 200, form=form, job=found, called=called)


@console.route("/health/gone/<plugin>", methods=["GET", "POST"])
@needs(Permission.PLUGINS_CONFIGURE)
def plugin_gone(plugin: str) -> Response:
    """Note that nothing is left of what a plugin held that is not installed any more, with the reason."""
    session = here().session
    left, form = waiting_for(session, registry(), plugin), ReasonForm()
    if form.validate_on_submit():
        with kept_on(form):
            note_gone(session, registry(), plugin, form.reason.data, here().visitor.actor())
            return redirect_with(_("Nobody waits for “%(plugin)s” any longer.", plugin=plugin), "console.health")
    return render("console/plugin_gone.html", status=422 if form.errors else 200, form=form, plugin=plugin, left=left)


@console.post("/health/mail/<mail_id>/send-again")
@needs(Permission.WORK_MANAGE)
def mail_again(mail_id: str) -> Response:
    """Put a message that failed back into the queue, in a session of the site that wrote it."""
    found = work_queries.mail(here().session, mail_id) if is_id(mail_id) else None
    if found is None:
        raise NotFound
    with tenant_session(found.at_tenant_id) as session:
        work_service.send_again(session, mail_id, here().visitor.actor())
    return redirect_with(_("The message will be sent again in a moment."), "console.health")
