"""Who may use an endpoint: declared with one decorator on each view; the application refuses to boot without."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from flask import Flask

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Access:
    """`kind` is public, signed_in or needs; `permission` goes with needs. `tenantless` views run before any tenant is known;
    `while_off` ones answer where their plugin is off, too."""

    kind: str
    permission: str = ""
    tenantless: bool = False
    while_off: bool = False


def _declare(view: View, access: Access) -> View:
    view.__access__ = access  # type: ignore[attr-defined]  # the declaration travels on the function itself
    return view


def public(view: View) -> View:
    """Anyone may use it."""
    return _declare(view, Access("public"))


def tenantless(view: View) -> View:
    """Anyone may use it, and it touches neither tenant nor database session: static files, health."""
    return _declare(view, Access("public", tenantless=True))


def while_off(view: View) -> View:
    """Above `@public`: a feed that goes on answering reads (GET, HEAD) where its plugin was on and is off now.

    A calendar program that finds nothing drops what it has, or complains, and its person cannot tell why. The view must link
    to no page of the plugin's while that is so (`is_on`): they are gone. Raises TypeError for a view that is not public.
    """
    access: Access | None = getattr(view, "__access__", None)
    if access is None or access.kind != "public" or access.tenantless:
        raise TypeError("only a view that is public can answer while its plugin is off")
    return _declare(view, replace(access, while_off=True))


def signed_in(view: View) -> View:
    """Anyone who is signed in."""
    return _declare(view, Access("signed_in"))


def needs(permission: str) -> Callable[[View], View]:
    """Whoever holds `permission` at the request's tenant."""
    return lambda view: _declare(view, Access("needs", str(permission)))


def access_of(app: Flask, endpoint: str) -> Access | None:
    """The declaration of an endpoint; None where there is none."""
    found: Access | None = getattr(app.view_functions[endpoint], "__access__", None)
    return found


def undeclared(app: Flask) -> list[str]:
    """Endpoints that nobody has declared access for: the application does not boot while there is one."""
    return sorted({rule.endpoint for rule in app.url_map.iter_rules() if access_of(app, rule.endpoint) is None})
