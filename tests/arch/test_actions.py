"""Whatever is written into the audit trail has words for its readers, and no words stand there for what is never written."""

from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel

from core.admissions.service.assessors import MOVES
from core.admissions.service.interest import CONFIRMED, STOPPED
from core.admissions.states import ASSIGNMENT
from core.console.actions import ROOMS
from core.hooks.manifest import Manifest, ManifestError
from core.hooks.registry import Plugin
from core.kernel.states import StateMachine
from core.sdk.testing import files
from core.sdk.testing.actions import ANYTHING, recorded, unspoken
from core.work import registry
from core.work.registry import job
from plugins.expense_approvals.manifest import MANIFEST as EXPENSES
from plugins.expense_approvals.service.paying import TOLD
from plugins.local_events.manifest import MANIFEST as EVENTS
from plugins.local_events.states import ACTION, HOSTING, VISIT

ROOT = Path(__file__).parents[2]
CORE = {code: title for titles in ROOMS.values() for code, title in titles.items()}
PLUGINS = {"local_events": EVENTS.actions, "expense_approvals": EXPENSES.actions, "assessment_rules": {}}


def _events(machine: StateMachine) -> set[str]:
    return {step.event for step in machine.transitions}


STEPS = {
    "assessor.*": set(MOVES),
    "assignment.declare_*": {
        event.removeprefix("declare_") for event in _events(ASSIGNMENT) if event.startswith("declare_")
    },
    "interest.*": {CONFIRMED, STOPPED},
    "local_events.*_action": _events(ACTION),
    "local_events.*_visit": _events(VISIT) - {"ask"},
    "local_events.host_*": _events(HOSTING),
    "expense_approvals.claim_*": set(TOLD),
    "expense_approvals.adjustment_*": set(TOLD),
}
"""What `*` can be where a step cannot be read from the code: the code's own tables say it."""


@cache
def _rooms() -> dict[str, str]:
    """Every code of the core, but what the demonstration tells: it tells again what the rooms do."""
    return {
        code: where
        for room in sorted((ROOT / "core").iterdir())
        if room.is_dir() and room.name not in {"demo", "sdk"}
        for code, where in recorded(room, room.name).items()
    }


@cache
def _written(name: str) -> dict[str, str]:
    """Every code of a plugin."""
    return recorded(ROOT / "plugins" / name, name)


def _whole(codes: dict[str, str]) -> dict[str, str]:
    """The codes with every `*` filled."""
    whole: dict[str, str] = {}
    for code, where in codes.items():
        steps = STEPS[code] if ANYTHING in code else {""}
        whole |= {code.replace(ANYTHING, step): where for step in steps}
    return whole


def test_what_the_core_writes_has_words() -> None:
    assert unspoken(_whole(_rooms()), CORE) == []


@pytest.mark.parametrize("name", sorted(PLUGINS))
def test_what_a_plugin_writes_has_words(name: str) -> None:
    assert unspoken(_whole(_written(name)), PLUGINS[name]) == []


def test_every_step_that_is_named_here_is_written() -> None:
    codes = {**_rooms(), **{code: "" for name in PLUGINS for code in _written(name)}}
    assert {code for code in codes if ANYTHING in code} == set(STEPS)


def test_no_two_actions_have_the_same_words() -> None:
    titles = [title for of in (CORE, *PLUGINS.values()) for title in of.values()]
    assert sorted(title for title in set(titles) if titles.count(title) > 1) == []


def _read(tmp_path: Path, **files: str) -> dict[str, str]:
    package = tmp_path / "notes"
    package.mkdir()
    for name, text in files.items():
        (package / f"{name}.py").write_text(text)
    return recorded(package, "notes")


def test_the_reader_follows_a_code_through_the_code(tmp_path: Path) -> None:
    found = _read(
        tmp_path,
        plain='record_audit(s, action="notes.write")\nPLUGIN = MANIFEST.name\n',
        steps="""
from notes.plain import PLUGIN

def _tell(session, how):
    audit.record(session, action=f"{PLUGIN}.{how}_it")

def _end(session, *, done="end"):
    audit.record(session, action=f"{PLUGIN}.{done}")

def _note(session, step):
    record_audit_each(session, action=f"{PLUGIN}.{step.event}")

def go(session, form):
    event = "begin" if form else "go_on"
    _tell(session, event)
    _note(session, form.step)
""",
        other="""
from notes import steps
from notes.steps import _tell as say

def _tell(session, how):
    '''Another of the same name.'''

def stop(session, form):
    _tell(session, "nothing")
    steps._tell(session, "stop")
    steps._end(session)
    steps._end(session, done="finish")
    say(session, form.data)
""",
    )
    assert set(found) == {
        "notes.write", "notes.begin_it", "notes.go_on_it", "notes.stop_it", "notes.*_it", "notes.end", "notes.finish", "notes.*",
    }  # fmt: skip
    assert found["notes.write"].endswith("plain.py:1")


def test_it_names_what_lacks_words_and_words_that_say_nothing(tmp_path: Path) -> None:
    codes = _read(
        tmp_path, service='record_audit(s, action="notes.write")\nrecord_audit(s, action=f"notes.{how}_note")\n'
    )
    assert unspoken(codes, {"notes.write": "Wrote", "notes.end_note": "Ended"}) == []
    [lacks, idle] = unspoken(codes, {"notes.end_note": "Ended", "notes.read": "Read"})
    assert "service.py:1: the action 'notes.write' has no title" in lacks
    assert idle == "the title of 'notes.read': nothing records that action"


def test_tests_of_a_package_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "notes" / "tests").mkdir(parents=True)
    (tmp_path / "notes" / "tests" / "test_it.py").write_text('record_audit(s, action="made.up")')
    assert recorded(tmp_path / "notes", "notes") == {}


def test_the_contract_names_actions_and_jobs_without_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "service.py").write_text('record_audit(s, action="notes.write")\nrecord_audit(s, action="notes.end")')
    manifest = Manifest(
        name="notes", title="Notes", summary="Notes.", version="1", sdk=(1, 0), url_name="notes",
        actions={"notes.write": "Wrote", "notes.end": ""},
    )  # fmt: skip
    plugin = Plugin(manifest, "notes", tmp_path, BaseModel)
    assert files.action_problems(plugin) == ["the title of 'notes.end' is empty"]
    monkeypatch.setattr(registry, "JOBS", {})
    monkeypatch.setattr(files, "JOBS", registry.JOBS)
    job("notes.sweep")(lambda session: None)
    job("notes.tell", title="Tells")(lambda session: None)
    job("other.sweep")(lambda session: None)
    assert files.job_problems(plugin) == ["the job notes.sweep has no title"]


def test_a_plugin_has_words_for_its_own_actions_alone() -> None:
    with pytest.raises(ManifestError, match=r"'account\.close' is outside"):
        Manifest(
            name="notes", title="Notes", summary="Notes.", version="1", sdk=(1, 0), url_name="notes",
            actions={"account.close": "Nothing to see"},
        )  # fmt: skip
