"""`qplatform tenants …`: the partners' sites, by their files."""

import click

from core.app import tenants_folder
from core.commands.base import made_app, or_say_why
from core.data.db import platform_scope
from core.tenancy import service
from core.tenancy.directory import is_on
from core.tenancy.files import read_tenant_files


@click.group()
def tenants() -> None:
    """The partners' sites: sync, diff, list."""


@tenants.command()
def sync() -> None:
    """Create the tenants of `tenants/` that the database does not have yet."""
    _, app = made_app()
    with app.app_context(), platform_scope("command: tenants sync") as session:
        files, registry = read_tenant_files(tenants_folder()), app.extensions["q.registry"]
        for line in or_say_why(lambda: service.sync(session, files, registry, strict=True)):
            click.echo(line)


@tenants.command()
def diff() -> None:
    """Show where the database has drifted from the tenant files; exit code 1 when it has."""
    _, app = made_app()
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
    _, app = made_app()
    directory = app.extensions["q.directory"]
    with app.app_context(), platform_scope("command: tenants list") as session:
        directory.refresh(session)
    for tenant in directory.all():
        on = [name for name in app.extensions["q.registry"].plugins if is_on(tenant, name)]
        click.echo(f"{tenant.slug:<34} {tenant.name:<34} {', '.join(on) or '-'}")
