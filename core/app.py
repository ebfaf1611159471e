"""`create_app`: the one place that knows every room. It opens no database connection."""

import importlib
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from flask_wtf import CSRFProtect
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from core.admissions import downloads
from core.admissions import views as admissions_views
from core.admissions.rulebook import Rulebook
from core.config import ROOT, Config
from core.console import views as console_views
from core.console.views import tenants
from core.data import restored, rls
from core.data.db import db, open_session
from core.data.engine import engine_options, prepare
from core.data.files import open_store
from core.data.migrate import CORE, Component, behind
from core.data.scope import Scope
from core.demo import apart
from core.demo import views as demo_views
from core.hooks.dispatcher import Failure
from core.hooks.registry import Registry, discover, has_models, load
from core.people import login, queries
from core.people import views as people_views
from core.tenancy.directory import TenantDirectory
from core.tenancy.files import TenantFileError, read_tenant_files, read_themes
from core.tenancy.geo.dots import uk_map
from core.tenancy.models import Tenant
from core.web import (
    access,
    assets,
    compiled,
    errors,
    gate,
    health,
    i18n,
    icons,
    layout,
    mount,
    pages,
    site,
    style_views,
    turned_away,
    unchanged,
)
from core.web.flask_app import PlatformFlask
from core.web.tenant_path import TenantPath
from core.work.hook_failures import HookFailures

MAX_BODY = 16 * 1024 * 1024
MAX_FIELDS = 500


class BootError(SystemExit):
    """The application must not start; the message says why."""


def create_app(config: Config | None = None, packages: Mapping[str, str] | None = None) -> Flask:
    """The application. `packages` ({plugin: import name}) takes the place of what `plugins/` and entry points hold.

    Raises ConfigError for a wrong environment and BootError for a tenant's file that cannot be read and for an endpoint without
    declared access.
    """
    config = config or Config.from_env()
    app = PlatformFlask("core", static_folder=None, template_folder=str(ROOT / "templates"))
    app.config.update(
        Q=config,
        SECRET_KEY=config.secret_key,
        SECRET_KEY_FALLBACKS=config.keys[:-1],
        WTF_CSRF_SECRET_KEY=config.keys,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(config.database_url),
        SESSION_COOKIE_NAME="__Host-q" if config.https else "q",
        SESSION_COOKIE_SECURE=config.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_PARTS=MAX_FIELDS,
        TESTING=config.testing,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    registry = load(dict(packages) if packages is not None else discover(ROOT / "plugins"))
    directory = TenantDirectory(registry, config.hosts)
    try:
        themes = read_themes(tenants_folder(), read_tenant_files(tenants_folder()))
    except TenantFileError as error:
        raise BootError("\n".join(f"tenants/{line}" for line in str(error).splitlines())) from error
    app.extensions.update({"q.registry": registry, "q.directory": directory, "q.themes": themes})
    app.extensions[downloads.FILES] = open_store(config.files_url)
    hook_failures = HookFailures()

    @app.teardown_appcontext  # before the database's own: what is registered first runs last, when the session is closed
    def _write_failures(_: BaseException | None) -> None:
        hook_failures.write(db.engine)

    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
    registry.dispatcher.on_failure = _count_failure(registry, hook_failures)
    _install_web(app, registry, directory, config)
    mount.mount(app, registry)
    tenants.lead_to_plugins(app, registry)
    rulebook = app.extensions["q.rulebook"] = Rulebook(registry)
    rulebook.catalogue()
    if missing := access.undeclared(app):
        raise BootError(f"no access declared for: {', '.join(missing)}")
    return app


def _install_web(app: Flask, registry: Registry, directory: TenantDirectory, config: Config) -> None:
    folders = {name: plugin.folder for name, plugin in registry.plugins.items()}
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(str(ROOT / "templates")),
            PrefixLoader(
                {name: FileSystemLoader(str(folder / "templates" / name)) for name, folder in folders.items()}
            ),
        ]
    )
    app.extensions[unchanged.RELEASE] = unchanged.release_of((ROOT / "core", ROOT / "templates", *folders.values()))
    app.extensions["q.assets"] = assets.Assets(folders)
    app.extensions[site.MEMBERS] = queries.members_by_tenant
    app.jinja_env.globals.update(asset=assets.asset, icon=icons.icon, theme_block=site.theme_block, uk_map=uk_map)
    app.context_processor(pages.page_globals)
    pages.install_kept(app)
    layout.install(app)
    i18n.install(app, list(folders.values()))
    health.install(app)
    gate.install(app, registry, directory, config.https)
    errors.install(app)
    turned_away.install()
    CSRFProtect(app)
    login.init_app(app, config.redis_url)
    for blueprint in (
        assets.blueprint,
        health.blueprint,
        site.blueprint,
        style_views.blueprint,
        people_views.blueprint,
        people_views.me,
        *admissions_views.BLUEPRINTS,
    ):
        app.register_blueprint(blueprint)
    app.register_blueprint(console_views.console_blueprint)
    app.register_blueprint(console_views.manage_blueprint)

    if config.demo:
        app.register_blueprint(demo_views.blueprint)

    def refresh() -> None:
        with (
            suppress(sa.exc.OperationalError),  # the gate meets it again, and is answered with a page
            app.app_context(),
            open_session(Scope.tenant(1)) as session,
        ):
            directory.refresh(session)

    app.wsgi_app = TenantPath(app.wsgi_app, directory, refresh, config.base_url)  # type: ignore[method-assign]  # as Flask documents middleware
    if config.https:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]  # the same


def _count_failure(registry: Registry, kept: HookFailures) -> Callable[[Failure], None]:
    """Every failed hook is kept for the console and counted for the operator."""

    def count(failure: Failure) -> None:
        registry.failures.append(failure)
        kept.note(failure.plugin, failure.hook, failure.error)
        health.HOOK_FAILURES.labels(failure.plugin, failure.hook).inc()

    return count


def components(registry: Registry) -> list[Component]:
    """Everyone who owns tables: the core first, then the plugins that came with migrations."""
    for plugin in registry.plugins.values():
        if has_models(plugin.folder):
            importlib.import_module(f"{plugin.package}.models")
    return [CORE] + [
        Component(name, plugin.folder / "migrations", (name,))
        for name, plugin in registry.plugins.items()
        if (plugin.folder / "migrations").is_dir()
    ]


def _break_unmigrated(registry: Registry, missing: frozenset[str], late: Collection[str]) -> None:
    """Take plugins whose migrations have not all been run, and those that need them, out of service. The rest of the platform starts."""
    for name in list(registry.plugins):
        mine = {table for table in missing if table.startswith(f"{name}_")}
        if mine and name in late:
            registry.mark_broken(name, f"no table {min(mine)}; run: qplatform db upgrade")
        elif mine:
            registry.mark_broken(
                name, f'no table {min(mine)}, and no migration left to run; write one: qplatform db revise {name} "…"'
            )
        elif name in late:
            registry.mark_broken(name, "a migration of its tables failed or was not run; run: qplatform db upgrade")
    registry.break_lacking()


def look_at_database(app: Flask) -> list[str]:
    """Take plugins out of service whose tables are not those of their models; why the rest must not be served from there, where
    PostgreSQL would not isolate tenants or the demonstration's people are and it is off.

    Raises BootError where the database cannot be reached, or the core's own tables are missing or old.
    """
    registry: Registry = app.extensions["q.registry"]
    owners = components(registry)
    with app.app_context():
        try:
            with db.engine.connect() as connection:
                return _found(connection, registry, owners, app.config["Q"])
        except sa.exc.OperationalError as error:
            raise BootError(f"the database cannot be reached: {' '.join(str(error.orig).split())}") from error
        finally:
            db.engine.dispose()  # a process that forks from this one has connections of its own


def _found(connection: sa.Connection, registry: Registry, owners: list[Component], config: Config) -> list[str]:
    if half := restored.problem(connection):
        raise BootError(half)
    missing = rls.missing_tables(connection)
    if unmade := sorted(filter(CORE.owns, missing)):
        raise BootError(f"the database has no table {unmade[0]}; run: qplatform db upgrade")
    late = behind(connection, owners)
    if CORE.name in late:
        raise BootError("a migration of the core failed or was not run; run: qplatform db upgrade")
    _break_unmigrated(registry, missing, late)
    # What is missing by now is of plugins out of service: of some since before their migrations could be run.
    leaks = rls.problems(connection, missing)
    if unknown := set((config.hosts or {}).values()) - set(connection.execute(sa.select(Tenant.slug)).scalars()):
        raise BootError(f"QP_HOSTS: there is no site {min(unknown)}; qplatform tenants list names those there are")
    found = ["\n  ".join(["the database does not isolate tenants:", *leaks])] if leaks else []
    if not config.demo and (strangers := apart.problem(connection)):
        found.append(strangers)
    return found


def boot(config: Config | None = None) -> Flask:
    """The application for a server process: the database is looked at before anything is served.

    Raises BootError where `look_at_database` does, and with all that it found.
    """
    app = create_app(config)
    compiled.keep(app, app.extensions[unchanged.RELEASE])
    if found := look_at_database(app):
        raise BootError("\n".join(found))
    return app


def tenants_folder() -> Path:
    """Where the tenant files are."""
    return ROOT / "tenants"
