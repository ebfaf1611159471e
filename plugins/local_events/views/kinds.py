"""What events of a kind begin with at this site, under `/manage/events/kinds`."""

from flask import Response, request

from core.sdk import (
    NotFound,
    gettext,
    here,
    kept_on,
    needs,
    next_version,
    people_by_id,
    redirect_with,
    render,
    say,
    version_sent,
    whole_number,
)
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.queries import kinds
from plugins.local_events.service import kinds as service
from plugins.local_events.views.base import WORDS, manage_blueprint, settings_of
from plugins.local_events.web_forms.kinds import KindForm, values_of
from plugins.local_events.words import KINDS


@manage_blueprint.get("/kinds")
@needs(ORGANISE)
def kinds_home() -> Response:
    """All kinds, with what is usual for each."""
    context = here()
    found = kinds.every(context.session, settings_of(context))
    return render("local_events/manage/kinds.html", found=found, **WORDS)


@manage_blueprint.route("/kinds/<kind>", methods=["GET", "POST"])
@needs(ORGANISE)
def kind_edit(kind: str) -> Response:
    """Change what is usual for one kind; with `version` begin from an earlier one."""
    if kind not in KINDS:
        raise NotFound
    context, status = here(), 200
    settings = settings_of(context)
    now, history = kinds.current(context.session, settings, kind), kinds.versions(context.session, kind)
    first = now
    if request.method == "GET" and (wanted := whole_number(request.args.get("version", ""))):
        first = next((one.settings for one in history if one.settings.version == wanted), now)
    form = KindForm(data=values_of(first))
    if form.validate_on_submit():
        with kept_on(form, lambda: KindForm(formdata=None, data=values_of(now))):
            service.save(context.session, context.tenant.ref(), form.settings(kind, version_sent()), context.visitor)
            return redirect_with(
                gettext("Saved. New events of this kind begin with it."), "local_events_manage.kinds_home"
            )
    if form.errors:
        status = 422
    people = people_by_id(context.session, {one.saved_by for one in history if one.saved_by})
    return render(
        "local_events/manage/kind.html", status, form=form, kind=kind, name=say(KINDS[kind]),
        version=next_version(form, now.version),
        first=first, now=now, history=history, people=people,
    )  # fmt: skip
