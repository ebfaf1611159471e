"""Who runs an event, and the sites that host it together."""

from flask import Response, request, url_for

from core.sdk import (
    N_,
    Column,
    Declined,
    Forbidden,
    Invalid,
    Listing,
    NotFound,
    Refused,
    Sheet,
    gettext,
    here,
    listed,
    needs,
    redirect_with,
    render,
    say,
    searched,
    signed_in,
)
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.queries import events, hosting, organisers, registrations
from plugins.local_events.service import hosting as service
from plugins.local_events.service import organisers as naming
from plugins.local_events.states import ACTIVE, ASKABLE, HOSTING
from plugins.local_events.views.base import WORDS, blueprint, known_at, manage_blueprint, site_addresses, site_names
from plugins.local_events.web_forms.origin import HostForm, OrganiserForm
from plugins.local_events.words import HOSTINGS, REGISTRATION_STATES


@blueprint.route("/<event_id>/organisers", methods=["GET", "POST"])
@signed_in
def organiser_list(event_id: str) -> Response:
    """Who runs the event; name somebody else."""
    return _organisers(event_id, OrganiserForm())


def _organisers(event_id: str, form: OrganiserForm, problem: str = "") -> Response:
    context = here()
    tenant = context.tenant.ref()
    visitor = known_at(event_id)
    event = events.seen(context.session, tenant, visitor, event_id)
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    if not problem and form.validate_on_submit():
        try:
            new = naming.add(context.session, tenant, event_id, form.email.data, visitor)
        except Invalid as error:
            form.take(error.field_errors)
        except Refused as error:
            problem = say(error.message, error.params)
        else:
            words = gettext("They can run this event now.") if new else gettext("They run this event already.")
            return redirect_with(words, "local_events.organiser_list", event_id=event_id)
    return render(
        "local_events/origin/organisers.html", 422 if form.errors or problem else 200, event=event, form=form,
        problem=problem, found=organisers.of_event(context.session, event_id), own=visitor.account_id,
    )  # fmt: skip


@blueprint.post("/<event_id>/organisers/<account_id>/leave")
@signed_in
def organiser_leave(event_id: str, account_id: str) -> Response:
    """Let an organiser go."""
    context = here()
    tenant = context.tenant.ref()
    visitor = known_at(event_id)
    try:
        naming.leave(context.session, tenant, event_id, account_id, visitor)
    except Refused as error:
        return _organisers(event_id, OrganiserForm(formdata=None), say(error.message, error.params))
    if account_id == context.visitor.account_id and not context.visitor.can(ORGANISE):
        return redirect_with(gettext("You no longer run this event."), "local_events.listing")
    return redirect_with(gettext("They no longer run this event."), "local_events.organiser_list", event_id=event_id)


PEOPLE = Sheet(
    "people",
    (
        Column(N_("Name"), lambda row: row.name),
        Column(N_("Email"), lambda row: row.email),
        Column(N_("State"), lambda row: say(REGISTRATION_STATES[row.state])),
        Column(N_("Guests"), lambda row: row.guests),
    ),
    personal=True,
)


@blueprint.get("/<event_id>/people")
@signed_in
def people(event_id: str) -> Response:
    """Who is coming and who waits, for whoever runs the event."""
    context, visitor = here(), known_at(event_id)
    event = events.seen(context.session, context.tenant.ref(), visitor, event_id)
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    search = searched()
    wished = Listing.read(
        url_for("local_events.people", event_id=event_id), request.args, sorts=("name", "email", "state"), filters=("q",),
        size=50,
    )  # fmt: skip

    def read(limit: int | None, offset: int) -> tuple[list[registrations.Listed], int]:
        return registrations.listed(
            context.session, event_id, states=ACTIVE, search=search, sort=wished.sort, limit=limit, offset=offset
        )

    found = listed(wished, PEOPLE, read, of=event_id)
    if isinstance(found, Response):
        return found
    listing, rows = found
    return render("local_events/origin/people.html", event=event, rows=rows, listing=listing, search=search, **WORDS)


@manage_blueprint.route("/<event_id>/hosts", methods=["GET", "POST"])
@needs(ORGANISE)
def host_list(event_id: str) -> Response:
    """The sites that host this event too; ask another one."""
    context = here()
    tenant, names = context.tenant.ref(), site_names(context)
    event = events.find(context.session, event_id)
    found = hosting.of_event(context.session, tenant, event_id)
    live = {one.host_tenant_id for one in found if HOSTING.events_from(one.state)}
    form, problem = HostForm(), ""
    form.offer((site, name) for site, name in names.items() if site != tenant.id and site not in live)
    if form.validate_on_submit():
        try:
            service.invite(context.session, tenant, event_id, int(form.site.data), context.visitor)
        except Declined as error:
            problem = say(error.message, error.params)
        else:
            return redirect_with(gettext("The site is asked."), "local_events_manage.host_list", event_id=event_id)
    return render(
        "local_events/origin/hosts.html", 422 if form.errors or problem else 200, event=event, form=form, found=found,
        names=names, live=live, problem=problem, hostings=HOSTINGS, may_ask=event.state in ASKABLE,
    )  # fmt: skip


@manage_blueprint.get("/hosting")
@needs(ORGANISE)
def hosting_list() -> Response:
    """What this site is asked to host, and hosts."""
    return _hosting_page()


def _hosting_page(status: int = 200, problem: str = "") -> Response:
    context = here()
    return render(
        "local_events/origin/hosting.html", status, found=hosting.addressed(context.session, context.tenant.ref()),
        sites=site_names(context), addresses=site_addresses(), hostings=HOSTINGS, problem=problem, **WORDS,
    )  # fmt: skip


@manage_blueprint.post("/hosting/<hosting_id>/<step>")
@needs(ORGANISE)
def hosting_step(hosting_id: str, step: str) -> Response:
    """Answer an invitation, or end hosting together."""
    context = here()
    tenant = context.tenant.ref()
    done = {
        "accept": gettext("Your site hosts this event too. It is in your list of events when it is published."),
        "decline": gettext("The invitation is declined."),
        "end": gettext("Your sites no longer host this event together."),
    }
    if step not in done:
        raise NotFound
    try:
        if step == "end":
            service.end(context.session, tenant, hosting_id, context.visitor)
        else:
            service.answer(context.session, tenant, hosting_id, step, context.visitor)
    except Refused as error:
        return _hosting_page(422, say(error.message, error.params))
    return redirect_with(done[step], "local_events_manage.hosting_list")
