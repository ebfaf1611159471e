"""Dates inside Welsh sentences."""

import pytest

from core.kernel.welsh import dates_inside

DATE = "Gwener 27 Tachwedd 2026"


@pytest.mark.parametrize(
    ("told", "written"),
    [
        (f"Dydd {DATE}", f"Dydd {DATE}"),
        (f"Agor: Dydd {DATE}, 12:00", f"Agor: Dydd {DATE}, 12:00"),
        (f"Mae'n dechrau ar Dydd {DATE}, 12:00.", f"Mae'n dechrau ar ddydd {DATE}, 12:00."),
        (f"O Dydd {DATE} tan Dydd {DATE}.", f"O ddydd {DATE} tan ddydd {DATE}."),
        (f"Atebwch erbyn Dydd {DATE}.", f"Atebwch erbyn dydd {DATE}."),
        (f"Ar gau. Dydd {DATE} oedd y diwrnod olaf.", f"Ar gau. Dydd {DATE} oedd y diwrnod olaf."),
        (f"Yn Llandudno, Dydd {DATE}", f"Yn Llandudno, dydd {DATE}"),
        ("Cofrestru ar gyfer Sesiwn Dydd Gwener", "Cofrestru ar gyfer Sesiwn Dydd Gwener"),
        ("by Friday 27 November 2026", "by Friday 27 November 2026"),
    ],
)
def test_a_day_is_written_as_its_place_in_the_sentence_asks(told: str, written: str) -> None:
    assert dates_inside(told) == written
