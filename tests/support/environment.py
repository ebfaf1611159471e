"""The environment in which the suite runs the platform's own commands."""

import atexit
import os
import shutil
import sys
from pathlib import Path
from tempfile import mkdtemp

from tests.support.databases import Database

ROOT = Path(__file__).resolve().parent.parent.parent
QPLATFORM = str(Path(sys.executable).with_name("qplatform"))
"""The platform's command, of the environment that runs the tests."""
SECRET_KEY = "tests-only-9f86d081884c7d659a2feaa0c55ad015"

FILES = Path(mkdtemp(prefix="q-test-files-"))
"""Where this process's applications and servers keep the content of files."""
atexit.register(shutil.rmtree, FILES, ignore_errors=True)


def environment(database: Database, **settings: str) -> dict[str, str]:
    """This process's environment without its own QP_ settings, pointed at `database`, with `settings` added."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("QP_")}
    base = {"QP_SECRET_KEY": SECRET_KEY, "QP_MAIL_URL": "smtp://127.0.0.1:1", "PYTHONWARNINGS": "default"}
    base["QP_FILES_URL"] = FILES.as_uri()
    return {**inherited, **base, **database.environment(), **settings}
