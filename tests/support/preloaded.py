"""What every forked process needs, imported once for all of them, and kept out of their collections of garbage: the platform with
its plugins and commands, and the engine of its jobs, which a worker brings in itself."""

import gc
import importlib

import core.cli
import core.work.worker  # noqa: F401 - as above
from core.config import ROOT
from core.hooks.registry import discover

for package in discover(ROOT / "plugins", installed=False).values():
    importlib.import_module(f"{package}.plugin")
gc.collect()
gc.freeze()
