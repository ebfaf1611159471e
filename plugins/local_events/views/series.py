"""Copying an event, repeating it, and the pages of a series."""

from datetime import datetime, timedelta

from flask import Response, request, url_for

from core.sdk import (
    Declined,
    Here,
    NotFound,
    Visitor,
    clock,
    gettext,
    here,
    kept_on,
    ngettext,
    public,
    redirect_with,
    render,
    say,
    signed_in,
    wall_clock,
)
from plugins.local_events import rules
from plugins.local_events.following import STAYS
from plugins.local_events.letters import proposals as proposal_letters
from plugins.local_events.queries import events, organisers, series
from plugins.local_events.queries.events import Details
from plugins.local_events.recurrence import Rule, usual_rules, wall, written
from plugins.local_events.service import copying, splitting
from plugins.local_events.service import series as service
from plugins.local_events.states import DRAFT
from plugins.local_events.views.base import WORDS, blueprint, known_at, settings_of
from plugins.local_events.views.running import findings
from plugins.local_events.web_forms.series import CopyForm, LaterForm, RepeatForm, VisitForm, later_values
from plugins.local_events.words import ORDINALS, WEEKDAYS


def _source(event_id: str) -> tuple[Here, Visitor, Details]:
    """This request, its visitor as the event knows them, and the event that others are made from."""
    context = here()
    tenant = context.tenant.ref()
    visitor = known_at(event_id)
    return context, visitor, copying.of(context.session, tenant, settings_of(context), event_id, visitor)


def rule_words(rule: Rule) -> str:
    """A rule as people say it."""
    if rule.freq == "weekly":
        names = ", ".join(say(WEEKDAYS[day]) for day in rule.weekdays)
        if rule.interval == 1:
            return gettext("Every week: %(days)s", days=names)
        return gettext("Every %(number)s weeks: %(days)s", number=rule.interval, days=names)
    if rule.month_day is not None:
        day = gettext("on day %(day)s", day=rule.month_day)
    else:
        number = say(ORDINALS[rule.nth or 1])
        day = gettext("on the %(number)s %(weekday)s", number=number, weekday=say(WEEKDAYS[rule.weekdays[0]]))
    if rule.interval == 1:
        return gettext("Every month, %(day)s", day=day)
    return gettext("Every %(number)s months, %(day)s", number=rule.interval, day=day)


def night_words(start: datetime) -> str:
    """What a change of the clocks does to a date that begins at the wall-clock time `start`; "" on every other night."""
    try:
        wall_clock.instant(start)
    except wall_clock.Unclear as unclear:
        time = f"{start:%H:%M}"
        if unclear.message == wall_clock.TWICE:
            return gettext(
                "The clocks go back that night, and %(time)s comes twice. The event begins at the first of the two.",
                time=time,
            )
        return gettext(
            "The clocks go forward that night, and there is no %(time)s. The event begins an hour later.", time=time
        )
    return ""


@blueprint.route("/<event_id>/copy", methods=["GET", "POST"])
@signed_in
def copy(event_id: str) -> Response:
    """A draft that says the same, for another day."""
    context, visitor, event = _source(event_id)
    start = wall(event.starts_at)
    while clock.from_london(start) <= clock.now():
        start += timedelta(days=7)
    form = CopyForm(data={"starts_at": start})
    if form.validate_on_submit():
        tenant, settings = context.tenant.ref(), settings_of(context)
        with kept_on(form):
            copied = copying.copy(
                context.session, tenant, settings, event_id, form.starts_at.data, visitor, form.form_key.data
            )
            return redirect_with(
                gettext("The copy is a draft. Change what is different."), "local_events.edit", event_id=copied
            )
    return render("local_events/series/copy.html", 422 if form.errors else 200, event=event, form=form)


@blueprint.route("/<event_id>/repeat", methods=["GET", "POST"])
@signed_in
def repeat(event_id: str) -> Response:
    """Repeat an event: first the dates are shown, then they are made."""
    context, visitor, event = _source(event_id)
    first = wall(event.starts_at)
    form, days = RepeatForm(data={"count": 6}), []
    form.offer(first)
    form.without.choices = []
    step = request.form.get("step", "")
    if request.method == "POST" and form.interval.validate(form):
        with kept_on(form):
            days = service.preview(event, form.rule(first))
        known = [written(day) for day in days[1:]]
        form.without.choices = [(day, day) for day in known]
        # what was ticked before the rule was changed is no date any more
        form.without.data = [day for day in form.without.data or () if day in known]
    if form.validate_on_submit() and not form.form_errors and days and step == "apply":
        tenant, settings = context.tenant.ref(), settings_of(context)
        with kept_on(form):
            made = service.create(
                context.session, tenant, settings, event_id, form.rule(first), form.without.data or (), visitor,
                form.form_key.data,
            )  # fmt: skip
            return redirect_with(gettext("The dates are drafts."), "local_events.series_page", series_id=made)
    lines = [(written(day), clock.from_london(day), night_words(day)) for day in days]
    return render(
        "local_events/series/repeat.html", 422 if form.errors else 200, event=event, form=form, lines=lines,
        patterns=usual_rules(first),
    )  # fmt: skip


@blueprint.route("/<event_id>/visit", methods=["GET", "POST"])
@signed_in
def add_visit(event_id: str) -> Response:
    """One more visit of an exchange."""
    context, visitor, event = _source(event_id)
    if event.kind not in service.CHAINED_KINDS:
        raise NotFound
    form = VisitForm(data={"starts_at": wall(event.starts_at).replace(second=0)})
    if form.validate_on_submit():
        tenant, settings = context.tenant.ref(), settings_of(context)
        with kept_on(form):
            added = service.add_visit(
                context.session, tenant, settings, event_id, form.starts_at.data, form.place.data, visitor,
                form.form_key.data,
            )  # fmt: skip
            return redirect_with(gettext("The visit is a draft."), "local_events.show", event_id=added)
    return render("local_events/series/visit.html", 422 if form.errors else 200, event=event, form=form)


@blueprint.get("/series/<series_id>")
@public
def series_page(series_id: str) -> Response:
    """The dates of a series that the visitor may see."""
    return _series_page(series_id)


def _series_page(series_id: str, status: int = 200, problem: str = "") -> Response:
    context = here()
    session, tenant, settings = context.session, context.tenant.ref(), settings_of(context)
    whole, found = series.find(session, series_id), series.dates(session, series_id)
    known = organisers.at_events(session, tenant, [one.event_id for one in found], context.visitor)
    shown = [one for one in found if events.visible(one, tenant, known[one.event_id])]
    if not shown:
        raise NotFound
    now = clock.now()
    runs = rules.may_create(context.visitor, tenant, settings) and all(
        rules.may_run(known[one.event_id], tenant, settings, one.created_by, one.state) for one in found
    )
    return render(
        "local_events/series/show.html", status, whole=whole, dates=shown, now=now, runs=runs, problem=problem,
        rule=rule_words(Rule.parse(whole.rule)) if whole.rule else "", out=series.left_out(session, series_id) if runs else [],
        drafts=any(one.state == DRAFT and one.starts_at > now for one in shown),
        may_publish=rules.may_publish(context.visitor, tenant, settings, found[0].created_by), **WORDS,
    )  # fmt: skip


@blueprint.post("/series/<series_id>/publish")
@signed_in
def publish_series(series_id: str) -> Response:
    """Publish all drafts of a series."""
    context = here()
    tenant, settings = context.tenant.ref(), settings_of(context)
    try:
        done = service.publish_all(context.session, tenant, settings, series_id, context.visitor, findings)
    except Declined as error:
        return _series_page(series_id, 422, say(error.message, error.params))
    return redirect_with(
        ngettext("%(num)d date is published.", "%(num)d dates are published.", done),
        "local_events.series_page",
        series_id=series_id,
    )


@blueprint.post("/series/<series_id>/skip/<event_id>")
@signed_in
def skip(series_id: str, event_id: str) -> Response:
    """Leave one date out."""
    context = here()
    tenant, settings = context.tenant.ref(), settings_of(context)
    visitor = known_at(event_id)
    why = gettext("This date is left out.")
    try:
        post = proposal_letters.post(context.tenant)
        service.skip(context.session, tenant, settings, series_id, event_id, why, visitor, post)
    except Declined as error:
        return _series_page(series_id, 422, say(error.message, error.params))
    return redirect_with(why, "local_events.series_page", series_id=series_id)


@blueprint.route("/series/<series_id>/from/<event_id>", methods=["GET", "POST"])
@signed_in
def later(series_id: str, event_id: str) -> Response:
    """Change a series from one date on: first what would happen is shown, then it is done."""
    context, _, _ = _source(event_id)
    session = context.session
    whole, found = series.find(session, series_id), series.dates(session, series_id)
    position = next((number for number, one in enumerate(found) if one.event_id == event_id), None)
    if position is None or not whole.rule:
        raise NotFound
    at, rule = found[position], Rule.parse(whole.rule)
    out = sum(day > at.original_start for day in series.left_out(session, series_id))
    form, lines = LaterForm(data=later_values(at, rule, len(found) - position + out)), []
    form.offer(form.starts_at.data or wall(at.starts_at))
    if form.validate_on_submit():
        with kept_on(form):
            wanted = form.later()
            lines = splitting.preview(session, series_id, event_id, wanted)
            if request.form.get("step") == "apply" and form.previewed.data:
                made = splitting.split(
                    session, context.tenant.ref(), settings_of(context), series_id, event_id, wanted,
                    form.previewed.data, context.visitor, form.form_key.data, proposal_letters.post(context.tenant),
                )  # fmt: skip
                return redirect_with(
                    gettext("The later dates are changed."), "local_events.series_page", series_id=made
                )
        if form.errors and not form.overtaken:
            lines = []
    form.previewed.data = splitting.seen(lines) if lines else ""
    shown = [
        (
            line,
            *(clock.from_london(one) if one is not None else None for one in (line.before, line.after)),
            night_words(line.after) if line.after is not None and line.what != STAYS else "",
        )
        for line in lines
    ]
    return render(
        "local_events/series/later.html", 422 if form.errors else 200, whole=whole, at=at, form=form, lines=shown,
        back=url_for("local_events.series_page", series_id=series_id),
    )  # fmt: skip
