"""`qplatform`: serve, worker, demo, central, db …, tenants …, keys …, plugins …."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import click
from flask import Flask

from core import started
from core.admissions.jobs import quality as quality_jobs
from core.admissions.service import equality, forms
from core.admissions.states import states_markdown
from core.app import BootError, boot, components, create_app, look_at_database, tenants_folder
from core.commands import Commands
from core.config import ROOT, Config, normalise_url
from core.data import audit, backups, migrate, sqlite_files, transfer
from core.data.db import platform_scope, tenant_session
from core.demo import apart, community, windows
from core.demo.admissions import cycle, national
from core.demo.reset import forget
from core.hooks.registry import refuse_unclear_tables
from core.hooks.spec import hooks_markdown
from core.kernel import clock
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.people import passwords, reach
from core.people import queries as people_queries
from core.people.service import roles
from core.sdk.scaffold import Written, planned, write_plugin
from core.tenancy import renewing, service
from core.tenancy.directory import is_on
from core.tenancy.files import read_tenant_files
from core.web import catalogue, letters, logs
from core.web.health import share
from core.web.i18n import CORE_CATALOGUES
from core.web.listening import claimed
from core.web.mount import refuse_taken_names, rooms_of

T = TypeVar("T")
SERVER_LOG = {
    "version": 1, "incremental": True, "formatters": {}, "handlers": {},
    "loggers": {"_granian": {"level": "INFO", "propagate": True}},
}  # fmt: skip
"""The server's entries go where the platform's go, instead of to standard output as text."""


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The Q partner platform."""


class Running(click.Command):
    """A command that goes on running. All that it writes is its log, even where it is called with words that it does not know."""

    def make_context(self, *words: Any, **options: Any) -> click.Context:
        """Click's own; what is wrong with the words or the environment's PORT is told in the log."""
        try:
            return super().make_context(*words, **options)
        except click.UsageError as error:
            with logs.told():
                raise SystemExit(error.format_message()) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run it."""
        logs.own_streams()
        with logs.told():
            return super().invoke(ctx)


@main.command(cls=Running)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, envvar="PORT", show_default=True)
@click.option("--workers", default=2, show_default=True, help="web processes")
@click.option("--threads", default=8, show_default=True, help="threads in each process")
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the sites. SIGTERM finishes what is being answered, then stops."""
    with claimed(host, port):
        _serve(host, port, workers, threads)


def _serve(host: str, port: int, workers: int, threads: int) -> None:
    from granian import Granian  # the server is only needed here
    from granian.constants import Interfaces  # the server is only needed here

    server = Granian(
        "wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        backpressure=256,
        log_dictconfig=SERVER_LOG,
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
        working_dir=ROOT,
    )
    with TemporaryDirectory(prefix="q-metrics-") as folder:
        share(folder)  # each web process writes its figures there; any of them can tell the sum
        import wsgi  # noqa: F401 - web processes fork from this one: they share what it has started, and what is wrong is said once

        server.serve()


@main.command(cls=Running)
def worker() -> None:
    """Run background jobs, schedules and mail. SIGTERM finishes what runs, then stops."""
    from core.work.worker import Worker  # brings the job engine: over a second and 45 MB that web processes do without

    app = boot()
    started()
    directory, registry = app.extensions["q.directory"], app.extensions["q.registry"]

    def may_run(tenant_id: int, job: str) -> bool:
        """Jobs of a plugin run where it is on; the core's own jobs run everywhere."""
        plugin = job.partition(".")[0]
        if plugin not in registry.plugins:
            return plugin == "core"
        with tenant_session(tenant_id) as session:
            return is_on(directory.current(session, tenant_id), plugin)

    Worker(app, may_run).run()


@main.command()
@click.option("--reset", is_flag=True, help="begin anew: every change made in the demonstration is lost")
@click.option("--port", default=8000, envvar="PORT", show_default=True)
@click.option("--load-only", is_flag=True, help="fill the database and stop")
def demo(reset: bool, port: int, load_only: bool) -> None:
    """Run the platform with its demonstration community: web and worker together, on this machine only."""
    if os.environ.setdefault("QP_DEMO", "1") != "1":
        raise SystemExit("QP_DEMO is set, and not to 1: the demonstration is off here")
    os.environ.setdefault("PORT", str(port))
    os.environ.setdefault("QP_LOG_LEVEL", "warning")  # where who may sign in has just been said, it stays to be read
    logs.install()
    config = Config.from_env()
    if refused := apart.may_load(config.owner_url):
        raise SystemExit(refused)
    if load_only:
        _load(config, reset)
        return
    with claimed("127.0.0.1", port):  # before anything is lost: a demonstration may be running there
        _load(config, reset)
        click.echo(f"\n  Q is at {config.base_url}/  (stop with Ctrl-C)")
        click.echo(f"  Who can sign in: {config.base_url}/demo/  - everybody's password is {community.PASSWORD}")
        click.echo("  For instance central@demo.example, lead.scotland@demo.example, member.wales@demo.example\n")
        helper = subprocess.Popen([sys.executable, "-m", "core.cli", "worker"], cwd=ROOT)
        try:
            threads = min(8, 2 * (os.cpu_count() or 1) + 1)  # more, and the server warns
            _serve("127.0.0.1", port, 1, threads)
        finally:
            helper.terminate()
            helper.wait(30)


def _load(config: Config, reset: bool) -> None:
    """Bring the database up, after emptying it where it is to begin anew, and fill the sites unless they are full."""
    if reset:
        forget(
            config,
            components(create_app(config).extensions["q.registry"]),
            [file.id for file in read_tenant_files(tenants_folder())],
        )
    upgrade.callback()  # type: ignore[misc]  # click commands carry the function they were made from
    app = create_app(config)
    registry, directory = app.extensions["q.registry"], app.extensions["q.directory"]
    with app.app_context(), platform_scope("command: demo") as session:
        service.sync(session, read_tenant_files(tenants_folder()), registry)
        directory.refresh(session)
        fresh = community.load(session, directory.all())
        if fresh:
            click.echo("filling the sites with people, events, applications and expenses: once, and for some seconds")
            with clock.frozen(national.BEGAN):
                form = forms.ensure_first(session)
            rules, hashed = app.extensions["q.rulebook"].catalogue(), passwords.hasher().hash(community.PASSWORD)
            above = national.prepare(session, form, rules, config.secret_key, hashed)
            for tenant in directory.all():
                with tenant_session(tenant.id) as own:
                    community.switch_on(own, tenant, registry)
                    tenant = directory.current(own, tenant.id)  # noqa: PLW2901 - what is on has changed
                    own.rollback()
                    cycle.fill(own, tenant, windows.fill(own, tenant, form), above)
                    community.fill_plugins(own, tenant, registry)
                    quality_jobs.nightly(own, clock.now())


@main.group()
def db() -> None:
    """The database: upgrade, check, backup, restore, copy."""


def _app() -> tuple[Config, Flask]:
    config = Config.from_env()
    return config, create_app(config)


@db.command()
def upgrade() -> None:
    """Bring the core's, every plugin's and the job engine's tables to their newest form."""
    config, app = _app()
    if (path := sqlite_files.path_of(config.owner_url)) is not None:
        _run(lambda: path.parent.mkdir(parents=True, exist_ok=True))
    _bring_up(config.owner_url, app, config.app_role)
    click.echo("the database is up to date")


def _bring_up(url: str, app: Flask, app_role: str) -> None:
    """Every component's migrations and the job engine's at `url`; exit code 1 when one of a plugin fails."""
    from core.work import engine  # see `worker`

    try:
        failed = migrate.upgrade(url, components(app.extensions["q.registry"]), app_role)
    except (migrate.HalfRestored, migrate.NewerRelease, OSError) as refused:
        raise SystemExit(str(refused)) from refused
    engine.migrate(url, app_role)
    for name, error in failed.items():
        click.echo(f"{name}: {error}", err=True)
    if failed:
        raise SystemExit(1)


@db.command("copy")
@click.option("--to", default="", help="the owner's address of an empty PostgreSQL database; also QP_COPY_TO")
def copy_rows(to: str) -> None:
    """Copy every row of this SQLite database to an empty one of PostgreSQL, where the tables are made first; stop the site
    and its workers before."""
    from core.work import engine  # see `worker`

    config, app = _app()
    target = normalise_url(to) or config.copy_to
    owners = components(app.extensions["q.registry"])
    _run(lambda: transfer.check(config.owner_url, target, owners))
    if left := engine.unfinished(config.owner_url):
        raise SystemExit(
            f"{left} jobs have begun and not ended; let `qplatform worker` end them, stop it, and copy then"
        )
    _bring_up(target, app, config.app_role)
    counts = _run(lambda: transfer.copy(config.owner_url, target))
    click.echo(f"copied {sum(counts.values())} rows of {len(counts)} tables; every audit trail holds together")


@db.command()
def check() -> None:
    """Fail when models and migrations differ."""
    config, app = _app()
    found = migrate.differences(config.owner_url, components(app.extensions["q.registry"]))
    for line in found:
        click.echo(line)
    if found:
        raise SystemExit(1)
    click.echo("models and database agree")


@db.command()
@click.argument("component")
@click.argument("message")
def revise(component: str, message: str) -> None:
    """Write the next migration of COMPONENT (core, or a plugin's name) from the difference to the models."""
    config, app = _app()
    known = {c.name: c for c in components(app.extensions["q.registry"])}
    if component not in known:
        raise SystemExit(f"no such component: {component}; there are {', '.join(known)}")
    if not _run(lambda: migrate.revise(config.owner_url, known[component], message)):
        click.echo("models and database agree: the migration is empty; fill it in by hand, or delete it")


@db.command()
@click.argument("target", type=click.Path(path_type=Path))
def backup(target: Path) -> None:
    """Write a consistent copy of the SQLite database to TARGET while the site is up."""
    _run(lambda: backups.backup(Config.from_env().database_url, target))
    click.echo(f"wrote {target}")


@db.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.confirmation_option(prompt="Replace the database with this backup?")
def restore(source: Path) -> None:
    """Put a backup in place of the SQLite database; stop the site first. The replaced file is kept."""
    config, app = _app()
    owners = components(app.extensions["q.registry"])
    kept = _run(lambda: backups.restore(config.database_url, source, owners))
    click.echo(f"restored; the replaced database is {kept}" if kept else "restored; there was no database before")


def _run(action: Callable[[], T]) -> T:
    """`action`'s result; its ValueError or OSError as one line and exit code 1."""
    try:
        return action()
    except (ValueError, OSError) as error:
        raise SystemExit(str(error)) from error


@main.command("central")
@click.argument("address")
def central_team(address: str) -> None:
    """Give the central team its first member: whoever confirmed ADDRESS as theirs. Later members are given the role in the
    console."""
    config, app = _app()
    with app.app_context(), tenant_session(audit.UK) as session:
        person = reach.person_by_email(session, address)
        if person is None:
            raise SystemExit(
                f"nobody has confirmed {address} as theirs: register at {config.base_url}/account/register, open the link "
                "in the message, and ask again"
            )
        site = letters.site_of(session)
        if people_queries.holders(session, Role.CENTRAL_TEAM, site.id):
            raise SystemExit("the central team has members: one of them gives the role, at /console/roles")
        roles.grant(
            session, SYSTEM, account_id=person.account_id, role=Role.CENTRAL_TEAM, at=site.ref(), starts_on=clock.today(),
            ends_on=None, reason="first member of the central team",
        )  # fmt: skip
    click.echo(f"{person.name} is of the central team; the console is at {config.base_url}/console/")


@main.group()
def tenants() -> None:
    """The partners' sites: sync, diff, list."""


@tenants.command()
def sync() -> None:
    """Create the tenants of `tenants/` that the database does not have yet."""
    _, app = _app()
    with app.app_context(), platform_scope("command: tenants sync") as session:
        files, registry = read_tenant_files(tenants_folder()), app.extensions["q.registry"]
        for line in _run(lambda: service.sync(session, files, registry, strict=True)):
            click.echo(line)


@tenants.command()
def diff() -> None:
    """Show where the database has drifted from the tenant files; exit code 1 when it has."""
    _, app = _app()
    with app.app_context(), platform_scope("command: tenants diff") as session:
        lines = service.differences(session, read_tenant_files(tenants_folder()), app.extensions["q.registry"])
    for line in lines:
        click.echo(line)
    if lines:
        raise SystemExit(1)
    click.echo("files and database agree")


@tenants.command("list")
def list_tenants() -> None:
    """List the tenants with their plugins."""
    _, app = _app()
    directory = app.extensions["q.directory"]
    with app.app_context(), platform_scope("command: tenants list") as session:
        directory.refresh(session)
    for tenant in directory.all():
        on = [name for name in app.extensions["q.registry"].plugins if is_on(tenant, name)]
        click.echo(f"{tenant.slug:<34} {tenant.name:<34} {', '.join(on) or '-'}")


@main.group()
def keys() -> None:
    """The secret key: renew."""


@keys.command("renew")
def renew_keys() -> None:
    """Write anew with QP_SECRET_KEY what QP_SECRET_KEY_BEFORE sealed; while the site is up, and again where it was interrupted."""
    config, app = _app()
    if not config.secret_key_before:
        raise SystemExit("QP_SECRET_KEY_BEFORE is not set: give it the key that QP_SECRET_KEY takes the place of")
    directory, registry = app.extensions["q.directory"], app.extensions["q.registry"]
    look_at_database(app)
    if registry.broken:
        raise SystemExit(f"nothing was changed: see qplatform plugins doctor about {', '.join(registry.broken)}")
    with app.app_context():
        with platform_scope("command: keys renew") as session:
            directory.refresh(session)
            answers = equality.renew(session, secret_key=config.secret_key, before=config.secret_key_before)
        for line in renewing.renew(registry, directory.all(), answers):
            click.echo(line)


@main.group()
def plugins() -> None:
    """The plugins: list, doctor, hooks, new."""


def _looked_at(app: Flask) -> None:
    """Plugins are out of service here that would be when serving. Before the first upgrade there are no tables to ask of."""
    try:
        look_at_database(app)
    except BootError as error:
        click.echo(f"only the code was looked at: {error}", err=True)


@plugins.command("list")
def list_plugins() -> None:
    """List the plugins in service."""
    app = _app()[1]
    _looked_at(app)
    for plugin in app.extensions["q.registry"].plugins.values():
        click.echo(f"{plugin.manifest.name:<24} {plugin.manifest.version:<8} {plugin.manifest.title}")


@plugins.command()
def doctor() -> None:
    """Say which plugins are broken and why, in themselves or for their tables; exit code 1 when one is."""
    app = _app()[1]
    registry = app.extensions["q.registry"]
    _looked_at(app)
    for broken in registry.broken.values():
        click.echo(f"{broken.name}: {broken.error}")
    if registry.broken:
        raise SystemExit(1)
    click.echo(f"{len(registry.plugins)} plugins in service, none broken")


@plugins.command()
@click.option("--write", is_flag=True, help="write plugins/HOOKS.md instead of printing it")
def hooks(write: bool) -> None:
    """Print the documentation of every hook."""
    if write:
        (ROOT / "plugins" / "HOOKS.md").write_text(hooks_markdown(), "utf-8")
    else:
        click.echo(hooks_markdown())


@main.command()
@click.option("--write", is_flag=True, help="write docs/states.md instead of printing it")
def states(write: bool) -> None:
    """Print the state machines of Joining Q as tables and diagrams."""
    if write:
        (ROOT / "docs" / "states.md").write_text(states_markdown(), "utf-8")
    else:
        click.echo(states_markdown())


@plugins.command("new")
@click.argument("name")
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), help="another folder than plugins/")
@click.option("--title", default="", help="its name for people; made from NAME when left out")
@click.option("--title-cy", default="", help="the same in Welsh")
def new_plugin(name: str, into: Path | None, title: str, title_cy: str) -> None:
    """Write a complete small plugin that passes the contract suite, to be changed into what you need."""

    def write() -> Written:
        app = create_app(
            Config.from_env({"QP_DEMO": "1"})
        )  # only what is installed counts: no setting is needed for it
        refuse_unclear_tables(app.extensions["q.registry"], planned(name))
        for room in rooms_of(planned(name)):
            refuse_taken_names(app, room)
        return write_plugin(name, into, title, title_cy)

    written = _run(write)
    click.echo(f"wrote {len(written.files)} files to {written.folder}; read README.md there for what comes next")


@main.command()
def words() -> None:
    """Bring the Welsh catalogues in step with the code; exit code 1 while a message lacks its Welsh."""
    missing = catalogue.update(
        CORE_CATALOGUES / "cy" / "LC_MESSAGES" / "messages.po", [ROOT / "core", ROOT / "templates"]
    )
    for plugin in _app()[1].extensions["q.registry"].plugins.values():
        missing += catalogue.update(
            plugin.folder / "translations" / "cy" / "LC_MESSAGES" / "messages.po", [plugin.folder]
        )
    for line in missing:
        click.echo(line)
    if missing:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
