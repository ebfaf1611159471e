"""What the services of this room need from the application: the key of mailed links, the cost of hashing, and the post."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer

from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.errors import Refused
from core.kernel.text import N_

LINK_GONE = N_("That link has been used or is too old. Ask for a new one.")
LIFETIMES = {"confirm": timedelta(days=3), "reset": timedelta(hours=1), "email": timedelta(hours=24)}
"""How long each kind of mailed link works."""
_LONGEST_TOKEN = 2000


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to write: which one, to whom, in which language. `token` is that of its link, `at` a time it tells,
    `then` the page (a path of this host) to go on to behind the link.

    A letter to an address that nobody has proved to own carries no name: the form that asks for it is open to anybody,
    and must not carry a stranger's words to a third person.
    """

    kind: str
    email: str
    locale: str
    account_id: str | None = None
    token: str = ""
    at: datetime | None = None
    then: str = ""


Post = Callable[[ScopedSession, Letter], None]
"""Writes a letter and hands it to the outbox, in the caller's transaction."""


class _Signer(TimestampSigner):
    """itsdangerous' signer on the platform's one clock, which tests can turn."""

    def get_timestamp(self) -> int:
        return int(clock.now().timestamp())


@dataclass(frozen=True, slots=True)
class Tools:
    """`quick` lowers the cost of hashing, for tests alone. Links that `before`, the platform's key before, signed are read too."""

    secret_key: str
    post: Post
    quick: bool = False
    before: str = ""

    def _links(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            [*filter(None, [self.before]), self.secret_key],  # the last one signs
            salt=f"people.link.{purpose}",
            signer=_Signer,
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def sign(self, purpose: str, account_id: str, stamp: str, extra: str = "") -> str:
        """The token of a mailed link: it is good for one `purpose`, one account and as long as its stamp stays."""
        return str(self._links(purpose).dumps([account_id, stamp, extra]))

    def read(self, purpose: str, token: str) -> tuple[str, str, str]:
        """(account id, stamp, extra) of a token. Raises Refused when it is forged, damaged, of another purpose or too old."""
        if len(token) > _LONGEST_TOKEN:
            raise Refused(LINK_GONE)
        try:
            found = self._links(purpose).loads(token, max_age=int(LIFETIMES[purpose].total_seconds()))
        except (BadSignature, ValueError):
            raise Refused(LINK_GONE) from None
        account_id, stamp, extra = found
        return str(account_id), str(stamp), str(extra)
