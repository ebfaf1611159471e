"""An applicant's pages once a decision is out: the decision with its letter, an appeal, and what they say of it."""

from flask import Response, request

from core.admissions.letters import decision_post
from core.admissions.queries import offers
from core.admissions.queries import public as queries
from core.admissions.service import appeals, feedback
from core.admissions.views.applying import blueprint
from core.admissions.web_forms.decisions import AppealForm, UnderstoodForm
from core.kernel.errors import NotFound, Refused
from core.web.access import signed_in
from core.web.context import here
from core.web.forms import kept_on
from core.web.i18n import gettext as _
from core.web.pages import redirect_with, render


def _decided(application_id: str) -> queries.Mine:
    """One's own application with a released decision. Raises NotFound: before that there is no such page."""
    context = here()
    mine = queries.mine(context.session, application_id, str(context.visitor.account_id))
    if not mine.status.decision_id:
        raise NotFound
    return mine


@blueprint.get("/<application_id>/decision")
@signed_in
def decision(application_id: str) -> Response:
    """The decision: the letter in the reader's language and in the other, what can be done, and a short question."""
    return _page(_decided(application_id))


def _offer(mine: queries.Mine) -> offers.Mine | None:
    """The offer of membership that the released decision led to; None where there is none."""
    context = here()
    try:
        return offers.mine(context.session, mine.id, str(context.visitor.account_id))
    except NotFound:
        return None


def _page(mine: queries.Mine, form: UnderstoodForm | None = None) -> Response:
    context = here()
    return render(
        "admissions/decided/decision.html", 422 if form is not None else 200, mine=mine, told=mine.status,
        letters=queries.letters(context.session, mine.status), appeals=queries.appeals(context.session, mine.id, mine.status),
        said=queries.feedback(context.session, mine.id), offer=_offer(mine) if mine.status.outcome == "accept" else None,
        form=form or UnderstoodForm(formdata=None),
    )  # fmt: skip


@blueprint.post("/<application_id>/decision/understood")
@signed_in
def understood(application_id: str) -> Response:
    """What the applicant says of the decision, once."""
    context = here()
    mine, form = _decided(application_id), UnderstoodForm()
    if form.validate_on_submit():
        with kept_on(form):
            feedback.tell(
                context.session, context.visitor.actor(), mine.id, understood=int(form.understood.data),
                would_reapply={"yes": True, "no": False}.get(form.would_reapply.data), words=form.words.data,
            )  # fmt: skip
            return redirect_with(_("Thank you. We keep what you told us."), "applying.decision", application_id=mine.id)
    return _page(mine, form)


@blueprint.route("/<application_id>/appeal/withdraw", methods=["GET", "POST"])
@signed_in
def withdraw_appeal(application_id: str) -> Response:
    """Take the appeal back, after saying what that means."""
    context, mine = here(), _decided(application_id)
    if mine.status.appeal != "received":
        raise Refused(appeals.NOTHING_TO_WITHDRAW)
    if request.method == "POST":
        appeals.withdraw(context.session, context.visitor.actor(), mine.id)
        return redirect_with(_("Your appeal is withdrawn."), "applying.decision", application_id=mine.id)
    return render("admissions/decided/withdraw_appeal.html", mine=mine)


@blueprint.route("/<application_id>/appeal", methods=["GET", "POST"])
@signed_in
def appeal(application_id: str) -> Response:
    """Ask for the decision to be looked at again."""
    context = here()
    mine, form = _decided(application_id), AppealForm()
    if mine.status.appeal not in {"open", "received"}:
        raise Refused(appeals.NO_APPEAL)
    if form.validate_on_submit():
        with kept_on(form):
            appeals.appeal(
                context.session, context.visitor.actor(), mine.id, form.grounds.data, post=decision_post.appealed(context.tenant)
            )  # fmt: skip
            return redirect_with(
                _("We have your appeal. An email confirms it."), "applying.decision", application_id=mine.id
            )
    return render("admissions/decided/appeal.html", 422 if form.errors else 200, mine=mine, told=mine.status, form=form)
