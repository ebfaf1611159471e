"""What stands around every page and changes seldom: its main links and its foot, kept by what they depend on (`pages.kept`)."""

from typing import NamedTuple

from flask import Flask, current_app, request
from markupsafe import Markup

from core.kernel.views import NavItem
from core.tenancy.directory import TenantDirectory, TenantSnapshot
from core.web.context import Here, here
from core.web.pages import kept
from core.web.site import theme_block

OWN_LINKS = ("/apply/", "/assess/", "/manage/", "/console/")
"""The core's own main links beside the start page."""


class MainLinks(NamedTuple):
    """The main links as one reader sees them. `path` says no more of the page's address than which of them lead to it."""

    prefix: str
    uk: str
    plugins: tuple[NavItem, ...]
    path: str
    member: bool
    assess: bool
    manage: bool
    console: bool


class Foot(NamedTuple):
    """The foot of a site's pages. `more` and `note` are markup of the page's own and of the site's theme; `partner` is "" where
    there is none to name."""

    name: str
    uk: str
    prefix: str
    of_site: bool
    at_uk: bool
    partner: str
    more: Markup
    note: Markup | None


def main_links(links: list[NavItem], uk: str) -> Markup:
    """The main links of this request's page: `links` are the plugins', `uk` is the address of the UK site."""
    context = here()
    can, partner = context.visitor.can, context.tenant.kind != "uk"
    found = MainLinks(
        context.prefix,
        uk,
        tuple(links),
        _place(request.path, ["/", *OWN_LINKS, *(link.href for link in links)]),
        context.visitor.is_member,
        partner and can("admissions.assess"),
        partner and can("tenant.manage"),
        can("console.use"),
    )
    return kept("layouts/_links.html", found)


def _place(path: str, hrefs: list[str]) -> str:
    """`path` where it is one of `hrefs`; else the longest of them that it begins with, and that it goes on."""
    if path in hrefs:
        return path
    return max((href for href in hrefs if path.startswith(href)), key=len, default="") + "…"


def page_foot(context: Here | None, uk: str, prefix: str, more: Markup) -> Markup:
    """The foot of the present page; `context` is None where a request did not get as far as its site."""
    found = Foot("Q", uk, prefix, False, False, "", more, None)
    if context is not None:
        tenant = context.tenant
        partner = tenant.led_by(context.language) if tenant.partner else ""
        name = tenant.named(context.language)
        found = Foot(name, uk, prefix, True, tenant.kind == "uk", partner, more, theme_block("footer_note"))
    return kept("layouts/_foot.html", found)


def home_site() -> TenantSnapshot | None:
    """The reader's home site, where this is another one: whoever has wandered finds back from every page."""
    context = here()
    home = context.visitor.home_tenant_id
    if home is None or home == context.tenant.id:
        return None
    directory: TenantDirectory = current_app.extensions["q.directory"]
    return directory.by_id(home)


def install(app: Flask) -> None:
    """Give `app`'s templates the words."""
    app.jinja_env.globals.update(main_links=main_links, page_foot=page_foot, home_site=home_site)
