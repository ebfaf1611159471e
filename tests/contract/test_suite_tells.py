"""What the contract suite says of a plugin that does not keep it: its author reads the fault in the report, and nothing else."""

from pathlib import Path

import pytest

from core.hooks.registry import NoSettings, Plugin
from core.sdk.scaffold import planned, write_plugin
from core.sdk.testing import files
from tests.contract.outside import python

JOBS = '''"""By itself."""

from core.sdk import N_, every


@every("0 8 * * mon", name="{name}.weekly", title=N_("Weekly"))
def weekly(session, _at):
    """Nothing."""
'''


def _plugin(home: Path, name: str) -> Plugin:
    """A plugin in a folder, of which nothing is imported."""
    written = write_plugin(name, home)
    return Plugin(planned(name), written.package, written.folder, NoSettings)


def test_the_report_lists_the_faults(tmp_path):
    made = _plugin(tmp_path, "unsaid")
    words = made.folder / "translations" / "cy" / "LC_MESSAGES" / "messages.po"
    words.write_text(words.read_text("utf-8").replace('msgid "Write a note"', 'msgid "Write anything"'), "utf-8")
    asked = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "unsaid", "-k", "welsh")
    done = python(*asked, paths=(tmp_path,), cwd=tmp_path)
    assert done.returncode == 1
    assert "no Welsh: Write a note" in done.stdout


@pytest.mark.parametrize(
    ("at", "by"),
    [("plugin.py", "from idle.views import blueprint"), ("views.py", "from idle.manifest import MANIFEST, WRITE")],
)
def test_a_module_with_jobs_is_one_that_loading_imports(tmp_path, at, by):
    made = _plugin(tmp_path, "idle")
    (made.folder / "weekly.py").write_text(JOBS.format(name="idle"), "utf-8")
    (told,) = files.job_problems(made)
    assert told.startswith("idle.weekly declares jobs and plugin.py does not import it")
    file = made.folder / at
    file.write_text(file.read_text("utf-8").replace(by, f"{by}\nfrom idle import weekly"), "utf-8")
    assert files.job_problems(made) == []


def test_a_template_that_the_code_names_is_there(tmp_path, make_app):
    made = _plugin(tmp_path, "bare")
    environment = make_app().jinja_env
    assert files.template_problems(made, environment) == []
    (made.folder / "templates" / "bare" / "list.html").unlink()
    assert files.template_problems(made, environment) == [
        "the code names bare/list.html, and there is no templates/bare/list.html"
    ]
