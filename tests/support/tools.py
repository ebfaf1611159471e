"""What the tests need beside Python packages: a Chromium and a PostgreSQL. Installed where possible, never done without."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support import postgres

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


class Missing(RuntimeError):
    """Something the tests need is not here and could not be installed; the message says what and how to get it."""


def chromium() -> Path | None:
    """The machine's own Chromium, or Playwright's; None where there is neither."""
    for name in CHROMIUM_NAMES:
        if found := shutil.which(name):
            return Path(found)
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "~/.cache/ms-playwright")).expanduser()
    found_here = [
        *folder.glob("chromium-*/chrome-linux*/chrome"),
        *folder.glob("chromium-*/chrome-mac*/*.app/Contents/MacOS/*"),
    ]
    return max(found_here, default=None)


def _install_chromium() -> None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("installing Debian's package chromium", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (("update",), ("install", "--yes", "--no-install-recommends", "chromium")):
            subprocess.run(
                ["apt-get", "-qq", *words], env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False
            )
    if chromium() is None:
        print("installing Playwright's Chromium", flush=True)
        subprocess.run(
            [sys.executable, "-m", "playwright", "install", "chromium"], stdin=subprocess.DEVNULL, check=False
        )


def install() -> None:
    """Make sure that a Chromium and a PostgreSQL server can be used. Raises Missing."""
    if chromium() is None:
        _install_chromium()
    found = chromium()
    if found is None:
        raise Missing("no Chromium; install Debian's package `chromium`, or run: .venv/bin/playwright install chromium")
    if os.environ.get("QP_TEST_POSTGRES"):
        server = "the server named in QP_TEST_POSTGRES"
    else:
        try:
            server = str(postgres.programs())
        except postgres.NoPostgres as e:
            raise Missing(str(e)) from e
    print(f"Chromium: {found}\nPostgreSQL: {server}", flush=True)
