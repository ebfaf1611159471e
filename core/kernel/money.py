"""Money: whole pence inside, pounds and pence for people. No float ever holds an amount.

Rates are finer than a penny: thousandths of one, so that a rate times thousandths of a mile is a whole number and only the
last step rounds.
"""

import re

from core.kernel.errors import Invalid
from core.kernel.text import N_

MOST_PENCE = 10**8
"""One million pounds: no amount that a person types is larger."""
LONGEST_TYPED = 40
MINUS = "\u2212"
EMPTY = N_("Enter an amount in pounds, like 12.50.")
UNCLEAR = N_("Enter an amount in pounds and pence with the figures 0 to 9, like 12.50.")
TOO_FINE = N_("Enter whole pence: at most two figures after the point, like 12.50.")
NOT_POSITIVE = N_("Enter an amount of more than £0.")
TOO_MUCH = N_("Enter an amount of at most £1,000,000.")
_AMOUNT = re.compile(r"(?P<pounds>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.(?P<pence>[0-9]+))?", re.ASCII)


def pence_typed(typed: str, field: str = "amount", *, zero: bool = False) -> int:
    """The pence of what a person typed: `12`, `12.5`, `12.50`, `£1,234.50`, with spaces around. `zero` lets 0 pass.

    Raises Invalid (for `field`) for everything else: exponents, signs, words, figures of other scripts or widths, a third
    place after the point, nothing, and what is not above 0 and at most a million pounds.
    """
    text = typed.strip()
    if not text:
        raise Invalid({field: EMPTY})
    found = _AMOUNT.fullmatch(text.removeprefix("£").lstrip(" ")) if len(text) <= LONGEST_TYPED else None
    if found is None:
        raise Invalid({field: UNCLEAR})
    pence = found["pence"] or ""
    if len(pence) > 2:
        raise Invalid({field: TOO_FINE})
    amount = int(found["pounds"].replace(",", "")) * 100 + int(pence.ljust(2, "0"))
    if amount > MOST_PENCE:
        raise Invalid({field: TOO_MUCH})
    if amount == 0 and not zero:
        raise Invalid({field: NOT_POSITIVE})
    return amount


def thousandths_typed(typed: str, field: str, *, most: int, unclear: str, too_many: str) -> int:
    """The thousandths of a quantity that a person typed (`12.4` is 12,400), above 0 and at most `most` whole ones.

    Raises Invalid for `field`: `unclear` for what is no plain number above 0 with at most three places, `too_many` above `most`.
    """
    text = typed.strip()
    found = _AMOUNT.fullmatch(text) if len(text) <= LONGEST_TYPED else None
    if found is None or len(found["pence"] or "") > 3:
        raise Invalid({field: unclear})
    amount = int(found["pounds"].replace(",", "")) * 1000 + int((found["pence"] or "").ljust(3, "0"))
    if amount == 0:
        raise Invalid({field: unclear})
    if amount > most * 1000:
        raise Invalid({field: too_many})
    return amount


def pounds(pence: int) -> str:
    """An amount as people read it: `£1,234.50`; below nothing with a true minus sign before it."""
    whole, part = divmod(abs(pence), 100)
    return f"{MINUS if pence < 0 else ''}£{whole:,}.{part:02d}"


def plain_pounds(pence: int) -> str:
    """An amount as files and form fields hold it: `1234.50`. Never negative: raises ValueError."""
    if pence < 0:
        raise ValueError(f"{pence} pence is no amount for a file")
    return f"{pence // 100}.{pence % 100:02d}"


def rounded(value: int, divisor: int) -> int:
    """`value / divisor` to the nearest whole, half upwards, for values from 0: the one way money is rounded here."""
    if value < 0 or divisor <= 0:
        raise ValueError("only amounts from 0 are rounded")
    return (2 * value + divisor) // (2 * divisor)
