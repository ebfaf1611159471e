"""Finding, checking and loading plugins. One that fails is marked broken and does not stop the rest."""

import importlib
import logging
import sys
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
import sqlalchemy as sa
from pydantic import BaseModel

from core.data.base import Base
from core.data.migrate import CORE
from core.hooks import spec
from core.hooks.dispatcher import Dispatcher, Failure
from core.hooks.manifest import Manifest, ManifestError

log = logging.getLogger("q.plugins")
GROUP = "q_platform.plugins"
FAILURES_KEPT = 200


class NoSettings(BaseModel, extra="forbid"):
    """The settings of a plugin that has none."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin that loaded. `package` is its import name, `folder` where its templates, static files and migrations are."""

    manifest: Manifest
    package: str
    folder: Path
    settings: type[BaseModel]


@dataclass(frozen=True, slots=True)
class Broken:
    """A plugin that could not be loaded, migrated or mounted, and why."""

    name: str
    error: str


@dataclass(slots=True)
class Registry:
    """Every plugin of this installation, the dispatcher over them, and what went wrong.

    `addresses` maps the path segment of each plugin that has pages (`events`, `manage/events`) to its name, also of one that
    broke afterwards.
    """

    plugins: dict[str, Plugin] = field(default_factory=dict)
    broken: dict[str, Broken] = field(default_factory=dict)
    failures: deque[Failure] = field(default_factory=lambda: deque(maxlen=FAILURES_KEPT))
    addresses: dict[str, str] = field(default_factory=dict)
    manager: pluggy.PluginManager = field(default_factory=lambda: pluggy.PluginManager(spec.PROJECT))
    dispatcher: Dispatcher = field(init=False)

    def __post_init__(self) -> None:
        self.manager.add_hookspecs(spec)
        self.dispatcher = Dispatcher(self.manager, self.failures.append)

    def mark_broken(self, name: str, error: BaseException | str) -> None:
        """Take a plugin out of service and say why; its data and its settings stay."""
        text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        log.error("plugin %s is broken: %s", name, text)
        self.broken[name] = Broken(name, text)
        self.plugins.pop(name, None)
        if self.manager.has_plugin(name):
            self.manager.unregister(name=name)
        self.dispatcher.forget_plans()

    def break_lacking(self) -> None:
        """Take every plugin out of service that needs one which is not in service, and those that need it in turn."""
        while lacking := {
            name: missing
            for name, plugin in self.plugins.items()
            if (missing := set(plugin.manifest.requires) - self.names())
        }:
            for name, missing in lacking.items():
                self.mark_broken(name, f"needs {', '.join(sorted(missing))}")

    def names(self) -> frozenset[str]:
        """The plugins in service."""
        return frozenset(self.plugins)


def discover(folder: Path | None, installed: bool = True) -> dict[str, str]:
    """{name: import name of the package} from `folder` (the repository's `plugins/`) and from installed entry points.

    A folder with a manifest and no `plugin.py` is one too: loading it fails, and says so.
    """
    found: dict[str, str] = {}
    if folder is not None and folder.is_dir():
        for child in sorted(folder.iterdir()):
            if (child / "plugin.py").is_file() or (child / "manifest.py").is_file():
                found[child.name] = f"{folder.name}.{child.name}"
    points: tuple[EntryPoint, ...] = tuple(entry_points(group=GROUP)) if installed else ()
    for point in points:
        found.setdefault(point.name, point.module)
    return found


def load(packages: dict[str, str]) -> Registry:
    """Load each package's `plugin` module: the manifest is checked first, then hooks are checked and registered."""
    registry = Registry()
    for name, package in packages.items():
        try:
            _load_one(registry, name, package)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin raises, the rest must start
            registry.mark_broken(name, error)
    registry.break_lacking()
    for name, plugin in list(registry.plugins.items()):
        if plugin.manifest.platform_wide and (local := _local_among(registry, plugin.manifest.requires)):
            registry.mark_broken(
                name, f"is for the whole platform and needs what a site may not have: {', '.join(local)}"
            )
    registry.break_lacking()
    return registry


def _local_among(registry: Registry, names: Iterable[str]) -> list[str]:
    return sorted(
        name for name in names if name in registry.plugins and not registry.plugins[name].manifest.platform_wide
    )


def _load_one(registry: Registry, name: str, package: str) -> None:
    manifest = getattr(importlib.import_module(f"{package}.manifest"), "MANIFEST", None)
    if not isinstance(manifest, Manifest):
        raise ManifestError("manifest.py must define MANIFEST")
    if manifest.name != name:
        raise ManifestError(f"the manifest says {manifest.name!r}, the plugin was found as {name!r}")
    if any(other.manifest.url_name == manifest.url_name for other in registry.plugins.values()):
        raise ManifestError(f"another plugin has the url_name {manifest.url_name!r}")
    refuse_unclear_tables(registry, manifest)
    module = importlib.import_module(f"{package}.plugin")
    settings = getattr(module, "SETTINGS", NoSettings)
    if not (
        isinstance(settings, type)
        and issubclass(settings, BaseModel)
        and settings.model_config.get("extra") == "forbid"
    ):
        raise ManifestError("SETTINGS must be a pydantic model that forbids unknown fields")
    folder = Path(str(sys.modules[package].__file__)).parent
    if has_models(folder):
        importlib.import_module(f"{package}.models")
    _check_tables(package, manifest)
    _check_hooks(module, registry.manager)
    registry.manager.register(module, name=name)
    registry.plugins[name] = Plugin(manifest, package, folder, settings)


def refuse_unclear_tables(registry: Registry, manifest: Manifest) -> None:
    """Raise ManifestError for a name by which the plugin's tables could be taken for the core's or another plugin's: whose a table is,
    migrations and every start tell by how its name begins."""
    mine = manifest.table_prefix
    if CORE.owns(mine):
        raise ManifestError(f"names of the platform's own tables begin like {mine}")
    for name, other in registry.plugins.items():
        theirs = other.manifest.table_prefix
        if mine.startswith(theirs) or theirs.startswith(mine):
            raise ManifestError(f"its tables could not be told from those of the plugin {name}")


def has_models(folder: Path) -> bool:
    """Whether a plugin has tables: in `models.py`, or in the files of a folder `models`."""
    return (folder / "models.py").is_file() or (folder / "models" / "__init__.py").is_file()


def tables_of(package: str) -> list[sa.Table]:
    """The tables that the classes of `package` are mapped to."""
    classes = [mapper for mapper in Base.registry.mappers if f"{mapper.class_.__module__}.".startswith(f"{package}.")]
    return [table for mapper in classes if isinstance(table := mapper.local_table, sa.Table)]


def _check_tables(package: str, manifest: Manifest) -> None:
    """Refuse tables outside the plugin's own prefix, and forget them: no migration or policy may hear of them."""
    strange = [table for table in tables_of(package) if not table.name.startswith(manifest.table_prefix)]
    for table in strange:
        Base.metadata.remove(table)
    if strange:
        names = ", ".join(sorted(table.name for table in strange))
        raise ManifestError(f"a table's name must begin with {manifest.table_prefix}: {names}")


def _check_hooks(module: ModuleType, manager: pluggy.PluginManager) -> None:
    """Refuse hooks that the platform does not have, and wrappers, which would run outside the dispatcher's policies."""
    for attribute in dir(module):
        options: Any = manager.parse_hookimpl_opts(module, attribute)
        if options is None:
            continue
        if (options.get("specname") or attribute) not in spec.HOOKS:
            raise ManifestError(f"there is no hook {attribute}")
        if options.get("wrapper") or options.get("hookwrapper"):
            raise ManifestError(f"{attribute}: wrappers are not allowed")
