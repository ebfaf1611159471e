"""Which codes a package writes into the audit trail, read from its source without running it.

A code is `action=` of a call that records. It is followed through constants, f-strings, conditions, parameters (to
every caller in the package) and fields of small classes. What cannot be followed, such as a step that a form named,
stands as `*` in the code: it may be anything.
"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from itertools import product
from pathlib import Path

RECORDERS = frozenset({"record", "record_each", "record_audit", "record_audit_each"})
ANYTHING = "*"
_DEPTH = 6
_ASIDE = frozenset({"tests", "migrations"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef


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


class _Module:
    """One source file: its functions by name, its constants, its classes' fields, its calls with what they stand in."""

    def __init__(self, path: Path) -> None:
        self.path, self.tree = path, ast.parse(path.read_text(encoding="utf-8"))
        self.functions: dict[str, _Function] = {}
        self.constants: dict[str, ast.expr] = {}
        self.fields: dict[str, list[str]] = {}
        self.imported: dict[str, tuple[str, str]] = {}
        self.calls: list[tuple[ast.Call, _Function | None]] = []
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self.constants[node.targets[0].id] = node.value
        self._walk(self.tree, None)

    def _walk(self, node: ast.AST, within: _Function | None) -> None:
        for child in ast.iter_child_nodes(node):
            inner = within
            match child:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self.functions[child.name] = inner = child
                case ast.ClassDef():
                    self.fields[child.name] = [
                        one.target.id
                        for one in child.body
                        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
                    ]
                case ast.ImportFrom():
                    home = (child.module or "").rpartition(".")[2]
                    self.imported |= {alias.asname or alias.name: (home, alias.name) for alias in child.names}
                case ast.Call():
                    self.calls.append((child, within))
            self._walk(child, inner)


_Call = tuple[_Module, ast.Call, _Function | None]


class _Reader:
    """Follows the codes through the modules of one package."""

    def __init__(self, package: Path, name: str) -> None:
        self._name = name
        own = [path for path in sorted(package.rglob("*.py")) if not _ASIDE & set(path.relative_to(package).parts)]
        self._modules = [_Module(path) for path in own]
        self._calls: dict[str, list[_Call]] = {}
        for module in self._modules:
            for call, within in module.calls:
                found = _called(call.func)
                _, there = module.imported.get(found, ("", found))
                self._calls.setdefault(there, []).append((module, call, within))

    def codes(self) -> Iterator[tuple[str, str]]:
        """(code, where) of every call that records."""
        for name in RECORDERS:
            for module, call, within in self._calls.get(name, ()):
                for word in call.keywords:
                    if word.arg == "action":
                        for code in self._values(module, within, word.value, _DEPTH):
                            yield code, f"{module.path}:{call.lineno}"

    def _values(self, module: _Module, within: _Function | None, node: ast.expr, depth: int) -> set[str]:
        """What `node` may be, as text."""
        if depth < 0:
            return {ANYTHING}
        match node:
            case ast.Constant(value=str(text)):
                return {text}
            case ast.IfExp():
                return self._values(module, within, node.body, depth) | self._values(module, within, node.orelse, depth)
            case ast.JoinedStr():
                parts = [self._values(module, within, part, depth) for part in node.values]
                return {"".join(words) for words in product(*parts)}
            case ast.FormattedValue():
                return self._values(module, within, node.value, depth)
            case ast.Name():
                return self._named(module, within, node.id, depth - 1)
            case ast.Attribute(value=ast.Name(id="MANIFEST"), attr="name"):
                return {self._name}
            case ast.Attribute(value=ast.Name(id=holder)) if within is not None:
                return self._field(module, within, holder, node.attr, depth - 1)
        return {ANYTHING}

    def _named(self, module: _Module, within: _Function | None, name: str, depth: int) -> set[str]:
        """A name: set in the function, or its parameter, or a constant of the module or of one it imports from."""
        if within is not None:
            set_here = [
                one.value
                for one in ast.walk(within)
                if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name) and one.targets[0].id == name
            ]
            if set_here:
                return set().union(*(self._values(module, within, value, depth) for value in set_here))
            if name in _parameters(within):
                return self._given(module, within, name, depth)
        if name in module.constants:
            return self._values(module, None, module.constants[name], depth)
        home, there = module.imported.get(name, ("", ""))
        for other in self._modules:
            if other.path.stem == home and there in other.constants:
                return self._values(other, None, other.constants[there], depth)
        return {ANYTHING}

    def _given(self, module: _Module, function: _Function, name: str, depth: int) -> set[str]:
        """What every caller in the package passes for the parameter `name`."""
        found: set[str] = set()
        for other, call, within in self._calls.get(function.name, ()):
            if _calls(call, function.name, module, other):
                value = _argument(call, _parameters(function), name) or _default(function, name)
                found |= self._values(other, within, value, depth) if value is not None else {ANYTHING}
        return found or {ANYTHING}

    def _field(self, module: _Module, within: _Function, holder: str, field: str, depth: int) -> set[str]:
        """A field of a parameter whose class this module declares: what the class is made with, anywhere in the package."""
        of = next((arg.annotation for arg in _arguments(within) if arg.arg == holder), None)
        name = of.id if isinstance(of, ast.Name) else ""
        fields = module.fields.get(name, [])
        if field not in fields:
            return {ANYTHING}
        found: set[str] = set()
        for other, call, around in self._calls.get(name, ()):
            value = _argument(call, fields, field)
            found |= self._values(other, around, value, depth) if value is not None else {ANYTHING}
        return found or {ANYTHING}


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _calls(call: ast.Call, name: str, home: _Module, at: _Module) -> bool:
    """Whether a call in the module `at` is one of `name` of the module `home`: by its name, or as `home.name`."""
    homes = {home.path.stem, home.path.parent.name}
    match call.func:
        case ast.Name(id=found):
            module, there = at.imported.get(found, ("", ""))
            return (there == name and module in homes) or (found == name and at is home)
        case ast.Attribute(attr=found, value=ast.Name(id=module)):
            return found == name and at.imported.get(module, ("", module))[1] in homes
    return False


def _arguments(function: _Function) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _parameters(function: _Function) -> list[str]:
    return [arg.arg for arg in _arguments(function)]


def _argument(call: ast.Call, names: list[str], name: str) -> ast.expr | None:
    """What a call passes for `name`."""
    for word in call.keywords:
        if word.arg == name:
            return word.value
    place = names.index(name)
    return call.args[place] if place < len(call.args) else None


def _default(function: _Function, name: str) -> ast.expr | None:
    """What the parameter is when nobody passes it."""
    positional = [*function.args.posonlyargs, *function.args.args]
    pairs = zip(positional[len(positional) - len(function.args.defaults) :], function.args.defaults, strict=True)
    named = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return next((value for arg, value in [*pairs, *named] if arg.arg == name), None)
