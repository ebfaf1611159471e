"""Which codes a package writes into the audit trail, read from its source without running it.

A code is `action=` of a call that records. It is followed through constants, f-strings, conditions and parameters (to
every caller in the package). What cannot be followed, such as a step that a form named, stands as `*` in the code: it
may be anything.
"""

import ast
import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path

RECORDERS = frozenset({"record", "record_each", "record_audit", "record_audit_each"})
ANYTHING = "*"
_DEPTH = 6
_ASIDE = frozenset({"tests", "migrations"})
_Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef


def recorded(package: Path, name: str) -> dict[str, str]:
    """{code, with `*` for what may be anything: `file:line` of one call that records it} of all modules under `package`.

    `name` is what `MANIFEST.name` stands for there.
    """
    return dict(sorted(_Reader(package, name).codes()))


def unspoken(codes: Mapping[str, str], titles: Collection[str]) -> list[str]:
    """What is wrong between the codes that are recorded and those that have titles: one without the other, each way."""
    fits = {code: re.compile(re.escape(code).replace(re.escape(ANYTHING), "[a-z_]+")) for code in codes}
    found = [
        f"{where}: the action {code!r} has no title"
        for code, where in codes.items()
        if not any(fits[code].fullmatch(title) for title in titles)
    ]
    found += [
        f"the title of {title!r}: nothing records that action"
        for title in titles
        if not any(pattern.fullmatch(title) for pattern in fits.values())
    ]
    return found


class _Source:
    """One source file: its calls, each with the function (or the file) it stands in, and what its names stand for."""

    def __init__(self, path: Path) -> None:
        self.path, self.tree = path, ast.parse(path.read_text(encoding="utf-8"))
        self.calls: dict[ast.Call, _Scope] = {}
        self.imported: dict[str, tuple[str, str]] = {}
        self._set: dict[_Scope, dict[str, list[ast.expr]]] = {}
        waiting: deque[tuple[ast.AST, _Scope]] = deque([(self.tree, self.tree)])
        while waiting:
            node, scope = waiting.popleft()
            if isinstance(node, ast.Call):
                self.calls[node] = scope
            elif isinstance(node, ast.ImportFrom):
                home = (node.module or "").rpartition(".")[2]
                self.imported |= {alias.asname or alias.name: (home, alias.name) for alias in node.names}
            within = node if isinstance(node, _Scope) else scope
            waiting.extend((child, within) for child in ast.iter_child_nodes(node))

    def set_in(self, scope: _Scope, name: str) -> list[ast.expr]:
        """What is set to `name`, by itself, anywhere in a function or in the file."""
        if scope not in self._set:
            found = self._set[scope] = {}
            for node in ast.walk(scope):
                match node:
                    case ast.Assign(targets=[ast.Name(id=target)]):
                        found.setdefault(target, []).append(node.value)
        return self._set[scope].get(name, [])

    def called(self, call: ast.Call) -> tuple[str, str]:
        """The file and the function of a call: its own file by path, another by the name it is imported by."""
        match call.func:
            case ast.Name(id=name):
                return self.imported.get(name, (str(self.path), name))
            case ast.Attribute(value=ast.Name(id=holder), attr=name):
                return self.imported.get(holder, ("", holder))[1], name
        return "", getattr(call.func, "attr", "")


_Place = tuple[_Source, _Scope, ast.expr]


class _Reader:
    """Follows the codes through the files of one package."""

    def __init__(self, package: Path, name: str) -> None:
        self._name = name
        own = [path for path in sorted(package.rglob("*.py")) if not _ASIDE & set(path.relative_to(package).parts)]
        self._sources = [_Source(path) for path in own]
        self._calls: dict[tuple[str, str], list[tuple[_Source, _Scope, ast.Call]]] = {}
        for source in self._sources:
            for call, scope in source.calls.items():
                self._calls.setdefault(source.called(call), []).append((source, scope, call))

    def codes(self) -> Iterator[tuple[str, str]]:
        """(code, where) of every call that records."""
        for (_, name), calls in self._calls.items():
            for source, scope, call in calls if name in RECORDERS else ():
                for word in call.keywords:
                    if word.arg == "action":
                        for code in self._values(source, scope, word.value, _DEPTH):
                            yield code, f"{source.path}:{call.lineno}"

    def _values(self, source: _Source, scope: _Scope, node: ast.expr, depth: int) -> set[str]:
        """What `node` may be, as text."""
        match node:
            case ast.Constant(value=str(text)):
                return {text}
            case ast.IfExp():
                return self._values(source, scope, node.body, depth) | self._values(source, scope, node.orelse, depth)
            case ast.JoinedStr():
                parts = [self._values(source, scope, part, depth) for part in node.values]
                return {"".join(words) for words in product(*parts)}
            case ast.FormattedValue():
                return self._values(source, scope, node.value, depth)
            case ast.Attribute(value=ast.Name(id="MANIFEST"), attr="name"):
                return {self._name}
            case ast.Name() if depth:
                given = list(self._given(source, scope, node.id))
                return set().union(*(self._values(*place, depth - 1) for place in given)) if given else {ANYTHING}
        return {ANYTHING}

    def _given(self, source: _Source, scope: _Scope, name: str) -> Iterator[_Place]:
        """All that a name may stand for: what its function sets or is called with, or a constant of its file or another."""
        here = [(source, scope, value) for value in source.set_in(scope, name)]
        if here:
            yield from here
        elif not isinstance(scope, ast.Module) and name in _parameters(scope):
            for home in {str(source.path), source.path.stem, source.path.parent.name}:
                for other, around, call in self._calls.get((home, scope.name), ()):
                    yield other, around, _argument(call, scope, name)
        else:
            home, there = source.imported.get(name, (source.path.stem, name))
            for other in self._sources:
                if other.path.stem == home:
                    yield from ((other, other.tree, value) for value in _set_in(other.tree.body, there))


def _set_in(nodes: Iterable[ast.AST], name: str) -> Iterator[ast.expr]:
    """What is set to `name`, by itself."""
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=found)]) if found == name:
                yield node.value


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    return [one.arg for one in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]


def _argument(call: ast.Call, function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> ast.expr:
    """What a call passes for the parameter `name`, or its default."""
    names, given = _parameters(function), function.args
    positional = names[: len(given.posonlyargs) + len(given.args)]
    defaults: dict[str, ast.expr | None] = dict(zip(reversed(positional), reversed(given.defaults), strict=False))
    defaults |= dict(zip(names[len(positional) :], given.kw_defaults, strict=True))
    passed = dict(zip(positional, call.args, strict=False)) | {word.arg: word.value for word in call.keywords}
    return passed.get(name) or defaults.get(name) or ast.Name(ANYTHING)
