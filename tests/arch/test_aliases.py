"""What a module keeps for all threads is no plain alias of a table: SQLAlchemy makes its columns at their first use, not for two at once."""

import ast

from tests.support.sources import files, report, text


def _kept(source: str) -> list[int]:
    """The lines on which `aliased(…)` is called outside a function."""
    if "aliased" not in source:
        return []  # few files have the word, and to parse all of them takes seconds
    tree = ast.parse(source)
    inside = [
        (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    ]
    calls = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "aliased"
    ]
    return [line for line in calls if not any(first <= line <= last for first, last in inside)]


def test_no_module_keeps_a_plain_alias() -> None:
    product = [path for path in files(".py") if path.parts[0] in {"core", "plugins"}]
    found = [
        f"{path}:{line}: make it with `another` of core.data.base, in plugins of core.sdk"
        for path in product
        for line in _kept(text(path))
    ]
    assert not found, report(found)


def test_one_that_is_kept_is_noticed() -> None:
    assert _kept("from sqlalchemy.orm import aliased\nOTHER = aliased(Claim)\n") == [2]
    assert _kept("OTHER = (1, sa.orm.aliased(Claim))\n") == [1]
    assert _kept("def query():\n    other = aliased(Claim)\n") == []
