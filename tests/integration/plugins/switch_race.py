"""One of two processes that switch plugins which require each other. `main` is what `tests.support.racing` runs: it makes one change and
gives "done" or the refusal's name."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from core.config import ROOT
from core.data.engine import create_engine
from core.data.scope import Scope
from core.data.session import ScopedSession
from core.hooks.registry import Registry, discover, load
from core.kernel.errors import DomainError
from core.kernel.views import SYSTEM, TenantRef
from core.tenancy import service
from tests.support.racing import think

NEEDING, NEEDED = "assessment_rules", "expense_approvals"


def registry() -> Registry:
    """The plugins, one of which requires another."""
    found = load(discover(ROOT / "plugins", installed=False))
    plugin = found.plugins[NEEDING]
    found.plugins[NEEDING] = replace(plugin, manifest=replace(plugin.manifest, requires=(NEEDED,)))
    return found


def switch(session: ScopedSession, plugins: Registry, plugin: str, on: bool, revision: int) -> None:
    """As the console does."""
    tenant = TenantRef(session.scope.tenant_id or 0, "scotland", "Scotland", "nation", ("en",))
    service.configure(session, plugins, tenant, service.Change(plugin, on, {}, revision, "test"), SYSTEM)


def main(job: dict[str, Any], begin: Callable[[], object]) -> str:
    """Make one change, and think between looking and writing; a `careless` one does not first say that it is at it."""
    engine, plugins = create_engine(job["url"]), registry()
    look = service._check_requirements

    def look_and_think(*args: Any) -> None:
        look(*args)
        (think if job["careless"] else time.sleep)(0.5)  # where one says first that it is at it, the other waits there

    with ExitStack() as stack:
        stack.enter_context(patch.object(service, "_check_requirements", look_and_think))
        if job["careless"]:
            stack.enter_context(patch.object(service, "_begin_change", return_value=False))
        session = stack.enter_context(ScopedSession(scope=Scope.tenant(job["tenant"]), bind=engine))
        begin()
        try:
            switch(session, plugins, job["plugin"], job["on"], job["revision"])
        except DomainError as refused:
            return type(refused).__name__
    engine.dispose()
    return "done"
