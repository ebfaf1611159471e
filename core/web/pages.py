"""Rendering pages and going on to the next one."""

from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from typing import Any

from flask import Flask, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from markupsafe import Markup

from core.data.sealing import Sealer
from core.data.session import savepoint
from core.hooks.dispatcher import Answer, Failure, Results
from core.hooks.registry import Registry
from core.kernel.views import Actor, EventRef, NavItem
from core.tenancy.directory import TenantDirectory, TenantSnapshot
from core.web.context import here
from core.web.i18n import LANGUAGES, language

KEPT = "q.kept"


def registry() -> Registry:
    """This application's plugins."""
    found: Registry = current_app.extensions["q.registry"]
    return found


def call_hooks(
    name: str, *, at: TenantSnapshot | None = None, on: frozenset[str] | None = None, **arguments: Any
) -> Results:
    """Call an ENABLED hook for this request's tenant, or for another one: `at`, where the plugins `on` are on. What an implementation
    does to the database is a savepoint of its own."""
    context = here()
    tenant = context.tenant if at is None else at
    return registry().dispatcher.call(
        name,
        tenant.enabled if on is None else on,
        savepoint=lambda: savepoint(context.session),
        tenant=tenant.ref(),
        **arguments,
    )


def _in_order(found: Results) -> list[NavItem]:
    return sorted(found.values(), key=lambda item: (item.order, item.label))


def navigation() -> list[NavItem]:
    """The site's main links for this visitor: the plugins' that are on, in their order."""
    signed_in = here().visitor.signed_in
    return [item for item in _in_order(call_hooks("q_nav_items")) if signed_in or not item.signed_in]


def sites() -> tuple[TenantSnapshot, ...]:
    """Every site of the platform, the UK site first."""
    directory: TenantDirectory = current_app.extensions["q.directory"]
    return directory.all()


def sealer(purpose: str) -> Sealer:
    """What seals words of one purpose with this installation's secret, and opens those of the one before."""
    config = current_app.config["Q"]
    return Sealer(config.secret_key, purpose, config.secret_key_before)


def manage_items() -> list[NavItem]:
    """The plugins' links beside the pages for running this site, for who may use them, in their order."""
    return manage_items_at(here().tenant, here().tenant.enabled, here().visitor.actor())


def manage_items_at(site: TenantSnapshot, on: frozenset[str], actor: Actor) -> list[NavItem]:
    """The same of any site, where the plugins `on` are on, for `actor` as somebody of that site."""
    return _in_order(call_hooks("q_manage_items", at=site, on=on, actor=actor))


def event_links(event: EventRef) -> list[NavItem]:
    """What the plugins do about an event beside its page, in their order; nothing for who is not signed in."""
    visitor = here().visitor
    if not visitor.signed_in:
        return []
    return _in_order(call_hooks("q_event_links", event=event, actor=visitor.actor()))


def page_globals() -> dict[str, Any]:
    """What every template may use beside its own context."""
    try:
        context = here()
    except RuntimeError:
        return {"here": None, "nav": [], "languages": {}, "demo": current_app.config["Q"].demo}
    return {
        "here": context,
        "nav": navigation(),
        "languages": {code: LANGUAGES[code] for code in context.tenant.languages},
        "demo": current_app.config["Q"].demo,
    }


def render(template: str, status: int = 200, **context: Any) -> Response:
    """The page `template` as a response."""
    return make_response(render_template(template, **context), status)


def kept(template: str, item: Hashable) -> Markup:
    """A small `template` with its `item`, kept from the last time it was asked for: for the rows of long lists.

    The template gets no request: it must say the same for the same item, language and site's address. Of each process's
    pieces the 4,096 last used are kept.
    """
    keep: Callable[..., Markup] = current_app.extensions[KEPT]
    return keep(template, item, language(), request.script_root)


def kept_rows(template: str, items: Iterable[Hashable]) -> Markup:
    """Each of the `items` as `kept` gives it, on lines of their own."""
    keep: Callable[..., Markup] = current_app.extensions[KEPT]
    words, root = language(), request.script_root
    return Markup("\n").join([keep(template, item, words, root) for item in items])


def install_kept(app: Flask) -> None:
    """Give `app` stores of its own for `kept` and `kept_last`, and its templates the words."""

    def made(template: str, item: object) -> Markup:
        return Markup(app.jinja_env.get_template(template).render(item=item))  # noqa: S704 - our own autoescaped template

    @lru_cache(maxsize=4096)
    def render_piece(template: str, item: Hashable, _language: str, _root: str) -> Markup:
        return made(template, item)

    last: dict[tuple[str, str, str], tuple[object, Markup]] = {}

    def kept_last(template: str, item: object) -> Markup:
        """A large `template` as `kept` gives it. Of each, in each language and at each site's address, the last is kept alone: its
        item moves on and does not come back."""
        place = template, language(), request.script_root
        found = last.get(place)
        if found is None or found[0] != item:
            found = last[place] = item, made(template, item)
        return found[1]

    app.extensions[KEPT] = render_piece
    app.jinja_env.globals.update(kept=kept, kept_last=kept_last, kept_rows=kept_rows, manage_items=manage_items)


def redirect_with(message: str, endpoint: str, **values: Any) -> Response:
    """Say `message` on the next page and go there with GET (303), so that a reload sends nothing twice."""
    flash(message)
    return go_to(endpoint, **values)


def go_to(endpoint: str, **values: Any) -> Response:
    """Go there with GET (303) without a word, where the page itself says what there is to say."""
    return make_response(redirect(url_for(endpoint, **values), 303))


def fragments(place: str) -> list[Markup]:
    """The plugins' pieces for a named place of this page, each rendered with its own context and nothing else."""
    context = here()
    found = call_hooks("q_page_fragments", session=context.session, actor=context.visitor.actor(), place=place)
    pieces = (_piece(answer) for answer in sorted(found.answers, key=lambda answer: answer.value.order))
    return [piece for piece in pieces if piece is not None]


def _piece(answer: Answer) -> Markup | None:
    """One plugin's piece, rendered; None, and reported, where its template is not its own or fails."""
    try:
        if not answer.value.template.startswith(f"{answer.plugin}/"):
            raise ValueError(f"{answer.value.template} is not a template of its own")  # noqa: TRY301 - one report for both
        with savepoint(here().session):
            return Markup(render_template(answer.value.template, **answer.value.context))  # noqa: S704 - our own autoescaped template
    except Exception as error:  # noqa: BLE001 - whatever a plugin raises, the page must render
        registry().dispatcher.report(Failure(answer.plugin, "q_page_fragments", f"{type(error).__name__}: {error}"))
        return None
