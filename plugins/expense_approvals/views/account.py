"""A member's page about where costs are paid to."""

from flask import Response

from core.sdk import gettext, here, kept_on, password_tries, prove_password, redirect_with, render, sealer, signed_in
from plugins.expense_approvals.letters import account_changed
from plugins.expense_approvals.service import bank_details
from plugins.expense_approvals.views.base import blueprint
from plugins.expense_approvals.web_forms.account import AccountForm


@blueprint.route("/account", methods=["GET", "POST"])
@signed_in
@password_tries
def account() -> Response:
    """One's account by its last figures, and giving another, with one's password."""
    context, form = here(), AccountForm()
    if form.validate_on_submit():
        with kept_on(form):
            # A slip in the figures is told before the password is looked at: it is no guess at that.
            bank_details.read(form.name.data, form.sort_code.data, form.account.data)
            prove_password(context.session, context.visitor, form.password.data)
            bank_details.change(
                context.session, form.name.data, form.sort_code.data, form.account.data, context.visitor,
                form_key=form.form_key.data, seal=sealer(bank_details.PURPOSE), post=account_changed(context.tenant, context.language),
            )  # fmt: skip
            return redirect_with(gettext("Your bank details are kept."), "expense_approvals.account")
    return render(
        "expense_approvals/account.html", 422 if form.errors else 200, form=form,
        own=bank_details.own(context.session, context.visitor),
    )  # fmt: skip
