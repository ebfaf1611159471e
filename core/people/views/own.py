"""My account: details, devices, password, address, home partner."""

from datetime import UTC, date, datetime, time
from typing import Any

from flask import Response, current_app, request, url_for
from wtforms.fields.choices import SelectChoice

from core.kernel.errors import DomainError
from core.people import limits, login, queries
from core.people.forms import ChangePasswordForm, DetailsForm, EmailForm, HomeForm, PressForm
from core.people.models import COHORT_TITLES
from core.people.service import accounts, credentials, membership, sign_ins
from core.people.views.base import blueprint, link_gone, tools
from core.tenancy.directory import TenantDirectory
from core.web.access import public, signed_in
from core.web.context import here
from core.web.forms import kept_on, next_version, version_sent
from core.web.gate import LANGUAGE_COOKIE
from core.web.i18n import gettext as _
from core.web.letters import in_language
from core.web.pages import redirect_with, render


def _directory() -> TenantDirectory:
    found: TenantDirectory = current_app.extensions["q.directory"]
    return found


def _noon(on: date) -> datetime:
    """A day as an instant in its middle, which is the same day in London: what the templates' dates are made from."""
    return datetime.combine(on, time(12), UTC)


@blueprint.route("/", methods=["GET", "POST"])
@signed_in
def home() -> Response:
    """One's own details."""
    context = here()
    own = queries.own(context.session, str(context.visitor.account_id))
    form = DetailsForm(obj=own)
    if form.validate_on_submit():
        details = accounts.Details(
            name=form.name.data, locale=form.locale.data, job_title=form.job_title.data,
            organisation=form.organisation.data, sector=form.sector.data, locality=form.locality.data, about=form.about.data,
        )  # fmt: skip
        with kept_on(form, lambda: DetailsForm(formdata=None, obj=own)):
            accounts.change_details(context.session, context.visitor.actor(), details=details, version=version_sent())
            chosen = form.locale.data  # the next page speaks it, where this site has it
            with in_language(chosen if chosen in context.tenant.languages else context.language):
                response = redirect_with(_("Your details are saved."), "account.home")
            # this device's choice: from now on the account's own counts here too
            response.delete_cookie(LANGUAGE_COOKIE)
            return response
    where = _directory().by_id(own.home_tenant_id or 0)
    return render(
        "people/home.html", status=422 if form.errors else 200, form=form, own=own, where=where,
        cohort=COHORT_TITLES[own.cohort] if own.cohort else "", since=_noon(own.since) if own.since else None,
        version=next_version(form, own.version),
    )  # fmt: skip


@blueprint.get("/devices")
@signed_in
def devices() -> Response:
    """Where one is signed in."""
    found = queries.devices(here().session, str(here().visitor.account_id))
    return render("people/devices.html", devices=found, present=here().visitor.sign_in_id)


@blueprint.post("/devices/<sign_in_id>/end")
@signed_in
def end_device(sign_in_id: str) -> Response:
    """Sign one device out."""
    sign_ins.end(here().session, account_id=str(here().visitor.account_id), sign_in_id=sign_in_id, how="ended")
    if sign_in_id == here().visitor.sign_in_id:
        login.forget()
        return redirect_with(_("You are signed out."), "account.sign_in")
    return redirect_with(_("That device is signed out."), "account.devices")


@blueprint.route("/password", methods=["GET", "POST"])
@signed_in
@limits.tries
def password() -> Response:
    """Change the password; other devices are signed out."""
    form, context = ChangePasswordForm(), here()
    if form.validate_on_submit():
        with kept_on(form):
            credentials.change_password(
                context.session, tools(), context.visitor.actor(), current=form.current.data, new=form.new.data,
                keep_sign_in=context.visitor.sign_in_id,
            )  # fmt: skip
            return redirect_with(_("Your password is changed. Your other devices are signed out."), "account.home")
    return render("people/password.html", status=422 if form.errors else 200, form=form)


@blueprint.route("/email", methods=["GET", "POST"])
@signed_in
@limits.mails
@limits.tries
def email() -> Response:
    """Ask to change the address: a link goes to the new one."""
    form, context = EmailForm(), here()
    if form.validate_on_submit():
        with kept_on(form):
            credentials.request_email(
                context.session, tools(), context.visitor.actor(), email=form.email.data, password=form.password.data,
                key=form.form_key.data,
            )  # fmt: skip
            return redirect_with(
                _("We have written to the new address. Open the link in that message to use it."), "account.home"
            )
    return render("people/email.html", status=422 if form.errors else 200, form=form)


@blueprint.route("/email/<token>", methods=["GET", "POST"])
@public
def email_with(token: str) -> Any:
    """Use a new address by the link mailed to it; opening the link changes nothing before the button is pressed."""
    session, form = here().session, PressForm()
    again = "account.email" if here().visitor.signed_in else "account.sign_in"
    try:
        holder = accounts.link_holder(session, tools(), "email", token)
        if form.validate_on_submit():
            credentials.confirm_email(session, tools(), token=token)
            return redirect_with(
                _("Your new email address is in use."), again if again != "account.email" else "account.home"
            )
    except DomainError as gone:
        return link_gone(gone, again)
    return render("people/email_with.html", status=422 if form.errors else 200, form=form, email=holder.extra)


@blueprint.route("/home", methods=["GET", "POST"])
@signed_in
def move() -> Response:
    """A member's home partner: where it is, where it was, and moving it."""
    context, directory = here(), _directory()
    account_id = str(context.visitor.account_id)
    form = HomeForm()
    form.home.choices = [SelectChoice(tenant.slug, tenant.named(context.language)) for tenant in directory.partners()]
    if form.validate_on_submit():
        to = directory.by_slug(form.home.data)
        with kept_on(form):
            if to is not None:
                membership.move_home(
                    context.session,
                    context.visitor.actor(),
                    account_id=account_id,
                    home=to.ref(),
                    reason=form.reason.data,
                )
            return redirect_with(_("Your home partner is changed."), "account.move")
    elif request.method == "GET" and (now := directory.by_id(context.visitor.home_tenant_id or 0)):
        form.home.data = now.slug
    stays = [
        (directory.by_id(stay.home_tenant_id), _noon(stay.starts_on), _noon(stay.ends_on) if stay.ends_on else None)
        for stay in queries.homes(context.session, account_id)
    ]
    return render(
        "people/move.html", status=422 if form.errors else 200, form=form, stays=stays, back=url_for("account.home")
    )
