"""A whole platform for tests of plugins: an application on a database of its own, each plugin on at one site and off at another."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import cast

import sqlalchemy as sa
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

from core.app import components, create_app, tenants_folder
from core.config import Config, normalise_url
from core.data import migrate
from core.data.db import db, open_session, tenant_session
from core.data.scope import Scope
from core.data.session import ScopedSession
from core.hooks.registry import Plugin, Registry
from core.kernel.permissions import UK_WIDE_ONLY, Role
from core.kernel.views import SYSTEM, TenantRef
from core.sdk.testing.browsing import SiteClient, sign_in
from core.tenancy import service
from core.tenancy.directory import TenantDirectory
from core.tenancy.files import read_tenant_files
from core.tenancy.models import PluginState

SECRET = "contract-suite-4e07408562bedb8b60ce05c1decfe3ad"  # signs nothing but the forms of a test
ON, OFF = "scotland", "south-west"
"""The sites where every plugin is on, and off: both in English alone, so that no link back depends on the address."""


class _Compiled(BytecodeCache):
    """The templates that this process has compiled, for the next platform that it builds: a template of the same name, place and
    text is the same whatever plugins stand beside it."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give `bucket` what was compiled before, if it was."""
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what has just been compiled."""
        if bucket.code is not None:
            self._code[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()


@dataclass(frozen=True, slots=True)
class Site:
    """The platform under test. `failed` maps a plugin to why its migration failed."""

    app: Flask
    config: Config
    failed: Mapping[str, str]

    @property
    def registry(self) -> Registry:
        """The plugins."""
        found: Registry = self.app.extensions["q.registry"]
        return found

    def components(self) -> list[migrate.Component]:
        """Everyone who owns tables."""
        return components(self.registry)

    def plugin(self, name: str) -> Plugin:
        """A plugin in service. Raises AssertionError, with the reason, for one that is broken."""
        broken = self.registry.broken.get(name)
        assert name in self.registry.plugins, f"{name}: {broken.error if broken else 'not found'}"
        return self.registry.plugins[name]

    def tenant(self, slug: str) -> TenantRef:
        """One of the sites."""
        directory: TenantDirectory = self.app.extensions["q.directory"]
        found = directory.by_slug(slug)
        assert found is not None, f"there is no tenant {slug}"
        return found.ref()

    @contextmanager
    def session(self, slug: str) -> Iterator[ScopedSession]:
        """A session on one site's rows."""
        with self.app.app_context(), tenant_session(self.tenant(slug).id) as session:
            yield session

    def client(self, role: Role | None = None, slug: str = ON) -> SiteClient:
        """The browser of a visitor who is not signed in; with a role, of somebody new who is and holds it at the site `slug`.

        `Role.MEMBER` is a member there, with no other role. A role that is held for the whole of the UK is held so, whatever `slug` says.
        """
        client = cast("SiteClient", self.app.test_client())
        if role is None:
            return client
        at = "uk" if role in UK_WIDE_ONLY else slug
        with self.session(at) as session:
            return client.signed_in(sign_in(session, role, self.tenant(at)))

    def switch(self, slug: str, name: str, enabled: bool) -> None:
        """Switch a plugin on or off at one site, as the console does: at the UK site where it is for the whole platform."""
        slug = "uk" if self.plugin(name).manifest.platform_wide else slug
        settings = self.plugin(name).settings().model_dump(mode="json")
        tenant = self.tenant(slug)
        known = sa.select(PluginState.revision).where(PluginState.at_tenant_id == tenant.id, PluginState.plugin == name)
        with self.session(slug) as session:
            change = service.Change(name, enabled, settings, session.scalar(known) or 0, "contract suite")
            service.configure(session, self.registry, tenant, change, SYSTEM)
        self.refresh()

    def refresh(self) -> None:
        """Read the sites anew."""
        with self.app.app_context(), open_session(Scope.platform("contract suite")) as session:
            self.app.extensions["q.directory"].refresh(session)

    def close(self) -> None:
        """Let go of the database."""
        with self.app.app_context():
            db.engine.dispose()


def build(packages: Mapping[str, str], url: str, owner_url: str) -> Site:
    """The platform with the plugins `packages` ({name: import name}) on an empty database, migrated and filled with the sites."""
    config = Config(
        database_url=normalise_url(url),
        owner_url=normalise_url(owner_url),
        secret_key=SECRET,
        mail_url="smtp://127.0.0.1:1",
        base_url="http://localhost",
        testing=True,
    )
    app = create_app(config, packages)
    app.test_client_class = SiteClient
    app.jinja_env.bytecode_cache = _COMPILED
    registry = app.extensions["q.registry"]
    failed = migrate.upgrade(config.owner_url, components(registry), config.app_role)
    for name, error in failed.items():
        registry.mark_broken(name, error)
    with app.app_context(), open_session(Scope.platform("contract suite")) as session:
        service.sync(session, read_tenant_files(tenants_folder()), registry)
    site = Site(app, config, failed)
    site.refresh()
    order = _needed_first(registry)
    for name in order:
        site.switch(ON, name, True)
    for name in reversed(order):
        if not registry.plugins[name].manifest.platform_wide:
            site.switch(OFF, name, False)
    return site


def _needed_first(registry: Registry) -> list[str]:
    """The plugins, each after those it requires."""
    order: list[str] = []
    waiting = sorted(registry.names())
    while waiting:
        ready = [name for name in waiting if set(registry.plugins[name].manifest.requires) <= set(order)]
        assert ready, f"plugins that require each other in a circle: {waiting}"
        order += ready
        waiting = [name for name in waiting if name not in ready]
    return order


def sqlite_site(packages: Mapping[str, str], folder: Path) -> Site:
    """`build` on a SQLite file in `folder`."""
    url = f"sqlite:///{folder / 'contract.sqlite'}"
    return build(packages, url, url)
