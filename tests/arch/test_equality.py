"""Who may find equality answers: the applicant's own page, their own file, and the one job that counts."""

import ast

from tests.support.sources import files, text

COUNTS = {"core/admissions/jobs/quality.py"}
"""Files that count groups: the job that publishes figures, and nothing that shows one application."""
FINDS = {
    "core/admissions/queries/equality.py", "core/admissions/service/equality.py",
    "core/demo/admissions/national.py",  # makes answers of invented people
}  # fmt: skip
OWN = {
    "core/admissions/views/equality.py", "core/admissions/views/applying.py", "core/admissions/personal/joining.py",
    "core/admissions/jobs/joining.py", "core/admissions/views/transfers.py", "core/commands/keys.py",
}  # fmt: skip
"""The applicant's own pages and file, what deletes answers, the move to another site, which carries them unread, and the command
that gives them another key."""
INVENTS = {"core/demo/admissions/national.py"}
"""Files that write answers of people who are not there."""


def _names(source: str) -> set[str]:
    """Every name that a file uses or imports, and every module that it imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            found |= (
                {node.module or ""}
                | {f"{node.module}.{one.name}" for one in node.names}
                | {one.name for one in node.names}
            )
        elif isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
    return found


def _using(*names: str) -> set[str]:
    written = tuple(name.rpartition(".")[2] for name in names)  # the part that every way of using it writes out
    product = (path for path in files(".py") if str(path).startswith(("core/", "plugins/")))
    likely = (path for path in product if any(name in text(path) for name in written))
    return {str(path) for path in likely if set(names) & _names(text(path))}


def test_only_the_job_that_counts_reads_groups() -> None:
    assert _using("groups_by_application") == COUNTS


def test_only_these_work_out_a_link() -> None:
    by_module = _using("core.admissions.equality") & _using("link", "links")
    assert _using("core.admissions.equality.link", "core.admissions.equality.links") | by_module == FINDS


def test_only_these_touch_the_answers() -> None:
    own = _using("core.admissions.queries.equality", "core.admissions.service.equality")
    assert own == OWN | COUNTS
    tables = {path for path in _using("EqualityResponse") if "/models/" not in path}
    assert tables == FINDS | INVENTS


def test_a_use_is_noticed() -> None:
    assert "groups_by_application" in _names(
        "from core.admissions.queries import equality\nequality.groups_by_application()"
    )
    assert "core.admissions.queries.equality" in _names("from core.admissions.queries import equality")
