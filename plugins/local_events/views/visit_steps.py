"""One visit: what its two sides do, step by step."""

from collections.abc import Callable
from typing import Any

from flask import Response, request

from core.sdk import (
    Conflict,
    Form,
    Here,
    Invalid,
    Refused,
    clock,
    gettext,
    here,
    kept_on,
    redirect_with,
    render,
    say,
    signed_in,
    whole_number,
)
from plugins.local_events.letters import visits as letters
from plugins.local_events.queries import visits as queries
from plugins.local_events.service import visits
from plugins.local_events.service.visits import CLOSED_WORDS, Post
from plugins.local_events.states import HOLDING, LEARNT, TOOK_PLACE, VISIT
from plugins.local_events.views.base import blueprint
from plugins.local_events.views.visits import WORDS
from plugins.local_events.web_forms.visits import AgreeForm, DeclineForm, LearningForm, instant, wall

Press = Callable[[Here, int, Post], object]


@blueprint.get("/visits/asked/<visit_id>")
@signed_in
def visit(visit_id: str) -> Response:
    """How one visit stands."""
    return visit_page(visit_id)


def visit_page(visit_id: str, status: int = 200, problem: str = "", **forms: Any) -> Response:
    """The page of one visit, for its two sides and for organisers; `forms` are those that were sent and are shown again."""
    context = here()
    asked, offer = queries.visit(context.session, context.visitor, visit_id)
    side, steps = queries.side_of(context.visitor, asked, offer), VISIT.events_from(asked.state)
    told = queries.told(context.session, visit_id)
    mine = told.get(side)
    shown = {
        "agree": AgreeForm(formdata=None, data={"visit_at": wall(asked.visit_at)}),
        "decline": DeclineForm(formdata=None),
        "learning": LearningForm(formdata=None, data=dict(mine._mapping) if mine is not None else None),
        **forms,
    }
    both = [one for one in (offer.host_id, asked.account_id) if one is not None]
    return render(
        "local_events/visits/visit.html", status, asked=asked, offer=offer, side=side, told=told, problem=problem, forms=shown,
        host_words=gettext(CLOSED_WORDS) if asked.host_words == CLOSED_WORDS else asked.host_words,
        addresses=queries.addresses(context.session, both) if side and asked.state in HOLDING else {},
        can={
            "agree": side == "host" and "agree" in steps,
            "decline": side == "host" and "decline" in steps,
            "confirm": side == "visitor" and "confirm" in steps,
            "withdraw": side == "visitor" and "withdraw" in steps,
            "take_place": side != "" and "take_place" in steps and (asked.visit_at is None or asked.visit_at <= clock.now()),
            "tell": side != "" and asked.state in (TOOK_PLACE, LEARNT),
        },
        **WORDS,
    )  # fmt: skip


def _pressed(visit_id: str, words: str, press: Press, form: Form | None = None, name: str = "") -> Response:
    """The visit's page again with what came of a press; a `form` that is wrong or overtaken is shown again under `name`. What is
    typed into one and refused is kept by the error page: the visit's page has no form for a step that is gone."""
    context = here()
    if form is not None and not form.validate():
        return visit_page(visit_id, 422, **{name: form})
    try:
        press(context, whole_number(request.form.get("version", "")), letters.post(context.tenant))
    except (Invalid, Refused, Conflict) as error:
        if form is None:
            return visit_page(visit_id, 422, say(error.message, error.params))
        if isinstance(error, Refused):
            raise
        with kept_on(form):
            raise
        return visit_page(visit_id, 422, **{name: form})
    return redirect_with(words, "local_events.visit", visit_id=visit_id)


@blueprint.post("/visits/asked/<visit_id>/agree")
@signed_in
def visit_agree(visit_id: str) -> Response:
    """The host agrees."""
    form = AgreeForm()

    def press(context: Here, version: int, post: Post) -> None:
        visits.agree(context.session, visit_id, instant(form.visit_at), form.words.data, version, context.visitor, post)

    return _pressed(visit_id, gettext("The visitor is asked to confirm."), press, form, "agree")


@blueprint.post("/visits/asked/<visit_id>/decline")
@signed_in
def visit_decline(visit_id: str) -> Response:
    """The host declines, or calls it off."""
    form = DeclineForm()

    def press(context: Here, version: int, post: Post) -> None:
        visits.decline(context.session, visit_id, form.why.data, version, context.visitor, post)

    return _pressed(visit_id, gettext("The visitor is told."), press, form, "decline")


@blueprint.post("/visits/asked/<visit_id>/confirm")
@signed_in
def visit_confirm(visit_id: str) -> Response:
    """The visitor confirms."""

    def press(context: Here, version: int, post: Post) -> None:
        visits.confirm(context.session, visit_id, version, context.visitor, post)

    return _pressed(visit_id, gettext("The visit is agreed. You both see each other’s email address here."), press)


@blueprint.post("/visits/asked/<visit_id>/withdraw")
@signed_in
def visit_withdraw(visit_id: str) -> Response:
    """The visitor asks no more, or does not come."""

    def press(context: Here, version: int, post: Post) -> None:
        visits.withdraw(context.session, visit_id, version, context.visitor, post)

    return _pressed(visit_id, gettext("The host is told."), press)


@blueprint.post("/visits/asked/<visit_id>/took-place")
@signed_in
def visit_took_place(visit_id: str) -> Response:
    """Either side says that it took place."""

    def press(context: Here, version: int, post: Post) -> None:
        visits.take_place(context.session, visit_id, version, context.visitor, post)

    return _pressed(visit_id, gettext("Tell what you learnt from it."), press)


@blueprint.post("/visits/asked/<visit_id>/learnt")
@signed_in
def visit_learnt(visit_id: str) -> Response:
    """Either side tells what they learnt."""
    form = LearningForm()

    def press(context: Here, _version: int, post: Post) -> None:  # told anew at any time, whatever the version
        visits.tell(
            context.session,
            context.tenant.ref(),
            visit_id,
            form.words.data,
            form.shared.data,
            context.visitor,
            post,
            form.form_key.data,
        )

    return _pressed(visit_id, gettext("Thank you for telling what you learnt."), press, form, "learning")
