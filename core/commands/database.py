"""`qplatform db …`: the tables, and what is kept of them."""

from pathlib import Path

import click
from flask import Flask

from core.app import components
from core.commands.base import made_app, or_say_why
from core.config import Config, normalise_url
from core.data import backups, migrate, sqlite_files, transfer


@click.group()
def db() -> None:
    """The database: upgrade, check, backup, restore, copy."""


@db.command()
def upgrade() -> None:
    """Bring the core's, every plugin's and the job engine's tables to their newest form."""
    bring_up(*made_app())


def bring_up(config: Config, app: Flask) -> None:
    """The same for a command that goes on with it."""
    if (path := sqlite_files.path_of(config.owner_url)) is not None:
        or_say_why(lambda: path.parent.mkdir(parents=True, exist_ok=True))
    _migrate(config.owner_url, app, config.app_role)
    click.echo("the database is up to date")


def _migrate(url: str, app: Flask, app_role: str) -> None:
    """Every component's migrations and the job engine's at `url`; exit code 1 when one of a plugin fails."""
    from core.work import engine  # brings the job engine, which no other command needs

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
    from core.work import engine  # brings the job engine, which no other command needs

    config, app = made_app()
    target = normalise_url(to) or config.copy_to
    owners = components(app.extensions["q.registry"])
    or_say_why(lambda: transfer.check(config.owner_url, target, owners))
    if left := engine.unfinished(config.owner_url):
        raise SystemExit(
            f"{left} jobs have begun and not ended; let `qplatform worker` end them, stop it, and copy then"
        )
    _migrate(target, app, config.app_role)
    counts = or_say_why(lambda: transfer.copy(config.owner_url, target))
    click.echo(f"copied {sum(counts.values())} rows of {len(counts)} tables; every audit trail holds together")


@db.command()
def check() -> None:
    """Fail when models and migrations differ."""
    config, app = made_app()
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
    config, app = made_app()
    known = {c.name: c for c in components(app.extensions["q.registry"])}
    if component not in known:
        raise SystemExit(f"no such component: {component}; there are {', '.join(known)}")
    if not or_say_why(lambda: migrate.revise(config.owner_url, known[component], message)):
        click.echo("models and database agree: the migration is empty; fill it in by hand, or delete it")


@db.command()
@click.argument("target", type=click.Path(path_type=Path))
def backup(target: Path) -> None:
    """Write a consistent copy of the SQLite database to TARGET while the site is up."""
    or_say_why(lambda: backups.backup(Config.from_env().database_url, target))
    click.echo(f"wrote {target}")


@db.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.confirmation_option(prompt="Replace the database with this backup?")
def restore(source: Path) -> None:
    """Put a backup in place of the SQLite database; stop the site first. The replaced file is kept."""
    config, app = made_app()
    owners = components(app.extensions["q.registry"])
    kept = or_say_why(lambda: backups.restore(config.database_url, source, owners))
    click.echo(f"restored; the replaced database is {kept}" if kept else "restored; there was no database before")
