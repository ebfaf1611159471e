"""What is written from the code: the state machines of Joining Q, and the Welsh catalogues."""

import click

from core.admissions.states import states_markdown
from core.commands.base import made_app
from core.config import ROOT
from core.web import catalogue
from core.web.i18n import CORE_CATALOGUES


@click.command()
@click.option("--write", is_flag=True, help="write docs/states.md instead of printing it")
def states(write: bool) -> None:
    """Print the state machines of Joining Q as tables and diagrams."""
    if write:
        (ROOT / "docs" / "states.md").write_text(states_markdown(), "utf-8")
    else:
        click.echo(states_markdown())


@click.command()
def words() -> None:
    """Bring the Welsh catalogues in step with the code; exit code 1 while a message lacks its Welsh."""
    missing = catalogue.update(
        CORE_CATALOGUES / "cy" / "LC_MESSAGES" / "messages.po", [ROOT / "core", ROOT / "templates"]
    )
    for plugin in made_app()[1].extensions["q.registry"].plugins.values():
        missing += catalogue.update(
            plugin.folder / "translations" / "cy" / "LC_MESSAGES" / "messages.po", [plugin.folder]
        )
    for line in missing:
        click.echo(line)
    if missing:
        raise SystemExit(1)
