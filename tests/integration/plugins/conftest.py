"""Applications with a plugin for the whole platform among the real ones."""

from collections.abc import Callable

import pytest
from flask import Flask

from core.config import ROOT
from core.data.db import tenant_session
from core.hooks.registry import Registry, discover
from core.kernel.views import SYSTEM
from core.tenancy.service import Change, configure

PACKAGES = discover(ROOT / "plugins", installed=False) | {"everywhere": "tests.contract.hostile.everywhere"}
Switch = Callable[..., int]


@pytest.fixture
def make_wide(make_app: Callable[..., Flask]) -> Callable[[], Flask]:
    """Another application that has the plugin `everywhere`: two of them see what two processes would."""
    return lambda: make_app(packages=PACKAGES)


@pytest.fixture
def wide(make_wide: Callable[[], Flask]) -> Flask:
    """An application that has it."""
    return make_wide()


@pytest.fixture
def switch(wide: Flask) -> Switch:
    """`switch(True, "uk", revision=0, word="new")`: change `everywhere` as the console does."""

    def change(enabled: bool, slug: str = "uk", *, name: str = "everywhere", revision: int = 0, **settings: str) -> int:
        registry: Registry = wide.extensions["q.registry"]
        tenant = wide.extensions["q.directory"].by_slug(slug)
        with wide.app_context(), tenant_session(tenant.id) as session:
            made = Change(name, enabled, settings, revision, "test")
            return configure(session, registry, tenant.ref(), made, SYSTEM)

    return change
