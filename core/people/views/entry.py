"""Coming and going: register, confirm, sign in and out, reset."""

import contextlib
from typing import Any
from urllib.parse import urlsplit

from flask import Response, flash, redirect, request, url_for
from markupsafe import Markup

from core.kernel.errors import DomainError, Invalid, NotFound
from core.people import limits, login, queries
from core.people.asked import asked_of
from core.people.forms import ConfirmForm, NewPasswordForm, RegisterForm, ResetForm, SignInForm
from core.people.service import accounts, credentials, sign_ins
from core.people.views.base import blueprint, link_gone, tools
from core.web.access import public, signed_in
from core.web.context import here
from core.web.forms import kept_on
from core.web.i18n import gettext as _
from core.web.pages import redirect_with, render


def _start_device(account_id: str) -> None:
    """Sign this device in for somebody whose mailbox has just proved who it is."""
    agent = request.headers.get("User-Agent", "")
    token = sign_ins.begin(
        here().session,
        account_id=account_id,
        device=login.device_name(agent),
        remember=False,
        ip=request.remote_addr or "",
    )
    login.remember(token, long=False)


def _say_what_is_asked(token: str) -> None:
    """Tell somebody who has just signed in, on the page they go to, what is asked of them."""
    context = here()
    person = queries.signed_in(context.session, sign_ins.token_hash(token))
    for one in asked_of(context.session, person.account_id) if person is not None else ():
        link = Markup('{} <a href="{}">{}</a>').format(_(one.message), context.prefix + one.path, _(one.label))
        flash(link, "warn")


@blueprint.route("/register", methods=["GET", "POST"])
@public
@limits.mails
def register() -> Any:
    """Begin an account; the answer is the same whether the address has one."""
    if here().visitor.signed_in:
        return redirect(url_for("account.home"), 303)
    form = RegisterForm(data={"next": request.args.get("next", "")})
    if form.validate_on_submit():
        with kept_on(form):
            accounts.register(
                here().session, tools(), name=form.name.data, email=form.email.data, locale=here().language,
                key=form.form_key.data, then=login.safe_next(form.next.data or "", ""),
            )  # fmt: skip
            return redirect(url_for("account.check_mail"), 303)
    return render("people/register.html", status=422 if form.errors else 200, form=form)


@blueprint.get("/check-mail")
@public
def check_mail() -> Response:
    """What to do next, whoever was written to."""
    return render("people/check_mail.html")


@blueprint.route("/confirm/<token>", methods=["GET", "POST"])
@public
def confirm(token: str) -> Any:
    """Finish an account, and go on where the newcomer was. Opening the link changes nothing: mail scanners open links too."""
    session = here().session
    then = login.safe_next(request.args.get("next", ""), url_for("account.home"))
    try:
        holder = accounts.link_holder(session, tools(), "confirm", token)
        form = ConfirmForm(data={"name": holder.name})
        if form.validate_on_submit():
            account_id = accounts.confirm(
                session, tools(), token=token, name=form.name.data, password=form.password.data
            )
            _start_device(account_id)
            flash(_("Your account is ready, and you are signed in."))
            return redirect(then, 303)
    except Invalid as invalid:
        form.take(invalid.field_errors)
    except DomainError as gone:
        return link_gone(gone, "account.reset")
    return render("people/confirm.html", status=422 if form.errors else 200, form=form, email=holder.email)


def _page_left() -> str:
    """The page from which an error page's link led here. That page must not name its own address: a missing thing and another
    site's give the same bytes."""
    left = urlsplit(request.referrer or "")
    return f"{left.path}?{left.query}".rstrip("?") if "back" in request.args and left.netloc == request.host else ""


def _then(asked: str) -> str:
    """Where one goes after signing in: to the page that was `asked` for, else to the site's front page; at the UK site, whose front
    page is for those who do not know Q yet, to one's own items instead."""
    context = here()
    front = f"{context.prefix}/"
    target = login.safe_next(asked, front)
    return url_for("me.items") if context.tenant.kind == "uk" and urlsplit(target).path == front else target


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
@limits.tries
def sign_in() -> Any:
    """Sign in by password, then go where the visitor wanted to be."""
    context = here()
    form = SignInForm(data={"next": request.args.get("next", "") or _page_left()})
    target = _then(form.next.data or "")
    if context.visitor.signed_in:
        return redirect(target, 303)
    if form.validate_on_submit():
        with kept_on(form):
            token = sign_ins.sign_in(
                context.session, email=form.email.data, password=form.password.data, remember=form.remember.data,
                device=login.device_name(request.headers.get("User-Agent", "")), ip=request.remote_addr or "",
                quick=tools().quick,
            )  # fmt: skip
            login.remember(token, long=form.remember.data)
            _say_what_is_asked(token)
            return redirect(target, 303)
    asked = "asked" in request.args  # a page that is not for everybody led here, and nobody pressed "Sign in"
    return render("people/sign_in.html", status=422 if form.errors else 200, form=form, asked=asked)


@blueprint.post("/sign-out")
@public
def sign_out() -> Any:
    """Sign this device out; pressed twice, or on a device that is out already, it leads to the same page."""
    visitor = here().visitor
    with contextlib.suppress(NotFound):  # not signed in, or signed out from another window this moment
        sign_ins.end(here().session, account_id=str(visitor.account_id), sign_in_id=visitor.sign_in_id)
    login.forget()
    return redirect_with(_("You are signed out."), "site.home")


@blueprint.post("/sign-out-everywhere")
@signed_in
def sign_out_everywhere() -> Any:
    """Sign every device out, this one too."""
    sign_ins.end_all(here().session, str(here().visitor.account_id))
    login.forget()
    return redirect_with(_("You are signed out everywhere."), "account.sign_in")


@blueprint.route("/reset", methods=["GET", "POST"])
@public
@limits.mails
def reset() -> Any:
    """Ask for a link to choose a new password; the answer is the same whether the address has an account."""
    form = ResetForm()
    if form.validate_on_submit():
        with kept_on(form):
            credentials.request_reset(
                here().session, tools(), email=form.email.data, locale=here().language, key=form.form_key.data
            )
            return redirect(url_for("account.check_mail"), 303)
    return render("people/reset.html", status=422 if form.errors else 200, form=form)


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
@public
def reset_with(token: str) -> Any:
    """Choose a new password by a mailed link; every device is signed out, and the person signs in anew."""
    session, form = here().session, NewPasswordForm()
    try:
        holder = accounts.link_holder(session, tools(), "reset", token)
        if form.validate_on_submit():
            credentials.reset_password(session, tools(), token=token, password=form.password.data)
            login.forget()
            return redirect_with(_("Your new password is set. Sign in with it now."), "account.sign_in")
    except Invalid as invalid:
        form.take(invalid.field_errors)
    except DomainError as gone:
        return link_gone(gone, "account.reset")
    return render("people/reset_with.html", status=422 if form.errors else 200, form=form, email=holder.email)
