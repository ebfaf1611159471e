"""Bacs Standard 18: a single processing day, credits to people and one contra that debits the payer.

Layout after the public implementation guides for Standard 18 (labels of 80 characters, payments of 100): VOL1, HDR1, HDR2, UHL1,
the payments, the contra, EOF1, EOF2, UTL1. Amounts are pence in eleven figures. Dates are ` yyddd`. The payer's own software
wraps and signs the file; where its bank asks for other labels, they are its own to set.
"""

import string
from datetime import date

from core.sdk import clock
from plugins.expense_approvals.payment.batch import Account, Batch, File, folded, made

ALLOWED = string.ascii_uppercase + string.digits + ".&/- "
CREDIT, CONTRA = "99", "17"
LABEL, RECORD = 80, 100
NAME = 18
"""Characters of a name or a reference."""
MOST_TOTAL = 10**11 - 1
"""Pence that the contra's eleven figures can hold."""


def bacs18(batch: Batch) -> File:
    """The batch as a Standard 18 file. Raises ValueError where the total does not fit into the contra."""
    return made(batch, "txt", "text/plain", _written)


def _written(batch: Batch) -> bytes:
    if batch.total > MOST_TOTAL:
        raise ValueError("the total does not fit into one contra")
    serial = folded(batch.ref, string.ascii_uppercase + string.digits, 26).replace(" ", "").rjust(6, "0")[-6:]
    created, day = _day(clock.london(batch.made_at).date()), _day(batch.day)
    payments = [_record(one.to, CREDIT, batch, one.pence, one.ref) for one in batch.payments]
    contra = _record(batch.payer, CONTRA, batch, batch.total, "CONTRA")
    first = f"A{batch.user_number}S  1{batch.user_number}{serial}00010001{'':6}{created}{day} 000000{'':20}"
    second = f"F02000{RECORD:05}{'':35}00{'':28}"
    lines = [
        _label(f"VOL1{serial}{'':31}{batch.user_number}{'':32}1"),
        _label(f"HDR1{first}"),
        _label(f"HDR2{second}"),
        _label(f"UHL1{day}999999{'':4}000000001 DAILY  001{'':40}"),
        *payments,
        contra,
        _label(f"EOF1{first}"),
        _label(f"EOF2{second}"),
        _label(f"UTL1{batch.total:013}{batch.total:013}{1:07}{len(payments):07}{'':36}"),
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _record(to: Account, code: str, batch: Batch, pence: int, ref: str) -> str:
    line = (
        f"{to.sort_code}{to.number}0{code}{batch.payer.sort_code}{batch.payer.number}{'':4}{pence:011}"
        f"{_text(batch.payer.name)}{_text(ref)}{_text(to.name)}"
    )
    return _long(line, RECORD)


def _label(line: str) -> str:
    return _long(line, LABEL)


def _long(line: str, length: int) -> str:
    if len(line) != length:
        raise ValueError(f"a record of {len(line)} characters in place of {length}")
    return line


def _text(text: str) -> str:
    return folded(text, ALLOWED, NAME).ljust(NAME)


def _day(day: date) -> str:
    return f" {day:%y%j}"
