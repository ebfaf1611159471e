"""Rate limits of the forms that can be tried again and again: by where they come from, and by the address typed in.

Successful sign-ins cost nothing, so that a hospital behind one address is not shut out. Limits are kept in this process,
or shared between all where QP_REDIS_URL names a Redis. There is no lock-out of accounts: it would let anybody shut
somebody else out; a limit by address ends by itself within a quarter of an hour.
"""

import math
import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Any

from flask import Flask, Response, g, request
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded
from flask_limiter.util import get_remote_address
from limits.errors import ConfigurationError

from core.config import ConfigError
from core.people import emails
from core.people.calendars import LONGEST_TOKEN
from core.people.service.sign_ins import token_hash
from core.web import turned_away
from core.web.context import here
from core.web.i18n import ngettext

BY_PLACE = "60 per 15 minutes"
BY_ADDRESS = "10 per 15 minutes"
MAILS_BY_PLACE = "30 per hour"
MAILS_BY_ADDRESS = "4 per hour"
UPLOADS = "30 per 15 minutes"
READS_BY_TOKEN = "120 per hour"
"""Of one calendar's address. Not by place: the programs of thousands of people ask from a few addresses of their makers."""


def _place() -> str:
    """Where a request comes from, as it is counted. Of IPv6 the first half: the other half of an address is whatever a machine makes
    up, as often as it likes."""
    told = get_remote_address()
    try:
        address = ip_address(told)
    except ValueError:
        return told
    if not isinstance(address, IPv6Address):
        return told
    return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))


limiter = Limiter(key_func=_place, strategy="moving-window", in_memory_fallback_enabled=True)
"""Where Redis cannot be reached, each process counts by itself until it is back: signing in must not depend on it."""
limiter.request_filter(turned_away.is_shown_again)  # the view is called once more for its form alone


def init_app(app: Flask, redis_url: str, *, on: bool = True) -> None:
    """Wire the limits into the application; `on` is False for tests, which send more forms than people do.

    Raises ConfigError for an address of Redis that its library does not understand.
    """
    app.config.update(RATELIMIT_STORAGE_URI=redis_url or "memory://", RATELIMIT_KEY_PREFIX="q.people")
    limiter.enabled = (
        True  # another application of this process may have switched it off, and it would not be wired at all
    )
    try:
        limiter.init_app(app)
    except (ConfigurationError, ValueError) as error:
        raise ConfigError(f"QP_REDIS_URL cannot be used: {error}") from error
    # It looks for limits before every request, static files included; ours all stand on views, which check them themselves. After
    # it, it counts what depends on the answer: forms alone, as every `deduct_when` here. What it notes ends with the request anyway.
    app.before_request_funcs[None].remove(limiter._check_request_limit)
    app.teardown_request_funcs[None].pop()
    count: Any = app.after_request_funcs[None].pop()

    @app.after_request
    def _count(response: Response) -> Response:
        return count(response) if request.method == "POST" else response

    limiter.enabled = on
    app.register_error_handler(RateLimitExceeded, _too_many)


def _address() -> str:
    """The key of the address typed into the form: a hash, so that the store of limits holds no addresses.

    Of the address as it is looked up: cut before its spaces are, one address would have as many keys as one types spaces.
    """
    return "address:" + token_hash(emails.normal(request.form.get("email", ""))[: emails.LONGEST])


def _no_address() -> bool:
    """Whether no address was typed: such a form fails by itself, and must not be counted for everybody together."""
    return not request.form.get("email", "").strip()


def _whose_password() -> str:
    """The key of the account whose password is tried: one's own when signed in, else that of the address typed."""
    visitor = here().visitor
    return f"account:{visitor.account_id}" if visitor.signed_in else _address()


def _nobodys_password() -> bool:
    return _no_address() and not here().visitor.signed_in


def _failed(response: Response) -> bool:
    return response.status_code != 303


def _went_out(response: Response) -> bool:
    return response.status_code == 303


def note_wrong_password() -> None:
    """Say that a password which came with this request was not its account's: what `guesses` counts."""
    g.wrong_password = True


def _guessed(_: Response) -> bool:
    return bool(g.get("wrong_password"))


def tries(view: Callable[..., Any]) -> Any:
    """Limit failed tries of a form that is about a password: per place and per account."""
    return _limited(view, _failed)


def guesses(view: Callable[..., Any]) -> Any:
    """Limit wrong passwords as `tries` does, on a form that is about something else: its other mistakes cost nothing."""
    return _limited(view, _guessed)


def _limited(view: Callable[..., Any], counts: Callable[[Response], bool]) -> Any:
    by_account = limiter.limit(
        BY_ADDRESS, methods=["POST"], key_func=_whose_password, exempt_when=_nobodys_password, deduct_when=counts
    )
    return limiter.limit(BY_PLACE, methods=["POST"], deduct_when=counts)(by_account(view))


def mails(view: Callable[..., Any]) -> Any:
    """Limit forms that make us write to an address somebody typed: per place and per address. Mistakes cost nothing."""
    by_address = limiter.limit(
        MAILS_BY_ADDRESS, methods=["POST"], key_func=_address, exempt_when=_no_address, deduct_when=_went_out
    )
    return limiter.limit(MAILS_BY_PLACE, methods=["POST"], deduct_when=_went_out)(by_address(view))


def uploads(take: Callable[..., Any]) -> Any:
    """Limit how often one account sends a file, for the function that takes it: reading one costs memory and time. Where it
    is too often the function raises RateLimitExceeded, before the file is read."""
    return limiter.limit(UPLOADS, key_func=lambda: f"account:{here().visitor.account_id}")(take)


def _token() -> str:
    """The key of a calendar's token: a hash, as for addresses."""
    return "calendar:" + token_hash(request.args.get("token", "")[:LONGEST_TOKEN])


def _no_token() -> bool:
    return not request.args.get("token")


def reads(view: Callable[..., Any]) -> Any:
    """Limit how often one calendar's address is read, whether it is good or not."""
    return limiter.limit(READS_BY_TOKEN, methods=["GET"], key_func=_token, exempt_when=_no_token)(view)


def _too_many(_: RateLimitExceeded) -> Response:
    """The form once more, as 429: how long to wait, in words and in Retry-After."""
    found = limiter.current_limit
    seconds = max(1, math.ceil(found.window.reset_time - time.time())) if found is not None else 60
    minutes = -(-seconds // 60)
    words = ngettext(
        "That was tried too often. Wait a minute and try again.",
        "That was tried too often. Wait %(num)s minutes and try again.",
        minutes,
    )
    response = turned_away.shown_again(429, words)
    response.headers["Retry-After"] = str(seconds)
    return response
