"""flask-login over our own sign-in records: the cookie holds a device's token, the gate asks the database about it.

One account works on every site. Sites reached by path share one host and so one cookie; a site with a host name of its
own has a cookie of its own, and people sign in there once more.
"""

import contextlib
from datetime import timedelta
from typing import cast
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Flask
from flask import session as cookie
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from core.data.db import db
from core.data.session import ScopedSession
from core.kernel import clock
from core.people import limits, queries
from core.people.service import sign_ins
from core.tenancy.directory import TenantSnapshot
from core.web.gate import LOADER

TOKEN = "_user_id"
"""flask-login's name of the cookie's entry."""
LONGEST_PATH = 2000


class Device(UserMixin):  # type: ignore[misc]  # flask-login carries no types
    """A signed-in device, as flask-login wants its user to be: known by its token; `person` is whoever uses it."""

    def __init__(self, token: str, person: queries.SignedIn | None = None) -> None:
        self.token, self.person = token, person

    def get_id(self) -> str:
        """The token, for the cookie."""
        return self.token


def init_app(app: Flask, redis_url: str) -> None:
    """Wire sign-in and the rate limits into the application.

    The manager is not put in place by its own `init_app`: that hangs a hook behind every response, static files
    included, for a remember-me cookie which is not used here (a device's own record says how long it lasts).
    """
    manager = LoginManager()
    manager.session_protection = None  # a device's own record is stronger than a fingerprint of its address
    manager.user_loader(_device)
    app.login_manager = manager  # type: ignore[attr-defined]  # where flask-login looks for it
    app.extensions[LOADER] = load
    app.config.update(
        PERMANENT_SESSION_LIFETIME=max(sign_ins.ABSOLUTE.values()) + timedelta(days=1),
        SESSION_REFRESH_EACH_REQUEST=False,  # else every response, static files included, would set the cookie anew
    )
    limits.init_app(app, redis_url, on=not app.config["TESTING"])


def _device(token: object) -> Device | None:
    """flask-login's loader: the device with this token as the database knows it now; None once it is signed out."""
    if not isinstance(token, str):
        return None
    session = cast("ScopedSession", db.session())  # the request's own: the gate has opened it
    person = queries.signed_in(session, sign_ins.token_hash(token))
    return Device(token, person) if person is not None else None


def load(session: ScopedSession, _: TenantSnapshot) -> queries.SignedIn | None:
    """Who is signed in, in one statement; nobody, in none, for a visitor without the cookie."""
    if TOKEN not in cookie:
        return None
    person = present()
    if person is None:
        logout_user()
        return None
    if clock.now() - person.seen_at > sign_ins.SEEN_EVERY:
        with contextlib.suppress(sa.exc.OperationalError):  # a busy database: noted at the next page instead
            sign_ins.note_seen(session, sign_in_id=person.sign_in_id, remember=person.remember)
    return person


def present() -> queries.SignedIn | None:
    """Who is signed in, with their roles everywhere, as the gate has read it for this request; None for nobody."""
    person: queries.SignedIn | None = getattr(current_user, "person", None)
    return person


def remember(token: str, *, long: bool) -> None:
    """Put a new device's token into a fresh cookie: whatever the cookie held before is dropped (no session fixation)."""
    cookie.clear()
    cookie.permanent = long
    login_user(Device(token))


def forget() -> None:
    """Empty this browser's cookie."""
    logout_user()
    cookie.clear()


def device_name(agent: str) -> str:
    """A browser and a system that a person recognises, from a user-agent header; empty for one that tells neither."""
    browsers = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
    systems = {
        "iPhone": "iPhone",
        "iPad": "iPad",
        "Android": "Android",
        "Windows": "Windows",
        "Mac OS": "Mac",
        "Linux": "Linux",
    }
    browser = next((name for mark, name in browsers.items() if mark in agent), "")
    system = next((name for mark, name in systems.items() if mark in agent), "")
    return ", ".join(filter(None, (browser, system)))


def safe_next(target: str, home: str) -> str:
    """`target` when it is a path of this host, else `home`: a link must not lead people elsewhere after signing in.

    Browsers read a backslash as a slash and drop tabs and line breaks, so anything of that kind is refused as a whole.
    """
    if not target.startswith("/") or target.startswith("//") or len(target) > LONGEST_PATH:
        return home
    if "\\" in target or not target.isprintable():
        return home
    try:
        parts = urlsplit(target)
    except ValueError:
        return home
    return home if parts.scheme or parts.netloc else target
