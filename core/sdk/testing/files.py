"""What can be seen of a plugin without running it: each check returns one line for each fault, empty when all is well."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, TemplateSyntaxError, meta

from core.hooks.manifest import Manifest
from core.hooks.registry import Plugin
from core.sdk.testing import actions
from core.tenancy.settings import HOOK, kept
from core.tenancy.settings import read as read_settings
from core.web import catalogue
from core.web.model_forms import shown, typed
from core.work.registry import JOBS

SHARED_TEMPLATES = ("layouts/", "components/")
STATIC = {".css", ".js", ".svg", ".png", ".jpg", ".woff2", ".webp"}
# JSON-LD is data that no browser runs; written by `tojson`, it cannot end its element.
INLINE = re.compile(
    r"""<style|<script(?![^>]*\bsrc=)(?! type="application/ld\+json">\{\{ [\w.]+\|tojson \}\}</script>)"""
    r"""|\sstyle=|\son[a-z]+=|\|\s*safe\b"""
)
OPEN_DOOR = "core.sdk"


class Read(NamedTuple):
    """What the checks ask of a Python file."""

    imported: tuple[str, ...]
    """The modules that it imports."""
    targets: tuple[str, ...]
    """The same, and each name of a `from` as if it were a module: those that are none are in nobody's list."""
    declares_jobs: bool
    texts: frozenset[str]


def sources(folder: Path) -> Iterator[tuple[Path, Read]]:
    """The plugin's own Python files with what stands in them: neither its tests nor its migrations."""
    for path in sorted(folder.rglob("*.py")):
        if not {"tests", "migrations"} & set(path.relative_to(folder).parts):
            yield path, _read(path.read_text("utf-8"))


@lru_cache(maxsize=1024)
def _read(source: str) -> Read:
    """Several checks ask about the same files, and to parse them takes longer than the checks."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    imported = tuple(_imported(nodes))
    named = (
        f"{node.module}.{alias.name}" for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
    )
    texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return Read(imported, (*imported, *named), _declares_jobs(tree), frozenset(texts))


def _imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def manifest_problems(plugin: Plugin) -> list[str]:
    """The manifest is static: `manifest.py` only imports from core.sdk and assigns; it says who the plugin is."""
    tree = ast.parse((plugin.folder / "manifest.py").read_text("utf-8"))
    plain = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    found = [
        f"manifest.py:{node.lineno}: only imports and assignments belong in a manifest"
        for node in tree.body
        if not isinstance(node, plain) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    found += [f"manifest.py imports {name}" for name in _imported(ast.walk(tree)) if name != OPEN_DOOR]
    manifest: Manifest = plugin.manifest
    found += [
        f"the manifest has no {key}" for key in ("title", "summary", "version") if not getattr(manifest, key).strip()
    ]
    if plugin.folder.name != manifest.name:
        found.append(f"the folder is called {plugin.folder.name}, the manifest says {manifest.name}")
    found += [
        f"the permission {one.name} has no title or no role"
        for one in manifest.permissions
        if not (one.title and one.roles)
    ]
    fields = plugin.settings.model_fields
    found += [
        f"partner_may_set names {name}, which is no setting" for name in manifest.partner_may_set if name not in fields
    ]
    return found


def import_problems(plugin: Plugin) -> list[str]:
    """A plugin sees `core.sdk` and itself: no other part of the core, and no other plugin."""
    found = []
    home = plugin.package.rpartition(".")[0]
    for path, read in sources(plugin.folder):
        for name in read.imported:
            own = f"{name}.".startswith(f"{plugin.package}.")
            ours = name.split(".")[0] == "core" or (home and f"{name}.".startswith(f"{home}."))
            if name.startswith(".") or (ours and not own and name != OPEN_DOOR):
                found.append(f"{path.name} imports {name}")
    return found


def action_problems(plugin: Plugin) -> list[str]:
    """What the plugin writes into the audit trail has words in its manifest, and each of these words something that is written."""
    found = [f"the title of {code!r} is empty" for code, title in plugin.manifest.actions.items() if not title.strip()]
    return found + actions.unspoken(actions.recorded(plugin.folder, plugin.manifest.name), plugin.manifest.actions)


def job_problems(plugin: Plugin) -> list[str]:
    """What the plugin does by itself is told to whoever switches it: each job has a title. It is declared when the plugin is
    loaded: a worker knows no job of a module that nothing imports."""
    own = (job for job in JOBS.values() if job.owner == plugin.manifest.name)
    found = [f"the job {job.name} has no title" for job in own if not job.title.strip()]
    modules = {_dotted(plugin, path): read for path, read in sources(plugin.folder)}
    unloaded = sorted(modules.keys() - _loaded(modules, plugin.package))
    return found + [
        f"{name} declares jobs and plugin.py does not import it, nor does what it imports: no worker would know them"
        for name in unloaded
        if modules[name].declares_jobs
    ]


def _dotted(plugin: Plugin, path: Path) -> str:
    parts = path.relative_to(plugin.folder).with_suffix("").parts
    return ".".join((plugin.package, *(part for part in parts if part != "__init__")))


def _loaded(modules: Mapping[str, Read], package: str) -> set[str]:
    """The modules that loading the plugin imports. Read from the files: a test may have imported more of them by now."""
    known: set[str] = set()
    waiting = [f"{package}.{name}" for name in ("manifest", "models", "plugin")]
    while waiting:
        name = waiting.pop()
        if name in modules and name not in known:
            known.add(name)
            waiting += [target for target in modules[name].targets if target.startswith(f"{package}.")]
    return known


def _declares_jobs(tree: ast.Module) -> bool:
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    calls = (one.func for function in functions for one in function.decorator_list if isinstance(one, ast.Call))
    return any(isinstance(call, ast.Name) and call.id in ("every", "job") for call in calls)


def template_problems(plugin: Plugin, environment: Environment) -> list[str]:
    """Templates live in `templates/<plugin>/`, use their own and the platform's shared ones, and bring nothing inline. Those that
    the code names are there: a distribution leaves out what its `package-data` does not name."""
    root = plugin.folder / "templates"
    own = f"{plugin.manifest.name}/"
    found = []
    for path in sorted(file for file in root.rglob("*") if file.is_file()):
        name, text = path.relative_to(root).as_posix(), path.read_text("utf-8")
        if not name.startswith(own):
            found.append(f"templates/{name} is outside templates/{own}")
        try:
            used = meta.find_referenced_templates(environment.parse(text))
            found += [
                f"{name} uses {other}" for other in used if not (other or "").startswith((own, *SHARED_TEMPLATES))
            ]
        except TemplateSyntaxError as error:
            found.append(f"{name}:{error.lineno}: {error.message}")
        found += [
            f"{name} has {hit.group().strip()!r}, which the content security policy or escaping forbids"
            for hit in INLINE.finditer(text)
        ]
    named = {text for _, read in sources(plugin.folder) for text in read.texts if text.startswith(own)}
    missing = sorted(name for name in named if name.endswith(".html") and not (root / name).is_file())
    return found + [f"the code names {name}, and there is no templates/{name}" for name in missing]


def static_problems(plugin: Plugin) -> list[str]:
    """Static files lie flat in `static/`, are of known kinds, and are addressed as `<plugin>/<file>`."""
    files = sorted((plugin.folder / "static").rglob("*"))
    found = [f"static/{file.name} is a folder" for file in files if file.is_dir()]
    return found + [
        f"static/{file.name} is of an unknown kind" for file in files if file.is_file() and file.suffix not in STATIC
    ]


def translation_problems(plugin: Plugin) -> list[str]:
    """Every word has its Welsh."""
    return catalogue.problems(plugin.folder / "translations" / "cy" / "LC_MESSAGES" / "messages.po", [plugin.folder])


def settings_problems(plugin: Plugin) -> list[str]:
    """The settings stand by themselves, survive being stored, refuse what they do not know, and each has a title."""
    model, version = plugin.settings, plugin.manifest.settings_version
    found = [f"the setting {name} has no title" for name, field in model.model_fields.items() if not field.title]
    if version > 1 and not hasattr(import_module(f"{plugin.package}.plugin"), HOOK):
        found.append(f"settings_version is {version}, and no {HOOK} says what becomes of settings kept before")
    try:
        usual = model()
        stored = kept(usual)
        if read_settings(model, stored) != usual:
            found.append("the settings are not the same after being stored")
        found += [
            f"the setting {name} cannot be set in a form: docs/write-a-plugin.md, “Settings”, says which kinds can"
            for name, field in model.model_fields.items()
            if typed(field, shown(stored.get(name))) != stored.get(name)
        ]
    except ValueError as error:
        return [*found, f"the settings have no valid defaults: {error}"]
    try:
        read_settings(model, {"no_such_setting": 1})
    except ValueError:
        return found
    return [*found, "the settings accept unknown names"]
