"""Every table of admissions with something of a person is named by a part of the registry of personal data."""

import sqlalchemy as sa

from core.admissions import personal
from core.data.base import Base
from core.people.personal.registry import PARTS

SUBJECTS = frozenset(
    {"people_account", "admissions_application", "admissions_assessor", "admissions_equality_response"}
)
"""Rows that are somebody's; whatever points at one, over any number of steps, is about somebody too."""
PERSONAL = frozenset({"account_id", "email", "email_norm"})
LISTS = frozenset({"present", "out", "plan"})
"""Columns that hold lists of assessors. Who of the staff did something (`by`, `…_by`) is a number, as in the trail."""
CONTRIBUTED = {
    personal.applying: "admissions", personal.assessing: "admissions_assessing", personal.panels: "admissions_panels",
    personal.calibration: "admissions_calibration", personal.compact: "admissions_compact", personal.joining: "admissions_joining",
}  # fmt: skip


def _of_persons() -> set[str]:
    tables = [table for table in Base.metadata.sorted_tables if table.name.startswith("admissions_")]
    found = set(SUBJECTS)
    for table in tables:  # sorted: what a table points at comes before it
        names = {column.name for column in table.columns}
        if found & {key.column.table.name for key in table.foreign_keys} or names & (PERSONAL | LISTS):
            found.add(table.name)
    return {name for name in found if name.startswith("admissions_")}


def _named() -> set[str]:
    return {table for part in PARTS.values() for table in part.tables if table.startswith("admissions_")}


def test_every_table_with_something_of_a_person_has_its_part() -> None:
    assert _of_persons() - _named() == set(), "say in core/admissions/personal what these hold, and how it is erased"


def test_no_part_names_what_is_not_about_a_person() -> None:
    assert _named() - _of_persons() == set()


def test_no_table_is_two_parts() -> None:
    named = [table for part in PARTS.values() for table in part.tables]
    assert len(named) == len(set(named))


def test_each_subject_contributes() -> None:
    for module, name in CONTRIBUTED.items():
        assert PARTS[name].export is module.export
        assert PARTS[name].erase is getattr(module, "erase", None)


def test_what_hangs_on_a_person_over_steps_is_found() -> None:
    assert {
        "admissions_score",
        "admissions_redaction",
        "admissions_panel_item",
        "admissions_panel_meeting",
    } <= _of_persons()
    assert "admissions_window" not in _of_persons()


def test_every_column_that_names_a_person_tells_that_a_site_holds_something() -> None:
    """A site of which no such column names somebody is not asked for their rows (`Part.about`)."""
    for part in (part for part in PARTS.values() if part.per_tenant and part.about is not None):
        assert part.about is not None
        asked = {
            (column.table.name, column.name)
            for one in part.about(sa.bindparam("who", type_=sa.String))
            for column in sa.sql.visitors.iterate(one.whereclause)
            if isinstance(column, sa.Column)
        }
        tables = [Base.metadata.tables[name] for name in part.tables]
        named = {(table.name, "account_id") for table in tables if "account_id" in table.columns}
        named |= {(table.name, "email_norm") for table in tables if "email_norm" in table.columns}
        assert not named - asked, part.name
