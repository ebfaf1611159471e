"""Words that the database must not know: sealed with a key that is kept outside it.

AES-256 in Galois/Counter Mode (NIST SP 800-38D) with a random nonce of 96 bits for each text. The key is drawn from the
installation's secret (`QP_SECRET_KEY`) with HKDF (RFC 5869), another one for each purpose. What a text is `about` (the row
it belongs to) is bound in: a sealed text that is moved to another row cannot be opened there.
"""

import base64
import hmac
import os
from dataclasses import dataclass, field, replace
from typing import Any

NONCE = 12
MARK = "1."
"""What every sealed text begins with: the way it was sealed, should there be another one day."""


class Unreadable(Exception):
    """The text was sealed with another key, for another row, or was changed since."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and opens texts of one purpose. `secret` is the installation's; what was sealed with the one `before` is opened too."""

    secret: str = field(repr=False)
    purpose: str
    before: str = field(default="", repr=False)

    def alone(self) -> "Sealer":
        """The same without the secret before: it opens what the present one sealed, and nothing else."""
        return replace(self, before="")

    def former(self) -> "Sealer | None":
        """The same with the secret before in the place of the present one; None where there is none before."""
        return Sealer(self.before, self.purpose) if self.before else None

    def seal(self, text: str, about: str) -> str:
        """`text` as nobody can read it without the secret; it opens for the same `about` alone."""
        nonce = os.urandom(NONCE)
        return MARK + base64.b64encode(nonce + self._cipher().encrypt(nonce, text.encode(), about.encode())).decode()

    def unseal(self, sealed: str, about: str) -> str:
        """What was sealed, with the present secret or the one before. Raises Unreadable."""
        try:
            return self._opened(sealed, about)
        except Unreadable:
            if (former := self.former()) is None:
                raise
            return former.unseal(sealed, about)

    def _opened(self, sealed: str, about: str) -> str:
        """What the present secret sealed. Raises Unreadable."""
        from cryptography.exceptions import InvalidTag  # loaded with the rest of it, below

        try:
            if not sealed.startswith(MARK):
                raise Unreadable
            raw = base64.b64decode(sealed[len(MARK) :], validate=True)
            return str(self._cipher().decrypt(raw[:NONCE], raw[NONCE:], about.encode()).decode())
        except (InvalidTag, ValueError) as error:
            raise Unreadable from error

    def mark(self, text: str) -> str:
        """A keyed hash (HMAC-SHA256, hex): the same for the same text, and without the secret nobody can make or check one."""
        return hmac.digest(self._key("mark"), text.encode(), "sha256").hex()

    def _cipher(self) -> Any:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # heavy: 30 ms, for few pages

        return AESGCM(self._key("sealing"))

    def _key(self, what: str) -> bytes:
        """The key for `what` of this purpose."""
        from cryptography.hazmat.primitives.hashes import SHA256  # heavy, as above
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # the same

        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"q.{what}:{self.purpose}".encode())
        return bytes(key.derive(self.secret.encode()))
