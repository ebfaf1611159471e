"""The suite keeps its own rules: no database in unit tests, no other machine, and no stage that passes without tests."""

import os
import re
import socket
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa

from tests import conftest, stages
from tests.conftest import _spread, pytest_collection_finish
from tests.support import servers
from tests.support.network import NetworkRefused
from tests.unit.conftest import DatabaseInUnitTest


def test_a_unit_test_cannot_connect_to_a_database() -> None:
    with pytest.raises(DatabaseInUnitTest):
        sa.create_engine("sqlite://").connect()


def test_no_test_reaches_another_machine() -> None:
    with pytest.raises(NetworkRefused), socket.socket() as s:
        s.connect(("192.0.2.1", 80))


def test_no_test_looks_up_another_machine() -> None:
    with pytest.raises(NetworkRefused):
        socket.getaddrinfo("example.org", 80)


def _stage(tmp_path: Path, body: str) -> str:
    """Why a test stage over one file with `body` fails; "" when it passes."""
    ini = tmp_path / "pytest.ini"
    ini.write_text("[pytest]\n")
    file = tmp_path / "test_it.py"
    file.write_text(body)
    words = ("pytest", "-q", "-p", "no:cacheprovider", "-c", str(ini), str(file))
    return stages.run_tests(stages.Stage("it", (words,), pytest=True))[0]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("def test_a(): pass", ""),
        ("def test_a(): assert 0", "pytest ended with 1"),
        ("", "no test ran"),
        ("import pytest\ndef test_a(): pytest.skip('later')", "no test passed"),
        ("import pytest\ndef test_a(): pytest.skip('later')\ndef test_b(): pass", "tests were skipped"),
    ],
)
def test_a_stage_passes_only_when_tests_ran_and_passed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], body: str, problem: str
) -> None:
    found = _stage(tmp_path, body)
    assert found.startswith(problem) if problem else found == ""


def test_a_stage_that_runs_beside_another_counts_as_much(capsys: pytest.CaptureFixture[str]) -> None:
    python = Path(sys.executable).name
    good, bad = ((python, "-c", code) for code in ("pass", "raise SystemExit(3)"))
    first = stages.Stage("first", (good,))
    assert stages.run([stages.Stage("beside", (good,), beside="first"), first]) == 0
    assert stages.run([stages.Stage("beside", (bad,), beside="first"), first]) == 1
    assert stages.run([stages.Stage("alone", (bad,), beside="first")]) == 1
    told = [line.split()[0] for line in capsys.readouterr().out.splitlines() if " s  " in line]
    assert told == ["first", "beside", "first", "beside", "alone"]


@pytest.mark.parametrize("roomy", [True, False])
def test_temporary_files_live_in_memory_where_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, roomy: bool
) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(stages, "MEMORY", tmp_path)
    monkeypatch.setattr(stages, "ROOM", 0 if roomy else sys.maxsize)
    usual = tempfile.gettempdir()
    with stages._in_memory():
        inside = Path(tempfile.gettempdir())
        assert (inside.parent == tmp_path) is roomy
        assert os.environ.get("TMPDIR") == (str(inside) if roomy else None)
    assert list(tmp_path.iterdir()) == []
    assert "TMPDIR" not in os.environ
    assert tempfile.gettempdir() == usual


def test_an_unknown_stage_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.stages", "nonsense"], cwd=stages.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "no such stage: nonsense" in done.stdout


def test_a_failure_carries_what_the_server_wrote_of_errors(tmp_path: Path) -> None:
    log = tmp_path / "serve.log"
    log.write_text('{"level": "info", "message": "ready"}\n{"level": "error", "message": "no such table"}\n')
    server = servers.Process(cast("Any", None), cast("Any", None), log)
    with pytest.raises(AssertionError) as failure, server.explaining():
        raise AssertionError
    assert failure.value.__notes__ == ['the server wrote:\n{"level": "error", "message": "no such table"}']


@pytest.mark.parametrize("quick", [0, 1, 7, 40])
def test_what_takes_long_is_spread_over_the_first_three_quarters(quick: int) -> None:
    slow = [SimpleNamespace(name=f"slow {n}", keywords={"slow": True}) for n in range(3)]
    others = [SimpleNamespace(name=f"quick {n}", keywords={}) for n in range(quick)]
    items = cast("list[pytest.Item]", [*others[: quick // 2], *slow, *others[quick // 2 :]])
    order = [item.name for item in _spread(items)]
    assert sorted(order) == sorted(item.name for item in items)
    assert [name for name in order if name.startswith("quick")] == [one.name for one in others]
    assert order[0] == "slow 0"
    assert order.index("slow 2") <= 3 * quick // 4 + 2
    assert _spread(items[: quick // 2]) == items[: quick // 2]


@pytest.mark.parametrize(
    ("name", "marked", "refused"),
    [
        ("test_it.py::test_a@test_it.py", True, False),
        ("test_it.py::test_a[b@c]@test_it.py", True, False),
        ("test_it.py::test_a", False, False),
        ("test_it.py::test_a", True, True),
        ("test_it.py::test_a[b@c]", True, True),
    ],
)
def test_a_run_that_does_not_keep_together_what_shares_a_fixture_is_refused(
    name: str, marked: bool, refused: bool
) -> None:
    item = SimpleNamespace(nodeid=name, keywords={"xdist_group": True} if marked else {})
    session = cast("pytest.Session", SimpleNamespace(config=SimpleNamespace(getoption=lambda *_: True), items=[item]))
    with pytest.raises(pytest.UsageError) if refused else nullcontext():
        pytest_collection_finish(session)


@pytest.mark.parametrize(
    ("engine", "file", "fixtures", "marks", "again"),
    [
        ("sqlite", "tests/plugins/some/test_pages.py", ["app"], [], False),
        ("postgres", "tests/plugins/some/test_pages.py", ["app"], [], True),
        ("postgres", "tests/integration/people/test_pages.py", ["app"], [], True),
        ("postgres", "tests/integration/data/test_scope.py", ["app"], [], False),
        ("postgres", "tests/plugins/some/test_race.py", ["app", "other_database"], [], False),
        ("postgres", "tests/plugins/some/test_race.py", ["app"], [pytest.mark.both], False),
        ("postgres", "tests/plugins/some/test_pages.py", ["app"], [pytest.mark.only("postgres")], False),
        ("postgres", "tests/plugins/some/test_pages.py", ["app"], [pytest.mark.mainly("postgres")], False),
        ("sqlite", "tests/plugins/some/test_pages.py", ["app"], [pytest.mark.mainly("postgres")], True),
        ("postgres", "tests/contract/test_some.py", ["app"], [pytest.mark.mainly("sqlite")], True),
    ],
)
def test_what_both_engines_say_alike_waits_for_the_second_look(
    monkeypatch: pytest.MonkeyPatch,
    engine: str,
    file: str,
    fixtures: list[str],
    marks: list[pytest.MarkDecorator],
    again: bool,
) -> None:
    found = {mark.name: mark.mark for mark in marks}
    item = SimpleNamespace(
        nodeid=f"{file}::test_a", fixturenames=fixtures, keywords=found, get_closest_marker=found.get
    )
    monkeypatch.setattr(conftest, "THOROUGH", False)
    assert conftest._again(cast("pytest.Item", item), engine) is again
    monkeypatch.setattr(conftest, "THOROUGH", True)
    assert conftest._again(cast("pytest.Item", item), engine) is False


def test_whoever_meets_in_the_database_does_so_on_both_engines() -> None:
    """A race of threads is known by nothing that a test asks for: its file says so."""
    rooms = [file for room in conftest.ROOMS for file in Path(room).rglob("test_*.py")]
    races = [file for file in rooms if re.search(r"import .*\bat_once\b", file.read_text())]
    assert len(races) > 3
    assert [file for file in races if "pytest.mark.both" not in file.read_text()] == []


@pytest.mark.parametrize(("processors", "left"), [(1, True), (2, True), (3, True), (4, False), (16, False)])
def test_nothing_is_left_for_a_second_look_where_there_are_processors_for_it(processors: int, left: bool) -> None:
    assert stages.once(processors) == ("not again and " if left else "") + "not browser and not bench"


def test_the_stages_leave_no_test_out() -> None:
    """What `make test` does not ask of an engine is what `make test-again` asks of it, and CI runs both."""
    asked = {stage.name: stage.commands[0] for stage in (*stages.STAGES, *stages.OTHERS)}
    for engine, first in (("sqlite", ""), ("postgres", "database and ")):
        assert asked[engine][:-1] == asked[f"again-{engine}"][:-1]
        assert asked[engine][-1] == first + stages.once(stages.PROCESSORS)
        assert asked[f"again-{engine}"][-1] == f"again and {stages.ABROAD}"
        folders = {word.removeprefix("--ignore=tests/") for word in asked[engine] if word.startswith("--ignore")}
        assert folders == set(stages.ABROAD.replace("not ", "").split(" and ")) | ({"unit"} if first else set())
    makefile = (stages.ROOT / "Makefile").read_text()
    assert "test-again: $(DEV)" in makefile
    assert "tests.stages again-sqlite again-postgres" in makefile
    assert re.findall(r"(?m)^(?:exec )?make (\S+)", (stages.ROOT / ".ci/run").read_text()) == ["test", "test-again"]
