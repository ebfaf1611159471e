"""Absences: an approver's page for them, and the pages of who stands in, which are the approver's own under a member's address."""

from flask import Response

from core.sdk import (
    Conflict,
    Refused,
    clock,
    gettext,
    here,
    kept_on,
    needs,
    people_by_id,
    redirect_with,
    render,
    say,
    signed_in,
    whole_number,
)
from plugins.expense_approvals import letters
from plugins.expense_approvals.manifest import APPROVE
from plugins.expense_approvals.queries import delegations
from plugins.expense_approvals.queries.delegations import acting
from plugins.expense_approvals.service import standing_in as service
from plugins.expense_approvals.views import deciding, judging
from plugins.expense_approvals.views.base import SHARED, STANDING_IN, blueprint, manage_blueprint
from plugins.expense_approvals.web_forms.payments import StepForm
from plugins.expense_approvals.web_forms.standing_in import StandInForm


@manage_blueprint.route("/absences", methods=["GET", "POST"])
@needs(APPROVE)
def absences() -> Response:
    """Every absence of this site, and naming who stands in for oneself."""
    context, form = here(), StandInForm()
    if form.validate_on_submit():
        with kept_on(form):
            service.name(
                context.session, form.email.data, form.starts_on.data, form.ends_on.data, context.visitor, form.form_key.data,
                post=letters.standing_in(context.tenant),
            )  # fmt: skip
            return redirect_with(gettext("It is set down. They get a letter."), "expense_approvals_manage.absences")
    return _page(form)


def _page(form: StandInForm, problem: str = "") -> Response:
    session = here().session
    found = delegations.all_of_site(session)
    people = people_by_id(session, {who for one in found for who in (one.delegator_id, one.delegate_id)})
    return render(
        "expense_approvals/manage/absences.html", 422 if form.errors or problem else 200, form=form, problem=problem, found=found,
        names=people, me=here().visitor.account_id, today=clock.today(), **SHARED,
    )  # fmt: skip


@manage_blueprint.post("/absences/<delegation_id>/end")
@needs(APPROVE)
def end_absence(delegation_id: str) -> Response:
    """Take one's own back."""
    form = StepForm()
    form.validate()
    try:
        service.end(
            here().session,
            delegation_id,
            whole_number(form.version.data),
            here().visitor,
            post=letters.standing_in(here().tenant),
        )
    except (Refused, Conflict) as error:
        return _page(StandInForm(formdata=None), say(error.message, error.params))
    return redirect_with(gettext("It is taken back. You decide yourself again."), "expense_approvals_manage.absences")


@blueprint.get("/standing-in/")
@signed_in
def standing_in_home() -> Response:
    """What members ask for, for who stands in today."""
    acting(here().session, here().visitor)
    return deciding.home_page(STANDING_IN)


@blueprint.route("/standing-in/asked/<preapproval_id>", methods=["GET", "POST"])
@signed_in
def standing_in_decide(preapproval_id: str) -> Response:
    """One request, for who stands in today."""
    return deciding.decide_page(preapproval_id, acting(here().session, here().visitor), STANDING_IN)


@blueprint.get("/standing-in/claims/")
@signed_in
def standing_in_claim_queue() -> Response:
    """Claims that wait, for who stands in today."""
    acting(here().session, here().visitor)
    return judging.queue_page(STANDING_IN)


@blueprint.route("/standing-in/claims/<claim_id>", methods=["GET", "POST"])
@signed_in
def standing_in_judge(claim_id: str) -> Response:
    """One claim, for who stands in today."""
    return judging.judge_page(claim_id, acting(here().session, here().visitor), STANDING_IN)


@blueprint.get("/standing-in/claims/<claim_id>/proof/<receipt_id>")
@signed_in
def standing_in_proof(claim_id: str, receipt_id: str) -> Response:
    """A proof of a claim that was sent, for who stands in today."""
    return judging.proof_of(claim_id, receipt_id, acting(here().session, here().visitor))
