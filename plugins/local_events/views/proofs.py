"""What a person has to show: the ticket before the door, and the certificate that anybody can check."""

from importlib.util import find_spec

from flask import Response, make_response, redirect, request, url_for

from core.sdk import NotFound, gettext, here, public, render, root_of, signed_in
from plugins.local_events import papers, tickets
from plugins.local_events.manifest import MANIFEST
from plugins.local_events.queries import certificates, events
from plugins.local_events.states import CONFIRMED
from plugins.local_events.views.base import WORDS, blueprint


@blueprint.get("/<event_id>/ticket")
@signed_in
def ticket(event_id: str) -> Response:
    """The visitor's own ticket."""
    context = here()
    seen = events.seen_by(context.session, context.tenant.ref(), context.visitor, event_id)
    if seen.own is None or seen.own.state != CONFIRMED:
        raise NotFound
    address = f"{root_of(context.tenant)}/{MANIFEST.url_name}/{event_id}/check-in/ticket/{seen.own.secret}"
    path, side = tickets.path_of_picture(address)
    page = render(
        "local_events/places/ticket.html", event=seen.event, own=seen.own, path=path, side=side,
        code=tickets.shown(tickets.code_of(seen.own.secret)), **WORDS,
    )  # fmt: skip
    page.headers["Cache-Control"] = "private, no-store"
    return page


@blueprint.get("/certificates/")
@public
def check_certificate() -> Response:
    """Type a code to check it."""
    code = tickets.typed(request.args.get("code", "")[:100])
    if not code:
        return render("local_events/certificates/check.html", problem="")
    try:
        certificates.by_code(here().session, code)
    except NotFound:
        problem = gettext("No certificate of this site has that code.")
        return render("local_events/certificates/check.html", 404, problem=problem)
    return make_response(redirect(url_for("local_events.certificate", code=code), 303))


@blueprint.get("/certificates/<code>")
@public
def certificate(code: str) -> Response:
    """A certificate: to check, to print."""
    proof = certificates.by_code(here().session, code)
    page = render(
        "local_events/certificates/show.html", proof=proof, shown=tickets.shown, as_file=find_spec("typst") is not None
    )
    page.headers["X-Robots-Tag"] = "noindex"
    return page


@blueprint.get("/certificates/<code>/pdf")
@public
def certificate_file(code: str) -> Response:
    """The same as a PDF, where this installation can make one."""
    context = here()
    proof = certificates.by_code(context.session, code)
    if proof.revoked_at is not None or find_spec("typst") is None:
        raise NotFound
    where = f"{root_of(context.tenant)}/{MANIFEST.url_name}/certificates/{proof.code}"
    file = papers.certificate(proof, context.tenant.named(context.language), where, context.language)
    answer = make_response(file)
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'attachment; filename="certificate-{proof.code}.pdf"'
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
