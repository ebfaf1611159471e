"""What stands around every page and changes seldom: its links and its foot, kept by what they depend on (`pages.kept`)."""

from typing import NamedTuple

from flask import Flask, current_app, request
from markupsafe import Markup

from core.kernel.views import NavItem
from core.tenancy.directory import TenantDirectory, TenantSnapshot
from core.web.context import Here, here
from core.web.pages import kept
from core.web.site import theme_block, theme_href

OWN_LINKS = ("/apply/", "/assess/", "/manage/", "/console/")
"""The core's own main links beside the start page."""


class MainLinks(NamedTuple):
    """The main links as one reader sees them. `path` says no more of the page's address than which of them lead to it. `partner` is
    whether the site is a partner's: the UK site's pages below `/manage/` are the console's."""

    prefix: str
    uk: str
    plugins: tuple[NavItem, ...]
    path: str
    member: bool
    assess: bool
    manage: bool
    console: bool
    partner: bool


class OwnLinks(NamedTuple):
    """The links of the menu of who is signed in; nothing in it tells who that is. `home` is "" where their home is this site."""

    prefix: str
    home: str = ""
    home_name: str = ""


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
        partner,
    )
    return kept("layouts/_links.html", found)


def _place(path: str, hrefs: list[str]) -> str:
    """`path` where it is one of `hrefs`; else the longest of them that it begins with, and that it goes on."""
    if path in hrefs:
        return path
    return max((href for href in hrefs if path.startswith(href)), key=len, default="") + "…"


def page_head(context: Here | None) -> Markup:
    """What every page asks for in its head; `context` is None where a request did not get as far as its site. An unknown host has
    no colours, and may use no other one's."""
    of_site = context is not None and (context.by_host or not context.common)
    return kept("layouts/_head.html", theme_href() if of_site else "")


def page_foot(context: Here | None, uk: str, prefix: str, more: Markup) -> Markup:
    """The foot of the present page; `context` is None where a request did not get as far as its site."""
    found = Foot("Q", uk, prefix, False, False, "", more, None)
    if context is not None:
        tenant = context.tenant
        partner = tenant.led_by(context.language) if tenant.partner else ""
        name = tenant.named(context.language)
        found = Foot(name, uk, prefix, True, tenant.kind == "uk", partner, more, theme_block("footer_note"))
    return kept("layouts/_foot.html", found)


def own_links(uk: str) -> Markup:
    """The links of the menu of who is signed in: their home site first, where this is another one (whoever has wandered finds
    back from every page), then what is theirs here."""
    context = here()
    home = _home_elsewhere(context)
    found = OwnLinks(context.prefix, f"{uk}{home.prefix[1:]}/", home.named(context.language)) if home else None
    return kept("layouts/_own.html", found or OwnLinks(context.prefix))


def _home_elsewhere(context: Here) -> TenantSnapshot | None:
    home = context.visitor.home_tenant_id
    if home is None or home == context.tenant.id:
        return None
    directory: TenantDirectory = current_app.extensions["q.directory"]
    return directory.by_id(home)


def install(app: Flask) -> None:
    """Give `app`'s templates the words."""
    app.jinja_env.globals.update(main_links=main_links, page_head=page_head, page_foot=page_foot, own_links=own_links)
