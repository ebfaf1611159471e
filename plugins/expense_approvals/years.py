"""Financial years: from 1 April to 31 March, as public bodies and most charities in the UK keep them.

Not to be taken for tax years, which begin on 6 April and in which miles are counted (`policy/history.py`).
"""

from datetime import date

KEPT_YEARS = 6
"""How long records are kept after the end of their financial year (Charities Act 2011 s131; NI Charities Act 2008 s63; OSCR)."""


def year_of(day: date) -> int:
    """The calendar year in which the financial year of `day` began."""
    return day.year if day.month >= 4 else day.year - 1


def bounds(year: int) -> tuple[date, date]:
    """The first and the last day of the financial year that begins in `year`."""
    return date(year, 4, 1), date(year + 1, 3, 31)


def called(year: int) -> str:
    """2026/27 for the one that begins in 2026."""
    return f"{year}/{(year + 1) % 100:02}"


def kept_since(today: date) -> date:
    """The first day of which records must still be kept: what ended before it may go."""
    return date(year_of(today) - KEPT_YEARS, 4, 1)
