"""The pages."""

from flask import Blueprint, Response

from core.sdk import gettext, here, kept_on, needs, public, redirect_with, render
from $package import queries, service
from $package.forms import NoteForm
from $package.manifest import MANIFEST, WRITE

blueprint = Blueprint(MANIFEST.name, __name__)


@blueprint.get("/")
@public
def listing() -> Response:
    """The newest notes."""
    context = here()
    notes = queries.newest(context.session)
    return render("$name/list.html", notes=notes, may_write=context.visitor.can(WRITE))


@blueprint.route("/new", methods=["GET", "POST"])
@needs(WRITE)
def new() -> Response:
    """Write a note."""
    context = here()
    form = NoteForm()
    if form.validate_on_submit():
        with kept_on(form):
            service.write(context.session, form.text.data, context.visitor.actor(), form.form_key.data)
            return redirect_with(gettext("Your note is written."), "$name.listing")
    return render("$name/new.html", 422 if form.errors else 200, form=form)
