"""What every forked process needs, imported once for all of them, and kept out of their collections of garbage."""

import gc
import importlib

from core.config import ROOT
from core.hooks.registry import discover

for package in discover(ROOT / "plugins", installed=False).values():
    importlib.import_module(f"{package}.plugin")
gc.collect()
gc.freeze()
