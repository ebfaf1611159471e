"""Every site's start page, its colours, and the choice of language."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, current_app, make_response, redirect, request
from markupsafe import Markup

from core.kernel.errors import NotFound
from core.tenancy import noticeboard
from core.tenancy.directory import TenantDirectory
from core.tenancy.geo.dots import SiteDots, UkMap, uk_map
from core.tenancy.theme import Theme, tenant_css
from core.web.access import public
from core.web.assets import YEAR
from core.web.context import here
from core.web.gate import LANGUAGE_COOKIE
from core.web.pages import fragments, render

blueprint = Blueprint("site", __name__)
MEMBERS = "q.members_by_tenant"
"""The people room's count of members by tenant: `(session) -> {tenant id: members}`."""


@blueprint.get("/")
@public
def home() -> Response:
    """The UK site's front page, or a partner's."""
    context = here()
    pieces = fragments("home.main")
    if context.tenant.kind != "uk":
        blocks = {name: theme_block(name) for name in ("home_intro", "home_aside")}
        return render("site/partner.html", pieces=pieces, blocks=blocks)
    directory: TenantDirectory = current_app.extensions["q.directory"]
    counts = current_app.extensions[MEMBERS](context.session)
    cards = noticeboard.upcoming(context.session, audiences=_audiences(), limit=6)
    places = {site.tenant: site for site in uk_map().sites}
    return render(
        "site/home.html",
        pieces=pieces,
        cards=cards,
        sites={tenant.id: tenant for tenant in directory.all()},
        partners=tuple(
            Partner(
                tenant.named(context.language),
                f"{tenant.prefix}/",
                tenant.details["colours"]["map"],
                counts.get(tenant.id, 0),
                places.get(tenant.slug),
            )
            for tenant in directory.partners()
        ),
        members=sum(counts.values()),
    )


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner as the map and its key show it, in the reader's language; without dots it is not on the map."""

    name: str
    href: str
    colour: str
    count: int
    dots: SiteDots | None


def map_of(says: Mapping[int, str], hrefs: Mapping[int, str]) -> tuple[UkMap, list[dict[str, Any]]]:
    """(the drawing, its sites) for `components/map.html`: of each partner what `says` it, by tenant, with a link to `hrefs`."""
    directory: TenantDirectory = current_app.extensions["q.directory"]
    places = {site.tenant: site for site in uk_map().sites}
    sites = [
        {
            "name": tenant.named(here().language), "href": hrefs[tenant.id], "colour": tenant.details["colours"]["map"],
            "dots": places[tenant.slug], "says": says[tenant.id],
        }
        for tenant in directory.partners()
        if tenant.slug in places and tenant.id in says
    ]  # fmt: skip
    return uk_map(), sites


def site_names() -> dict[int, tuple[str, str]]:
    """Every site's (name in the reader's language, what its whole addresses begin with), by tenant, in their order."""
    directory: TenantDirectory = current_app.extensions["q.directory"]
    return {tenant.id: (tenant.named(here().language), tenant.prefix) for tenant in directory.all()}


def _audiences() -> tuple[str, ...]:
    """Which noticeboard cards the visitor may see."""
    return ("uk", "public") if here().visitor.is_member else ("public",)


def theme_block(name: str) -> Markup | None:
    """This site's own words for a named block, where its theme has them."""
    tenant = here().tenant
    found: Theme | None = current_app.extensions["q.themes"].get(tenant.slug)
    if found is None:
        return None
    return found.block(
        name, here().language, {"name": tenant.named(here().language), "partner": tenant.led_by(here().language)}
    )


@lru_cache(maxsize=256)
def _stylesheet(colours: tuple[tuple[str, str], ...], tokens: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """(the stylesheet, its digest) of a site's colours."""
    css = tenant_css(dict(colours), dict(tokens))
    return css, hashlib.sha256(css.encode()).hexdigest()[:12]


def _theme() -> tuple[str, str]:
    tenant = here().tenant
    found: Theme | None = current_app.extensions["q.themes"].get(tenant.slug)
    return _stylesheet(tuple(tenant.details["colours"].items()), tuple(found.tokens.items()) if found else ())


def theme_href() -> str:
    """The address of this site's colours; it changes with them."""
    return f"{here().prefix}/theme-{_theme()[1]}.css"


@blueprint.get("/theme-<digest>.css")
@public
def theme(digest: str) -> Response:
    """This site's colours as a stylesheet: inline styles are forbidden by the content security policy."""
    css, present = _theme()
    response = make_response(css)
    response.mimetype = "text/css"
    current = digest == present
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if current else "no-cache"
    return response


@blueprint.get("/language/<code>")
@public
def language(code: str) -> Any:
    """Read this site in another of its languages; the choice is kept in a cookie for a year."""
    if code not in here().tenant.languages:
        raise NotFound
    target = request.args.get("next", "")
    safe = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    response = redirect(target if safe else f"{here().prefix}/", 303)
    https = current_app.config["Q"].https
    response.set_cookie(LANGUAGE_COOKIE, code, max_age=YEAR, secure=https, httponly=True, samesite="Lax")
    return response
