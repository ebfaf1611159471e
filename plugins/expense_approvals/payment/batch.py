"""A batch of payments as every kind of file reads it, and the two figures a second person compares.

Sort codes and account numbers are checked for their form alone. The check against the tables of Vocalink (modulus checking) is
not made: the tables may not be handed on with this platform. A number that does not exist comes back from the bank as unpaid.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from core.sdk import N_, Invalid

MOST_PAYMENTS = 5_000
MOST_PENCE_EACH = 10**8
_SIX, _EIGHT = re.compile(r"[0-9]{6}", re.ASCII), re.compile(r"[0-9]{8}", re.ASCII)
_TYPED = str.maketrans("", "", " -\u2010\u2011\u2013")
SORT_CODE = N_("Enter the sort code: six figures, like 20-00-00.")
USER_NUMBER = N_("Enter the service user number: six figures. Leave it empty if there is none.")
ACCOUNT = N_("Enter the account number: eight figures. Put zeros in front of a shorter one.")


def account_typed(sort_code: str, number: str) -> tuple[str, str]:
    """(sort code, account number) as bare figures from what a person typed. Raises Invalid (`sort_code`, `account`)."""
    code, account = sort_code.translate(_TYPED), number.translate(_TYPED)
    wrong = {} if _SIX.fullmatch(code) else {"sort_code": SORT_CODE}
    if not _EIGHT.fullmatch(account):
        wrong["account"] = ACCOUNT
    if wrong:
        raise Invalid(wrong)
    return code, account


def user_number_typed(text: str) -> str:
    """A service user number as bare figures; "" for none. Raises Invalid (`user_number`)."""
    number = text.translate(_TYPED)
    if number and not _SIX.fullmatch(number):
        raise Invalid({"user_number": USER_NUMBER})
    return number


@dataclass(frozen=True, slots=True)
class Account:
    """A UK account: six figures and eight figures. Raises ValueError for anything else."""

    name: str
    sort_code: str
    number: str

    def __post_init__(self) -> None:
        """See the class."""
        if not (_SIX.fullmatch(self.sort_code) and _EIGHT.fullmatch(self.number) and self.name.strip()):
            raise ValueError("an account has a name, six figures and eight figures")


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of a batch. `ref` is the claim's public reference and stands on the person's bank statement."""

    ref: str
    to: Account
    pence: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Payments that are released together. Nothing in it changes once it is made, so its files never do.

    `made_at` is the instant at which it was prepared, which two kinds of file carry; `user_number` the payer's service user number
    with Bacs (six figures; "" for a payer who has none, whose batches are no Standard 18 files); `day` the day of processing.
    Raises ValueError for a batch that no bank would take: empty, too large, two payments with one reference, amounts out of bounds.
    """

    ref: str
    made_at: datetime
    day: date
    payer: Account
    user_number: str
    payments: tuple[Payment, ...]

    def __post_init__(self) -> None:
        """See the class."""
        if not 0 < len(self.payments) <= MOST_PAYMENTS:
            raise ValueError(f"a batch has 1 to {MOST_PAYMENTS} payments")
        if len({one.ref for one in self.payments}) != len(self.payments):
            raise ValueError("two payments have one reference")
        if not all(0 < one.pence <= MOST_PENCE_EACH for one in self.payments):
            raise ValueError("a payment is above 0 and within its bound")
        if self.user_number and not _SIX.fullmatch(self.user_number):
            raise ValueError("a service user number has six figures")
        if self.made_at.tzinfo is None:
            raise ValueError("the instant of making has no time zone")

    @property
    def total(self) -> int:
        """Pence in all."""
        return sum(one.pence for one in self.payments)


@dataclass(frozen=True, slots=True)
class File:
    """A payment file with what a second person compares before it goes to the bank."""

    name: str
    mime: str
    content: bytes
    count: int
    total: int

    @property
    def sha256(self) -> str:
        """The hash (hex) of the bytes."""
        return hashlib.sha256(self.content).hexdigest()


def made(batch: Batch, ending: str, mime: str, write: Callable[[Batch], bytes]) -> File:
    """The file that `write` makes of `batch`."""
    return File(f"{batch.ref}.{ending}", mime, write(batch), len(batch.payments), batch.total)


_LETTERS = str.maketrans({"ß": "ss", "Æ": "AE", "æ": "ae", "Ø": "O", "ø": "o", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Þ": "Th", "þ": "th", "\u0131": "i"})  # fmt: skip


def folded(text: str, allowed: str, length: int) -> str:
    """`text` in the characters that a bank takes: accents dropped (Siân is SIAN where only capitals are allowed), what is left
    over is a space, cut at `length`. Never empty: where nothing can be written it is `-`, which every bank takes."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    if not set("abc") & set(allowed):
        bare = bare.upper()
    kept = "".join(char if char in allowed else " " for char in bare)
    return " ".join(kept.split())[:length].strip() or "-"
