"""An applicant's own pages: before you start, the task list, one section at a time, checking, submitting, withdrawing."""

from collections.abc import Mapping

from flask import Blueprint, Response, current_app, jsonify, make_response, request, url_for
from flask_limiter.errors import RateLimitExceeded
from werkzeug.datastructures import FileStorage

from core.admissions import downloads
from core.admissions.form.answers import Problem, problems, read, state_of, unfinished
from core.admissions.form.schema import Kind, Section
from core.admissions.letters import applications as application_letters
from core.admissions.letters import receipts
from core.admissions.projection import Stage
from core.admissions.queries import applying as queries
from core.admissions.queries import attachments, public
from core.admissions.queries.applying import Held, Mine
from core.admissions.service import attachments as files
from core.admissions.service import drafts, equality, submitting
from core.admissions.service.drafts import Wish
from core.admissions.service.submitting import Receipt
from core.admissions.states import DRAFT, INFO_REQUESTED, TRANSFERRED
from core.admissions.views.portal import finder_address
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.errors import Conflict, Invalid, NotFound, Refused
from core.kernel.text import N_
from core.kernel.uploads import cleaned
from core.people import limits
from core.web.access import signed_in
from core.web.context import here
from core.web.forms import whole
from core.web.i18n import gettext, say
from core.web.pages import go_to, redirect_with, render
from core.web.sent import form_has, refusal

TOO_OFTEN = N_("You have sent many files in a short time. Wait a quarter of an hour, then send this one again.")
blueprint = Blueprint("applying", __name__, url_prefix="/apply")
ENDED = {Stage.WITHDRAWN, Stage.NOT_SUBMITTED, Stage.TRANSFERRED}
"""Stages in which nobody reads an application any more."""

blueprint.add_app_template_filter(receipts.in_words, "in_words")


@blueprint.after_request
def _keep_nothing(response: Response) -> Response:
    """These pages hold what somebody writes about themselves: no browser or proxy keeps them."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _mine(application_id: str) -> Mine:
    context = here()
    return queries.mine(context.session, application_id, str(context.visitor.account_id))


def _section(mine: Mine, key: str) -> Section:
    section = mine.schema.section(key)
    if section is None:
        raise NotFound
    return section


@blueprint.route("/start", methods=["GET", "POST"])
@signed_in
def start() -> Response:
    """Whether somebody can apply, asked before they write a word."""
    context = here()
    visitor = context.visitor
    opening = queries.opening(context.session, visitor.account_id)
    errors: dict[str, str] = {}
    outcomes: dict[str, str] = {}
    asked = opening.schema.eligibility if opening is not None else ()
    sent = {one.key: {"yes": True, "no": False}.get(request.form.get(one.key, "")) for one in asked}
    if opening is not None and request.method != "POST":
        under_way = queries.live_in(context.session, opening.id, str(visitor.account_id))
        if under_way is not None:
            return redirect_with(
                gettext("You have begun already. Go on here."), "applying.tasks", application_id=under_way
            )
    why = refusal()
    if request.method == "POST" and not why:
        try:
            application_id = drafts.start(
                context.session,
                actor=visitor.actor(),
                eligible=sent,
                locale=context.language,
                is_member=visitor.is_member,
            )
        except Invalid as error:
            # An answer that leaves somebody out is no slip of theirs: it is answered, not marked.
            outcomes = {key: say(message) for key, message in error.field_errors.items() if sent[key] is not None}
            # Whoever is left out need not answer the rest.
            errors = {} if outcomes else {key: say(message) for key, message in error.field_errors.items()}
        else:
            return redirect_with(
                gettext("Your application is begun. Everything you write is kept."),
                "applying.tasks",
                application_id=application_id,
            )
    carried = opening is not None and queries.last_ended(context.session, str(visitor.account_id)) is not None
    return render(
        "admissions/start.html", 422 if errors or why else 200, opening=opening, sent=sent, errors=errors, outcomes=outcomes,
        carried=carried, finder=finder_address(), refused=why,
    )  # fmt: skip


@blueprint.get("/mine")
@signed_in
def own() -> Response:
    """One's applications at this site."""
    context = here()
    account_id = str(context.visitor.account_id)
    applications = public.all_mine(context.session, account_id)
    return render("admissions/own.html", applications=applications, again=_can_apply_again(account_id))


def _can_apply_again(account_id: str) -> bool:
    """Whether a window takes a new application of somebody who had one that ended."""
    session = here().session
    if here().visitor.is_member or queries.last_ended(session, account_id) is None:
        return False
    opening = queries.opening(session, account_id)
    return opening is not None and queries.live_in(session, opening.id, account_id) is None


def _moved(mine: Mine) -> Response:
    """The page of an application that is with another partner now: where it is."""
    found = queries.moved_to(here().session, mine.id, str(here().visitor.account_id))
    tenant = current_app.extensions["q.directory"].by_id(found[0]) if found is not None else None
    root = current_app.config["Q"].base_url if here().by_host else ""
    href = f"{root}{tenant.prefix}/apply/{found[1]}/" if found is not None and tenant is not None else ""
    return render("admissions/moved.html", mine=mine, tenant=tenant, href=href)


@blueprint.get("/<application_id>/")
@signed_in
def tasks(application_id: str) -> Response:
    """The task list, or what has become of the application."""
    mine = _mine(application_id)
    if mine.state == TRANSFERRED:
        return _moved(mine)
    if mine.state not in {DRAFT, INFO_REQUESTED}:
        account_id = str(here().visitor.account_id)
        told = public.mine(here().session, mine.id, account_id).status
        again = told.stage in ENDED and _can_apply_again(account_id)
        return render("admissions/submitted.html", mine=mine, told=told, ended=told.stage in ENDED, again=again)
    states = {section.key: state_of(section, mine.values) for section in mine.schema.sections}
    to_do = unfinished(mine.schema, mine.values)
    left = [part for part in mine.schema.sections if part.key in to_do and part.key in mine.sections]
    taken = mine.taken(clock.now()) is not None
    return render("admissions/tasks.html", mine=mine, states=states, left=left, taken=taken)


@blueprint.route("/<application_id>/part/<key>", methods=["GET", "POST"])
@signed_in
def section(application_id: str, key: str) -> Response:
    """One section: its questions, saved with one press or, where there is JavaScript, as they are answered.

    What was saved is said by the page that follows; with `problems` in its address it shows what is not finished.
    """
    mine = _mine(application_id)
    part = _section(mine, key)
    if request.method != "POST":
        return _section_page(
            mine, part, mine.values, wrong=problems(part, mine.values) if "problems" in request.args else {}
        )
    if part.key not in mine.sections:
        raise Refused(drafts.NO_CHANGES)
    by_script, later = request.accept_mimetypes.best == "application/json", request.form.get("go") == "later"
    form_has("remove", *(one.key for one in part.questions if one.kind is Kind.FILE))
    sent = _sent(part)
    values = {**mine.values, **{name: wish.value for name, wish in sent.items()}}
    if why := refusal():
        made_from = {name: wish.revision for name, wish in sent.items()}
        return (
            _told(422, error=why)
            if by_script
            else _section_page(mine, part, values, 422, revisions=made_from, refused=why)
        )
    try:
        saved = drafts.save(here().session, mine, str(here().visitor.account_id), sent, _seconds())
    except Refused as error:
        words = say(error.message, error.params)
        return _told(409, error=words) if by_script else _section_page(mine, part, values, 409, refused=words)
    if by_script:
        since = int(clock.now().timestamp())
        return _told(409 if saved.lost else 200, revisions=dict(saved.revisions), lost=list(saved.lost), since=since)
    mine, wrong = _take_files(mine, part)
    values |= {one.key: mine.values.get(one.key) for one in part.questions if one.kind is Kind.FILE}
    if saved.lost:
        return _section_page(mine, part, values, 409, revisions=saved.revisions, lost=saved.lost, wrong=wrong)
    if wrong:
        status = 429 if any(one.message == TOO_OFTEN for one in wrong.values()) else 422
        return _section_page(mine, part, values, status, revisions=saved.revisions, wrong=wrong)
    if "remove" in request.form:
        return redirect_with(gettext("Saved."), "applying.section", application_id=mine.id, key=part.key)
    if later:
        return redirect_with(gettext("Saved. Come back when you like."), "applying.tasks", application_id=mine.id)
    if problems(part, values):
        return go_to("applying.section", application_id=mine.id, key=part.key, problems="")
    following = _after(mine, part)
    if following is None:
        return redirect_with(gettext("Saved."), "applying.tasks", application_id=mine.id)
    return redirect_with(gettext("Saved."), "applying.section", application_id=mine.id, key=following.key)


def _told(status: int, **values: object) -> Response:
    return make_response(jsonify(**values), status)


def _after(mine: Mine, part: Section) -> Section | None:
    """The next section that can be changed."""
    open_ones = [one for one in mine.schema.sections if one.key in mine.sections]
    place = next((number for number, one in enumerate(open_ones) if one.key == part.key), len(open_ones))
    return open_ones[place + 1] if place + 1 < len(open_ones) else None


def _section_page(
    mine: Mine, part: Section, values: Mapping[str, object], status: int = 200, *,
    revisions: Mapping[str, int] | None = None, lost: Mapping[str, Held] | None = None, wrong: Mapping[str, Problem] | None = None,
    refused: str = "",
) -> Response:  # fmt: skip
    now = {
        question.key: mine.answers[question.key].revision if question.key in mine.answers else 0
        for question in part.questions
    }
    return render(
        "admissions/section.html", status, mine=mine, section=part, values=values, revisions={**now, **(revisions or {})},
        lost=lost or {}, wrong=wrong or {}, refused=refused, since=int(clock.now().timestamp()), disabled=part.key not in mine.sections,
        files=_given(mine, part), number=[one.key for one in mine.schema.sections].index(part.key) + 1,
    )  # fmt: skip


def _given(mine: Mine, part: Section) -> dict[str, str]:
    """Where the files that were given for a section can be had, by question."""
    return {
        one.key: url_for("applying.file", application_id=mine.id, key=one.key)
        for one in part.questions
        if one.kind is Kind.FILE and mine.values.get(one.key)
    }


def _sent(part: Section) -> dict[str, Wish]:
    """The section's answers as the form has them, each with the revision that the page was made from."""
    found = {}
    for question in part.questions:
        if f"rev-{question.key}" in request.form and question.kind is not Kind.FILE:
            found[question.key] = Wish(read(question, request.form.getlist(question.key)), whole(f"rev-{question.key}"))
    return found


@limits.uploads
def _keep(mine: Mine, key: str, sent: FileStorage) -> None:
    """Keep a file that was sent. Raises RateLimitExceeded, Invalid (field `file`), Refused."""
    upload = cleaned(sent.stream.read(), str(sent.filename))
    files.give(here().session, mine, str(here().visitor.account_id), key, upload, downloads.store())


def _take_files(mine: Mine, part: Section) -> tuple[Mine, dict[str, Problem]]:
    """Keep the section's files that were sent, and take back the one whose button was pressed: (the application as it is
    then, what is wrong by question)."""
    session, account_id = here().session, str(here().visitor.account_id)
    wrong: dict[str, Problem] = {}
    changed = False
    for question in part.questions:
        sent = request.files.get(question.key) if question.kind is Kind.FILE else None
        try:
            if sent is not None and sent.filename:
                _keep(mine, question.key, sent)
                changed = True
            elif question.kind is Kind.FILE and request.form.get("remove") == question.key:
                files.remove(session, mine, account_id, question.key)
                changed = True
        except RateLimitExceeded:
            wrong[question.key] = Problem(TOO_OFTEN, {})
        except Invalid as error:
            wrong[question.key] = Problem(error.field_errors["file"], {})
        except Refused as error:
            wrong[question.key] = Problem(error.message, error.params)
    return (_mine(mine.id) if changed else mine), wrong


@blueprint.get("/<application_id>/file/<key>")
@signed_in
def file(application_id: str, key: str) -> Response:
    """The file that one gave for a question."""
    context, mine = here(), _mine(application_id)
    if mine.schema.question(key) is None:
        raise NotFound
    return downloads.sent(attachments.own(context.session, str(context.visitor.account_id), mine.id, key))


def _seconds() -> int:
    """How long the page was open before this save."""
    since = whole("since-page")
    return max(0, int(clock.now().timestamp()) - since) if since else 0


@blueprint.get("/<application_id>/check")
@signed_in
def check(application_id: str) -> Response:
    """All answers once more, before they are submitted."""
    return _check_page(_mine(application_id))


def _check_page(mine: Mine, status: int = 200, message: str = "") -> Response:
    if not mine.sections:
        raise Refused(drafts.NO_CHANGES)
    return render(
        "admissions/check.html", status, mine=mine, wrong=submitting.problems_of(mine), checked=submitting.checked_sum(mine),
        message=message, taken=mine.taken(clock.now()) is not None,
    )  # fmt: skip


@blueprint.post("/<application_id>/submit")
@signed_in
def submit(application_id: str) -> Response:
    """Submit what was checked."""
    context = here()
    mine = _mine(application_id)
    if not mine.sections:  # the second press of the button: there is nothing more to do
        return redirect_with(gettext("Your application is submitted."), "applying.tasks", application_id=mine.id)
    if why := refusal():
        return _check_page(mine, 422, why)
    try:
        submitting.submit(
            context.session, mine, context.visitor.actor(), checked=request.form.get("checked", ""),
            post=lambda session, receipt: _confirm(session, receipt, mine),
        )  # fmt: skip
    except (Invalid, Conflict) as error:
        words = (
            gettext("Some parts are not finished yet.")
            if isinstance(error, Invalid)
            else say(error.message, error.params)
        )
        return _check_page(_mine(application_id), 422 if isinstance(error, Invalid) else 409, words)
    following = "applying.equality" if mine.state == DRAFT else "applying.tasks"
    return redirect_with(gettext("Your application is submitted."), following, application_id=mine.id)


def _confirm(session: ScopedSession, receipt: Receipt, mine: Mine) -> None:
    """Write to the applicant and, where it is a new version, to those who assess it."""
    context = here()
    receipts.post(session, receipt, context, mine.id, mine.schema)
    if receipt.number > 1:
        application_letters.new_version(session, context.tenant, mine.id, mine.reference)


@blueprint.route("/<application_id>/withdraw", methods=["GET", "POST"])
@signed_in
def withdraw(application_id: str) -> Response:
    """Take the application back, after saying what that means."""
    context = here()
    mine = _mine(application_id)
    if request.method == "POST":
        submitting.withdraw(context.session, mine, context.visitor.actor())
        config = current_app.config["Q"]
        equality.forget(
            context.session, secret_key=config.secret_key, before=config.secret_key_before, application_id=mine.id
        )  # by itself: what is written in one transaction can be told to belong together
        return redirect_with(gettext("Your application is withdrawn."), "applying.own")
    return render("admissions/withdraw.html", mine=mine)
