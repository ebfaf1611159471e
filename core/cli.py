"""`qplatform`: serve, worker, demo, central, db …, tenants …, keys …, plugins …."""

import click

from core.commands import central, database, demonstration, keys, plugins, running, tenants, written
from core.commands.base import Commands


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The Q partner platform."""


for command in (
    running.serve, running.worker, demonstration.demo, database.db, central.central_team, tenants.tenants, keys.keys,
    plugins.plugins, written.states, written.words,
):  # fmt: skip
    main.add_command(command)

if __name__ == "__main__":
    main()
