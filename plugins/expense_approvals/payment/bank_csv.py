"""The plain list that most banks' sites take: comma-separated, every cell harmless in a spreadsheet."""

import csv
from io import StringIO

from core.sdk import csv_cell, plain_pounds
from plugins.expense_approvals.payment.batch import Batch, File, made

HEADINGS = ("Name", "Sort code", "Account number", "Amount", "Reference")


def bank_csv(batch: Batch) -> File:
    """The batch as CSV (RFC 4180, UTF-8)."""
    return made(batch, "csv", "text/csv", _written)


def _written(batch: Batch) -> bytes:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for one in batch.payments:
        code = "-".join((one.to.sort_code[:2], one.to.sort_code[2:4], one.to.sort_code[4:]))
        writer.writerow([csv_cell(one.to.name), code, one.to.number, plain_pounds(one.pence), csv_cell(one.ref)])
    return text.getvalue().encode()
