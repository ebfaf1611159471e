"""ISO 20022 customer credit transfer initiation (pain.001.001.09) for UK accounts.

Sort codes are clearing members of the system GBDSC; account numbers are `Othr` identifications of the scheme BBAN. Written by
hand in the order of the schema: there is one debtor and one date, and every byte follows from the batch.
"""

import string
from datetime import UTC
from xml.etree import ElementTree as ET  # builds a document and parses none

from core.sdk import plain_pounds
from plugins.expense_approvals.payment.batch import Account, Batch, File, folded, made

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
ALLOWED = string.ascii_letters + string.digits + "/-?:().,'+ "
"""The characters that every bank takes in ISO 20022 files."""
NAME, REFERENCE = 140, 35


def pain001(batch: Batch) -> File:
    """The batch as pain.001.001.09."""
    return made(batch, "xml", "application/xml", _written)


def _written(batch: Batch) -> bytes:
    document = ET.Element("Document", xmlns=NAMESPACE)
    order = ET.SubElement(document, "CstmrCdtTrfInitn")
    total, count = plain_pounds(batch.total), str(len(batch.payments))
    header = ET.SubElement(order, "GrpHdr")
    _put(header, "MsgId", _reference(batch.ref))
    _put(header, "CreDtTm", f"{batch.made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    _put(header, "NbOfTxs", count)
    _put(header, "CtrlSum", total)
    _put(header, "InitgPty/Nm", _name(batch.payer))
    block = ET.SubElement(order, "PmtInf")
    _put(block, "PmtInfId", _reference(batch.ref))
    _put(block, "PmtMtd", "TRF")
    _put(block, "NbOfTxs", count)
    _put(block, "CtrlSum", total)
    _put(block, "ReqdExctnDt/Dt", batch.day.isoformat())
    _put(block, "Dbtr/Nm", _name(batch.payer))
    _account(block, "DbtrAcct", batch.payer)
    _bank(block, "DbtrAgt", batch.payer)
    _put(block, "ChrgBr", "SLEV")
    for one in batch.payments:
        transfer = ET.SubElement(block, "CdtTrfTxInf")
        _put(transfer, "PmtId/EndToEndId", _reference(one.ref))
        amount = ET.SubElement(ET.SubElement(transfer, "Amt"), "InstdAmt", Ccy="GBP")
        amount.text = plain_pounds(one.pence)
        _bank(transfer, "CdtrAgt", one.to)
        _put(transfer, "Cdtr/Nm", _name(one.to))
        _account(transfer, "CdtrAcct", one.to)
        _put(transfer, "RmtInf/Ustrd", _reference(one.ref))
    body: bytes = ET.tostring(document, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _put(parent: ET.Element, path: str, text: str) -> None:
    at = parent
    for name in path.split("/"):
        at = ET.SubElement(at, name)
    at.text = text


def _account(parent: ET.Element, tag: str, account: Account) -> None:
    other = ET.SubElement(ET.SubElement(ET.SubElement(parent, tag), "Id"), "Othr")
    _put(other, "Id", account.number)
    _put(other, "SchmeNm/Cd", "BBAN")


def _bank(parent: ET.Element, tag: str, account: Account) -> None:
    member = ET.SubElement(ET.SubElement(ET.SubElement(parent, tag), "FinInstnId"), "ClrSysMmbId")
    _put(member, "ClrSysId/Cd", "GBDSC")
    _put(member, "MmbId", account.sort_code)


def _name(account: Account) -> str:
    return folded(account.name, ALLOWED, NAME)


def _reference(text: str) -> str:
    return folded(text, ALLOWED, REFERENCE)
