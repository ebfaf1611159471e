"""Who was there: the list, one person's presses with what can be put right, and certificates."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import Response, request, url_for

from core.sdk import (
    N_,
    Column,
    Listing,
    NotFound,
    Sheet,
    clock,
    gettext,
    here,
    in_memory,
    kept_on,
    listed,
    needs,
    redirect_with,
    render,
    searched,
)
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.queries import attendance, certificates, events
from plugins.local_events.service import certifying, correcting, forgetting
from plugins.local_events.views.base import WORDS, manage_blueprint
from plugins.local_events.web_forms.attendance import CorrectionForm, HoursForm
from plugins.local_events.web_forms.manage import ReasonForm
from plugins.local_events.words import ATTENDANCES

SORTS: dict[str, Callable[[Any], Any]] = {
    "name": lambda one: one.name.casefold(),
    "attendance": lambda one: one.attendance,
    "came": lambda one: one.presence.came_at.timestamp() if one.presence.came_at else 0.0,
    "hours": lambda one: one.minutes,
}
SHEET = Sheet(
    "attendance",
    (
        Column(N_("Name"), lambda one: one.name),
        Column(N_("Email"), lambda one: one.email),
        Column(N_("Attendance"), lambda one: gettext(ATTENDANCES[one.attendance])),
        Column(N_("Came"), lambda one: one.presence.came_at),
        Column(N_("Left"), lambda one: one.presence.left_at),
        Column(N_("Hours"), lambda one: one.minutes / 60),
        Column(N_("Without a place"), lambda one: one.kind == attendance.WALKED_IN),
        Column(N_("Corrected because"), lambda one: one.fix.why if one.fix else ""),
    ),
    personal=True,
)


@manage_blueprint.get("/<event_id>/attendance")
@needs(ORGANISE)
def attended(event_id: str) -> Response:
    """Who was there, for how long, and who was not."""
    context, search, state = here(), searched(), request.args.get("attendance", "")
    event = events.find(context.session, event_id)
    people = attendance.people(context.session, event)
    wanted = [
        one
        for one in people
        if search.casefold() in f"{one.name}\n{one.email}".casefold() and state in ("", one.attendance)
    ]
    wished = Listing.read(
        url_for("local_events_manage.attended", event_id=event_id), request.args, sorts=tuple(SORTS),
        filters=("q", "attendance"), size=50,
    )  # fmt: skip
    found = listed(wished, SHEET, in_memory(wanted, wished, SORTS), of=event_id)
    if isinstance(found, Response):
        return found
    listing, rows = found
    return render(
        "local_events/manage/attendance.html", event=event, people=rows, listing=listing, search=search, state=state,
        counts=attendance.counts(people), attendances=ATTENDANCES, hours_of=certificates.hours_of,
        over=event.ends_at <= clock.now(), **WORDS,
    )  # fmt: skip


@manage_blueprint.route("/<event_id>/attendance/<attendee_id>", methods=["GET", "POST"])
@needs(ORGANISE)
def attendee(event_id: str, attendee_id: str) -> Response:
    """One person's presses, and putting their attendance right."""
    context, form = here(), CorrectionForm()
    session = context.session
    event = events.find(session, event_id)
    person = attendance.find(session, event, attendee_id)
    if form.validate_on_submit():
        with kept_on(form):
            correcting.correct(
                session, context.tenant.ref(), event_id, attendee_id, form.attendance.data, form.minutes(), form.why.data,
                context.visitor, form.form_key.data,
            )  # fmt: skip
            return redirect_with(
                gettext("The attendance is put right."), "local_events_manage.attended", event_id=event_id
            )
    scans = attendance.scans_of(session, person)
    return render(
        "local_events/manage/attendee.html", 422 if form.errors else 200, event=event, person=person, form=form, scans=scans,
        taken_back={scan.undoes for scan in scans if scan.undoes}, attendances=ATTENDANCES, hours_of=certificates.hours_of,
        begun=event.starts_at <= clock.now(), **WORDS,
    )  # fmt: skip


@manage_blueprint.post("/<event_id>/attendance/<attendee_id>/forget")
@needs(ORGANISE)
def forget(event_id: str, attendee_id: str) -> Response:
    """Delete a name without an account."""
    forgetting.forget_walk_in(here().session, event_id, attendee_id, here().visitor)
    return redirect_with(gettext("The name is deleted."), "local_events_manage.attended", event_id=event_id)


GIVEN = Sheet(
    "certificates",
    (
        Column(N_("Name"), lambda one: one.name),
        Column(N_("Hours"), lambda one: one.minutes / 60),
        Column(N_("Code"), lambda one: one.code),
        Column(N_("Given"), lambda one: one.issued_at),
        Column(N_("Revoked"), lambda one: one.revoked_at),
        Column(N_("Why"), lambda one: one.revoked_why),
    ),
    personal=True,
)
GIVEN_SORTS: dict[str, Callable[[Any], Any]] = {
    "name": lambda one: one.name.casefold(),
    "hours": lambda one: one.minutes,
    "given": lambda one: one.issued_at,
}
LONGEST_USUAL = 600
"""Minutes: an event of several days does not count for its nights, so its organiser must say for how much."""


@manage_blueprint.route("/<event_id>/certificates", methods=["GET", "POST"])
@needs(ORGANISE)
def given(event_id: str) -> Response:
    """The certificates of an event, and giving them."""
    context = here()
    event = events.find(context.session, event_id)
    length = int((event.ends_at - event.starts_at).total_seconds() // 60)
    usual = Decimal(certificates.hours_of(length)) if length <= LONGEST_USUAL else None
    form = HoursForm(data={"hours": usual} if request.method == "GET" else None)
    if form.validate_on_submit():
        with kept_on(form):
            count = certifying.issue(context.session, context.tenant.ref(), event_id, form.minutes(), context.visitor)
            words = gettext("Certificates given: %(count)s", count=count)
            return redirect_with(words, "local_events_manage.given", event_id=event_id)
    people = attendance.people(context.session, event)
    have = certificates.holders(context.session, event_id)
    wished = Listing.read(
        url_for("local_events_manage.given", event_id=event_id), request.args, sorts=tuple(GIVEN_SORTS), size=50
    )
    rows = certificates.of_event(context.session, event_id)
    found = listed(wished, GIVEN, in_memory(rows, wished, GIVEN_SORTS), of=event_id)
    if isinstance(found, Response):
        return found
    listing, shown = found
    return render(
        "local_events/manage/certificates.html", 422 if form.errors else 200, event=event, form=form, given=shown,
        listing=listing, due=sum(one.came and one.id not in have for one in people), over=event.ends_at <= clock.now(), **WORDS,
    )  # fmt: skip


@manage_blueprint.route("/<event_id>/certificates/<certificate_id>/revoke", methods=["GET", "POST"])
@needs(ORGANISE)
def revoke(event_id: str, certificate_id: str) -> Response:
    """Take a certificate back, and say why."""
    context, form = here(), ReasonForm()
    event = events.find(context.session, event_id)
    found = next((one for one in certificates.of_event(context.session, event_id) if one.id == certificate_id), None)
    if found is None:
        raise NotFound
    if form.validate_on_submit():
        with kept_on(form):
            certifying.revoke(context.session, event_id, certificate_id, form.why.data, context.visitor)
            return redirect_with(gettext("The certificate is revoked."), "local_events_manage.given", event_id=event_id)
    return render(
        "local_events/manage/revoke.html",
        422 if form.errors else 200,
        event=event,
        certificate=found,
        form=form,
        **WORDS,
    )
