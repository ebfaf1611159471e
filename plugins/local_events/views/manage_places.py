"""The organisers' pages about what an event offers and asks: its pools, invitations, questions, and sensitive answers."""

from flask import Response, request, url_for

from core.sdk import (
    N_,
    Column,
    Listing,
    Sheet,
    gettext,
    here,
    in_memory,
    kept_on,
    listed,
    needs,
    redirect_with,
    render,
    sealer,
)
from plugins.local_events.answers import shown
from plugins.local_events.manifest import ORGANISE, SENSITIVE
from plugins.local_events.queries import events, places, questions, registrations
from plugins.local_events.service import capacities, inviting, sealed
from plugins.local_events.service import questions as asking
from plugins.local_events.views.base import WORDS, manage_blueprint
from plugins.local_events.web_forms.manage import InviteForm, QuestionForm, ready, sizes_form, versions_of
from plugins.local_events.words import QUESTION_KINDS


@manage_blueprint.route("/<event_id>/places", methods=["GET", "POST"])
@needs(ORGANISE)
def sizes(event_id: str) -> Response:
    """How many places of which kind there are, and for whom."""
    context = here()
    event = events.find(context.session, event_id)
    counted = places.of_event(context.session, event_id)
    form = sizes_form(counted.pools)
    versions = {pool.kind: pool.version for pool in counted.pools}
    if request.method == "POST":
        versions = versions_of(request.form, form.kinds)
    if form.validate_on_submit():
        with kept_on(form):
            capacities.change(context.session, context.tenant.ref(), event_id, form.sizes(versions), context.visitor)
            return redirect_with(gettext("The places are changed."), "local_events_manage.sizes", event_id=event_id)
    return render(
        "local_events/manage/sizes.html", 422 if form.errors else 200, event=event, places=counted, form=form,
        versions=versions, **WORDS,
    )  # fmt: skip


INVITED = Sheet(
    "invitations",
    (
        Column(N_("Email"), lambda row: row.email),
        Column(N_("Invited"), lambda row: row.invited_at),
        Column(N_("Letter sent"), lambda row: row.told_at),
    ),
    personal=True,
)


@manage_blueprint.route("/<event_id>/invitations", methods=["GET", "POST"])
@needs(ORGANISE)
def invitations(event_id: str) -> Response:
    """The invitation list."""
    context, form = here(), InviteForm()
    event = events.find(context.session, event_id)
    if form.validate_on_submit():
        addresses = form.addresses.data.splitlines()
        with kept_on(form):
            count = inviting.invite(context.session, context.tenant.ref(), event_id, addresses, context.visitor)
            words = gettext("Invited: %(count)s", count=count)
            return redirect_with(words, "local_events_manage.invitations", event_id=event_id)
    rows = registrations.invitations(context.session, event_id)
    wished = Listing.read(
        url_for("local_events_manage.invitations", event_id=event_id), request.args, sorts=("email", "invited"), size=50
    )
    keys = {"email": lambda row: row.email, "invited": lambda row: row.invited_at}
    found = listed(wished, INVITED, in_memory(rows, wished, keys), of=event_id)
    if isinstance(found, Response):
        return found
    listing, invited = found
    return render(
        "local_events/manage/invitations.html", 422 if form.errors else 200, event=event, form=form, invited=invited,
        listing=listing,
    )  # fmt: skip


@manage_blueprint.post("/<event_id>/invitations/<invitation_id>/withdraw")
@needs(ORGANISE)
def uninvite(event_id: str, invitation_id: str) -> Response:
    """Take an address off the list."""
    inviting.uninvite(here().session, event_id, invitation_id, here().visitor)
    return redirect_with(gettext("The invitation is withdrawn."), "local_events_manage.invitations", event_id=event_id)


@manage_blueprint.route("/<event_id>/questions", methods=["GET", "POST"])
@needs(ORGANISE)
def question_list(event_id: str) -> Response:
    """What people are asked; with `like` the form begins from a question that is often asked."""
    context = here()
    form = QuestionForm(data=ready(request.args.get("like", "")) if request.method == "GET" else None)
    event = events.find(context.session, event_id)
    if form.validate_on_submit():
        with kept_on(form):
            asking.add(context.session, context.tenant.ref(), event_id, form.ask(), context.visitor, form.form_key.data)
            return redirect_with(
                gettext("The question is added."), "local_events_manage.question_list", event_id=event_id
            )
    return render(
        "local_events/manage/questions.html", 422 if form.errors else 200, event=event, form=form,
        asked=questions.of_event(context.session, event_id), question_kinds=QUESTION_KINDS,
    )  # fmt: skip


@manage_blueprint.post("/<event_id>/questions/<question_id>/withdraw")
@needs(ORGANISE)
def ask_no_more(event_id: str, question_id: str) -> Response:
    """Ask a question no more."""
    asking.withdraw(here().session, event_id, question_id, here().visitor)
    return redirect_with(gettext("The question is withdrawn."), "local_events_manage.question_list", event_id=event_id)


UNREADABLE = N_("cannot be read any more")
SAID = Sheet(
    "sensitive-answers",
    (
        Column(N_("Name"), lambda row: row.name),
        Column(N_("Email"), lambda row: row.email),
        Column(N_("Question"), lambda row: row.question.text),
        Column(N_("Answer"), lambda row: gettext(UNREADABLE) if row.value is None else shown(row.question, row.value)),
    ),
    personal=True,
)


@manage_blueprint.get("/<event_id>/answers")
@needs(SENSITIVE)
def answers(event_id: str) -> Response:
    """What people said about access and food. Each look is on record."""
    context = here()
    event, said = sealed.read(context.session, event_id, context.visitor, sealer(sealed.PURPOSE))
    wished = Listing.read(
        url_for("local_events_manage.answers", event_id=event_id), request.args, sorts=("name", "question"), size=50
    )
    keys = {"name": lambda row: row.name.casefold(), "question": lambda row: row.question.text.casefold()}
    found = listed(wished, SAID, in_memory(said, wished, keys), of=event_id)
    if isinstance(found, Response):
        return found
    listing, rows = found
    told = [(row, gettext(UNREADABLE) if row.value is None else shown(row.question, row.value)) for row in rows]
    return render("local_events/manage/answers.html", event=event, told=told, listing=listing)


COUNTED = Sheet(
    "catering",
    (
        Column(N_("Question"), lambda row: row.question),
        Column(N_("Answer"), lambda row: row.option or gettext("Other words")),
        Column(N_("People"), lambda row: row.people),
    ),
    personal=False,
)


@manage_blueprint.get("/<event_id>/catering")
@needs(ORGANISE)
def catering(event_id: str) -> Response:
    """Numbers for who cooks and who prepares the room: no names, and nobody's own words."""
    context = here()
    event, counts = sealed.counts(context.session, event_id, context.visitor, sealer(sealed.PURPOSE))
    wished = Listing.read(
        url_for("local_events_manage.catering", event_id=event_id), request.args, sorts=("question", "people"), size=100
    )
    keys = {"question": lambda row: row.question.casefold(), "people": lambda row: row.people}
    found = listed(wished, COUNTED, in_memory(counts, wished, keys), of=event_id)
    if isinstance(found, Response):
        return found
    listing, rows = found
    return render("local_events/manage/catering.html", event=event, counts=rows, listing=listing)
