"""Constants that are written into statements."""

import pytest

from plugins.local_events.queries.shapes import fixed
from plugins.local_events.states import EVENT


@pytest.mark.parametrize("value", ["", "a'b", "a b", "a;b", "'", "a-b"])
def test_only_plain_names_are_written_into_a_statement(value: str) -> None:
    with pytest.raises(ValueError, match="no constant"):
        fixed(value)


def test_constants_are_written_as_the_database_reads_them() -> None:
    assert str(fixed(7)) == "7"
    assert {str(fixed(state)) for state in EVENT.states} == {f"'{state}'" for state in EVENT.states}
