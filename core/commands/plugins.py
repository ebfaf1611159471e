"""`qplatform plugins …`: what is installed, whether it works, what it may say, and a new one."""

from pathlib import Path

import click
from flask import Flask

from core.app import BootError, create_app, look_at_database
from core.commands.base import made_app, or_say_why
from core.config import ROOT, Config
from core.hooks.registry import refuse_unclear_tables
from core.hooks.spec import hooks_markdown
from core.sdk.scaffold import Written, planned, write_plugin
from core.web.mount import refuse_taken_names, rooms_of


@click.group()
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
    app = made_app()[1]
    _looked_at(app)
    for plugin in app.extensions["q.registry"].plugins.values():
        click.echo(f"{plugin.manifest.name:<24} {plugin.manifest.version:<8} {plugin.manifest.title}")


@plugins.command()
def doctor() -> None:
    """Say which plugins are broken and why, in themselves or for their tables; exit code 1 when one is."""
    app = made_app()[1]
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

    written = or_say_why(write)
    click.echo(f"wrote {len(written.files)} files to {written.folder}; read README.md there for what comes next")
