"""The control of the race over HTTP: a server started with this folder on its path registers people the naive way.

It looks whether there is room, thinks, then writes what it remembers. Everything else is as in the product, which knows
nothing of this: the function is put in place the moment the plugin's own module is loaded.
"""

import importlib.abc
import importlib.machinery
import sys
import time
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

TARGET = "plugins.local_events.service.places"
THINKING = 0.05


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads the module as it is and then exchanges `register`."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        module.register = _naive(module)  # type: ignore[attr-defined]  # the module's own function


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module only; every other import goes its usual way."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        found = PathFinder.find_spec(name, path) if name == TARGET else None
        if found is not None and found.origin is not None:
            found.loader = _Loader(name, found.origin)
        return found


def _naive(module: Any) -> Any:
    """`register` with the counting done before the lock is taken."""
    from plugins.local_events.queries import places  # only in a process that has loaded it already

    def register(session: Any, tenant: Any, event_id: str, visitor: Any, _wish: Any) -> Any:
        pool = places.of_event(session, event_id).pools[0]
        state = "waitlisted" if pool.left == 0 else "confirmed"
        session.rollback()
        time.sleep(THINKING)
        with module.transaction(session):
            turn = module.take_turn_to_come(session, event_id, module.clock.now())
            holder = module.Holder(visitor.account_id, visitor.name, visitor.email)
            written = module.insert(session, tenant, turn, holder, pool.id, state, notice=state)
            module.put_on_shelf(session, turn, visitor.account_id, state, new=True)
            module.record_audit(
                session, actor=visitor.actor(), action=f"{module.PLUGIN}.register", subject=event_id,
                after={"registration": written, "state": state},
            )  # fmt: skip
        return module.Registered(written, state, new=True)

    return register


sys.meta_path.insert(0, _Finder())
