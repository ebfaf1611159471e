"""The world that every hostile request meets, how it is asked, and how its addresses are filled.

What is in it stands in `rooms`. A route with a parameter that no room names fails the suite.
"""

from dataclasses import dataclass
from typing import Any, cast

from flask import Flask
from flask_wtf.csrf import generate_csrf
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from core.data.db import open_session
from core.data.scope import Scope
from tests.factories.people import client_of
from tests.integration.bad_input.rooms.cast import Good, Named
from tests.integration.bad_input.watch import Watch
from tests.support.client import FormClient

SITE = "/scotland"
POLICY = ("list", "version", "draft_from", "draft", "edit", "publish", "discard")
PLACES = {
    "console": "", "admissions": "", "account": "", "me": "", "demo": "",
    **{f"expense_approvals_manage.policy_{page}": "" for page in POLICY},
}  # fmt: skip
"""Where the core's rooms, and single pages, are looked at; everything else at Scotland's site."""
CSRF = "csrf_token"


@dataclass
class Browser:
    """Somebody's browser: always the same cookie, so that nothing a request does to it lasts."""

    name: str
    cookie: str
    token: str
    held: frozenset[str] = frozenset()


@dataclass
class World:
    """What the tests know of the world: values of addresses' parameters here and at another site (see `rooms.cast`), and good
    answers by route."""

    app: Flask
    watch: Watch
    browsers: list[Browser]
    named: Named
    foreign: Named
    good: Good

    def __post_init__(self) -> None:
        self._tenants = self.app.extensions["q.directory"].all()
        self._client = cast("FormClient", self.app.test_client(use_cookies=False))

    @property
    def engine(self) -> str:
        """`sqlite` or `postgresql`."""
        return str(self.app.config["Q"].database_url).partition(":")[0].partition("+")[0]

    def send(self, browser: Browser, method: str, path: str, **options: Any) -> TestResponse:
        """A request of that browser; redirects are not followed."""
        headers = {"Cookie": f"q={browser.cookie}", **options.pop("headers", {})}
        return self._client.open(path, method=method, headers=headers, **options)

    def values(self, rule: Rule, name: str) -> tuple[str, ...]:
        """What a route's parameter can be filled with. Raises KeyError for one that nobody can fill."""
        found = self.named.get(f"{rule.endpoint}:{name}") or self.named.get(name)
        if found is None:
            raise KeyError(f"{rule.rule}: say in bad_input/rooms how to fill <{name}>")
        return found

    def elsewhere(self, rule: Rule, name: str) -> str:
        """The same of another site; empty for a parameter that names nothing of a site's own."""
        return next(iter(self.foreign.get(f"{rule.endpoint}:{name}") or self.foreign.get(name) or ()), "")

    def put_back(self) -> None:
        """Undo whatever the last requests wrote."""
        if self.watch.restore() and self.app.extensions["q.directory"].all() != self._tenants:
            refresh(self.app)  # else what the application knows of the tenants is what has been put back


def prefix(endpoint: str) -> str:
    """Where a route is looked at."""
    return PLACES.get(endpoint, PLACES.get(endpoint.partition(".")[0], SITE))


def refresh(app: Flask) -> None:
    """Read the tenants as the database has them now."""
    with app.app_context(), open_session(Scope.platform("tests")) as session:
        app.extensions["q.directory"].refresh(session)


def browser(app: Flask, name: str, account_id: str = "") -> Browser:
    """A browser in which the account is signed in (nobody, when none is named), with a token that its forms accept."""
    client = client_of(app, account_id) if account_id else cast("FormClient", app.test_client())
    with app.test_request_context("/"):
        token = generate_csrf()
        from flask import session as cookie  # the request context's own

        raw = cookie[CSRF]
    with client.session_transaction() as held:
        held[CSRF] = raw
    found = client.get_cookie("q")
    assert found is not None
    return Browser(name, found.value, token)
