"""`qplatform keys …`: the secret key, and what it sealed."""

import click

from core.admissions.service import equality
from core.app import look_at_database
from core.commands.base import made_app
from core.data.db import platform_scope
from core.tenancy import renewing


@click.group()
def keys() -> None:
    """The secret key: renew."""


@keys.command("renew")
def renew_keys() -> None:
    """Write anew with QP_SECRET_KEY what QP_SECRET_KEY_BEFORE sealed; while the site is up, and again where it was interrupted."""
    config, app = made_app()
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
