"""What the tests need beside Python packages: a Chromium and a PostgreSQL. Installed where possible, never done without."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support import postgres

SHELL = "chromium-headless-shell"
"""Chromium without a window: the same engine, at a quarter of the processor time. Debian's package has the same name."""
CHROMIUM_NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome")


class Missing(RuntimeError):
    """Something the tests need is not here and could not be installed; the message says what and how to get it."""


def chromium() -> Path | None:
    """The machine's own Chromium, or Playwright's, that without a window first; None where there is neither."""
    for name in CHROMIUM_NAMES:
        if found := shutil.which(name):
            return Path(found)
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "~/.cache/ms-playwright")).expanduser()
    shells = [
        *folder.glob("chromium_headless_shell-*/*/headless_shell"),
        *folder.glob("chromium_headless_shell-*/*/chrome-headless-shell"),
    ]
    whole = [
        *folder.glob("chromium-*/chrome-linux*/chrome"),
        *folder.glob("chromium-*/chrome-mac*/*.app/Contents/MacOS/*"),
    ]
    return max(shells or whole, default=None)


def _install_chromium() -> None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing Debian's package {SHELL}", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (("update",), ("install", "--yes", "--no-install-recommends", SHELL)):
            subprocess.run(
                ["apt-get", "-qq", *words], env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False
            )
    if chromium() is None:
        print("installing Playwright's Chromium", flush=True)
        subprocess.run(
            [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"],
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip


def _is_shell(program: Path | None) -> bool:
    return program is not None and "headless" in program.name


def install() -> None:
    """Make sure that a Chromium and a PostgreSQL server can be used. Raises Missing."""
    if not _is_shell(chromium()):
        _install_chromium()
    found = chromium()
    if found is None:
        raise Missing(f"no Chromium; install Debian's package `{SHELL}`, or run: .venv/bin/playwright install chromium")
    if os.environ.get("QP_TEST_POSTGRES"):
        server = "the server named in QP_TEST_POSTGRES"
    else:
        try:
            server = str(postgres.programs())
        except postgres.NoPostgres as e:
            raise Missing(str(e)) from e
    print(f"Chromium: {found}\nPostgreSQL: {server}", flush=True)
