"""A wheel of the project holds every file that the platform needs, and the platform runs from it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.support.environment import ROOT, SECRET_KEY
from tests.support.sources import project_files, report

PACKAGED = {"core", "plugins", "templates", "tenants", "wsgi.py"}
COMMANDS = """
from core.cli import main
for words in ("db upgrade", "db check", "tenants sync", "tenants diff", "plugins doctor"):
    main(words.split(), standalone_mode=False)
"""
SERVE = """
import sys
from pathlib import Path
from core.config import ROOT
assert ROOT == Path(sys.argv[1]), ROOT
from core.app import boot
app = boot()
assert not app.extensions["q.registry"].broken, app.extensions["q.registry"].broken
client = app.test_client()
home = client.get("/scotland/")
assert home.status_code == 200, home.status_code
assert client.get("/scotland/events/").status_code == 200
style = home.text.split('rel="stylesheet" href="', 1)[1].split('"')[0]
assert client.get(style).status_code == 200, style
welsh = client.get("/wales/", headers={"Accept-Language": "cy"}).text
assert 'lang="cy"' in welsh
assert client.get("/no-such-page").status_code == 404
print("served")
"""


def _run(*words: str, cwd: Path, **settings: str) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("QP_")}
    done = subprocess.run(
        [sys.executable, *words], cwd=cwd, env={**env, **settings}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _pip(*words: str, cwd: Path) -> None:
    _run("-m", "pip", *words, "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", cwd=cwd)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, built from the project's own files and nothing else that lies about here."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for path in project_files():
        if path.parts[0] in PACKAGED | {"pyproject.toml"}:
            (source / path.parent).mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, source / path)
    junk = source / "core" / "__pycache__"
    junk.mkdir()
    (junk / "config.cpython-311.pyc").write_bytes(b"old")
    _pip("wheel", "--no-build-isolation", "--wheel-dir", str(built), str(source), cwd=built)
    (found,) = built.glob("*.whl")
    return found


def test_it_holds_every_file_and_no_other(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    wanted = {path.as_posix() for path in project_files() if path.parts[0] in PACKAGED}
    assert wanted, "the project has no files"
    assert not wanted - inside, report(sorted(wanted - inside))
    assert not inside - wanted, report(sorted(inside - wanted))


@pytest.mark.slow
def test_the_platform_runs_from_it(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "installed"
    _pip("install", "--target", str(home), str(wheel), cwd=tmp_path)
    settings = {
        "PYTHONPATH": str(home),
        "QP_SECRET_KEY": SECRET_KEY,
        "QP_MAIL_URL": "smtp://127.0.0.1:1",
        "QP_BASE_URL": "http://localhost",
        "QP_DATABASE_URL": f"sqlite:///{tmp_path / 'q.sqlite'}",
    }
    _run("-c", COMMANDS, cwd=tmp_path, **settings)
    assert _run("-c", SERVE, str(home), cwd=tmp_path, **settings) == "served\n"
