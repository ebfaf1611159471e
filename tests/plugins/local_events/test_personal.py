"""What the plugin holds about one person: a site is asked for it by every column that names somebody."""

from core.data.base import Base
from plugins.local_events.personal import OWN

STAFF = frozenset({"added_by", "invited_by", "issued_by", "made_by", "pressed_by", "saved_by"})
"""Who of the staff did something: not the person's own rows, and no part of their file."""
NAMING = frozenset({"account_id", "owner_id", "host_id", "created_by", "by", "written_by"})
SHARED_WITH_AN_OWN_ROW = frozenset(
    {("local_events_series", "created_by"), ("local_events_feedback_action", "created_by")}
)
"""Who made a series made its events; who wrote an action down is not whose it is."""


def _columns() -> set[tuple[str, str]]:
    tables = [table for name, table in Base.metadata.tables.items() if name.startswith("local_events_")]
    assert tables
    return {(table.name, column.name) for table in tables for column in table.columns}


def test_every_column_that_names_a_person_is_asked() -> None:
    asked = {(column.class_.__tablename__, column.key) for column in OWN}
    named = {(table, column) for table, column in _columns() if column in NAMING}
    assert named - asked == SHARED_WITH_AN_OWN_ROW


def test_no_other_column_ends_as_those_do() -> None:
    """A new column of that kind must be told to belong to one or the other."""
    found = {column for _, column in _columns() if column.endswith(("_by", "owner_id", "host_id"))}
    assert found - NAMING == STAFF
