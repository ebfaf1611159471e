"""Your data: a copy of everything that is held about oneself, and closing the account, which erases it."""

from collections.abc import Sequence

from flask import Response, render_template, url_for

from core.kernel import clock
from core.kernel.errors import Invalid
from core.people import limits, login
from core.people.forms import CloseForm, OwnPasswordForm
from core.people.personal import file
from core.people.personal.asking import house
from core.people.personal.registry import PARTS
from core.people.personal.service import OutOfService, Section, collect, files
from core.people.personal.words import label
from core.people.service import closing
from core.people.service.erasure import GRACE
from core.people.views.base import blueprint, tools
from core.web.access import signed_in
from core.web.contact import platform_address
from core.web.context import here
from core.web.forms import kept_on
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.pages import redirect_with, registry, render


def _held() -> list[Section]:
    session = here().session
    return collect(session, house(session), str(here().visitor.account_id))


def _counts() -> list[tuple[str, int]] | None:
    """(heading, how many rows), the same heading of several sites taken together; None while it cannot all be asked."""
    counts: dict[str, int] = {}
    try:
        sections = _held()
    except OutOfService:
        return None
    for section in sections:
        rows = len(section.data) if isinstance(section.data, list) else 1
        counts[section.heading] = counts.get(section.heading, 0) + rows
    return list(counts.items())


@blueprint.route("/data", methods=["GET", "POST"])
@signed_in
@limits.tries
def data() -> Response:
    """What is held about oneself, and all of it to take away."""
    form, context = OwnPasswordForm(), here()
    if form.validate_on_submit():
        try:
            closing.check_password(context.session, tools(), context.visitor.actor(), form.password.data)
            # A part or a file that cannot be reached is met here, before it is on record that all was handed out.
            copy = _file(_held())
            closing.note_export(context.session, context.visitor.actor())
        except Invalid as invalid:
            form.take(invalid.field_errors)
        except OutOfService as refused:
            form.form_errors.append(say(refused.message, refused.params))
        else:
            return copy
    return render("people/data.html", status=422 if form.errors else 200, form=form, held=_counts())


def _file(sections: Sequence[Section]) -> Response:
    made_at = clock.now()
    titles = {name: plugin.manifest.title for name, plugin in registry().plugins.items()}
    page = render_template(
        "people/data_file.html", sections=sections, titles=titles, made_at=made_at, label=label, site=here().tenant
    )
    account_id = str(here().visitor.account_id)
    given = files(house(here().session), account_id)
    body = file.archive(file.as_json(sections, account_id, made_at), page, given)
    headers = {"Content-Disposition": f'attachment; filename="your-data-{made_at:%Y-%m-%d}.zip"'}
    return Response(body, mimetype="application/zip", headers=headers)


@blueprint.route("/close", methods=["GET", "POST"])
@signed_in
@limits.tries
def close() -> Response:
    """Close one's own account: what goes, what stays and why, then the password."""
    form, context = CloseForm(), here()
    if form.validate_on_submit():
        with kept_on(form):
            closing.close_own(context.session, tools(), context.visitor.actor(), password=form.password.data)
            login.forget()
            return redirect_with(
                _("Your account is closed, and you are signed out. We have written to you about what follows."),
                "site.home",
            )
    return render(
        "people/close.html", status=422 if form.errors else 200, form=form, held=_counts(), days=GRACE.days,
        stays=[part.stays for part in PARTS.values() if part.stays], contact=platform_address(),
        back=url_for("account.data"),
    )  # fmt: skip
