"""`/demo`: who can sign in, with one press, and the mail that was kept. Registered only where QP_DEMO=1."""

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, redirect, request

from core.demo.community import PASSWORD, STAFF
from core.kernel.errors import NotFound
from core.kernel.permissions import ROLE_TITLES, Role
from core.people import login, queries
from core.people.service import sign_ins
from core.web.access import public
from core.web.context import here
from core.web.pages import render
from core.work.models import Mail

blueprint = Blueprint("demo", __name__, url_prefix="/demo")


@blueprint.get("/")
@public
def people() -> Response:
    """Everybody who can sign in, by site."""
    kinds = [*((word, ROLE_TITLES[role]) for word, role in STAFF), ("member", ROLE_TITLES[Role.MEMBER])]
    sites = current_app.extensions["q.directory"].partners()
    return render("demo/people.html", kinds=kinds, sites=sites, password=PASSWORD)


@blueprint.post("/sign-in")
@public
def sign_in() -> Any:
    """Sign in as one of the demonstration's people, without a password, and go to where that person works."""
    email, target = request.form.get("email", ""), login.safe_next(request.form.get("next", ""), "/me/")
    account = queries.account_by_email(here().session, email) if email.endswith("@demo.example") else None
    if account is None:
        raise NotFound
    token = sign_ins.begin(here().session, account_id=account.id, device="Demonstration", remember=False)
    login.remember(token, long=False)
    return redirect(target, 303)


@blueprint.get("/mail")
@public
def mail() -> Response:
    """The newest hundred messages: in the demonstration mail is kept instead of sent."""
    found = here().session.scalars(sa.select(Mail).order_by(Mail.created_at.desc()).limit(100)).all()
    return render("demo/mail.html", messages=found)
