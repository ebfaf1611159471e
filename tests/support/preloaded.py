"""What every forked process needs, imported once for all of them, and kept out of their collections of garbage."""

import gc
import importlib
from pathlib import Path

import core.app
import core.cli
import core.work.worker
from core.hooks.registry import discover

ROOT = Path(core.app.__file__).parent.parent
for package in discover(ROOT / "plugins", installed=False).values():
    importlib.import_module(f"{package}.plugin")
gc.collect()
gc.freeze()
