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

TARGET = "plugins.local_events.registration"
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
    """`register` with its conditional update replaced by reading first and writing afterwards."""
    import sqlalchemy as sa  # only in a process that has loaded it already

    def register(session: Any, tenant: Any, event_id: str, visitor: Any) -> bool:
        event = module.queries.find(session, event_id)
        if event.taken >= event.capacity:
            raise module._why_not(session, tenant, event_id, visitor)
        session.rollback()
        time.sleep(THINKING)
        with module.transaction(session):
            module._claim(session, tenant, event_id, visitor)
            session.execute(
                sa.update(module.Event)
                .where(module.Event.id == event_id)
                .values(taken=event.taken + 1)
                .execution_options(synchronize_session=False)
            )
            module.shelf.put(
                session, account_id=visitor.account_id, plugin=module.PLUGIN, ref=event_id, kind="event",
                title=event.title, status=module.SHELF_COMING, when=event.starts_at, path=module.path_of(event_id),
                new=True,
            )  # fmt: skip
            module.record_audit(session, actor=visitor.actor(), action=f"{module.PLUGIN}.register", subject=event_id)
        return True

    return register


sys.meta_path.insert(0, _Finder())
