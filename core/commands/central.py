"""`qplatform central`: the central team's first member, whom nobody can give the role yet."""

import click

from core.commands.base import made_app
from core.data import audit
from core.data.db import tenant_session
from core.kernel import clock
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.people import queries, reach
from core.people.service import roles
from core.web import letters


@click.command("central")
@click.argument("address")
def central_team(address: str) -> None:
    """Give the central team its first member: whoever confirmed ADDRESS as theirs. Later members are given the role in the
    console."""
    config, app = made_app()
    with app.app_context(), tenant_session(audit.UK) as session:
        person = reach.person_by_email(session, address)
        if person is None:
            raise SystemExit(
                f"nobody has confirmed {address} as theirs: register at {config.base_url}/account/register, open the link "
                "in the message, and ask again"
            )
        site = letters.site_of(session)
        if queries.holders(session, Role.CENTRAL_TEAM, site.id):
            raise SystemExit("the central team has members: one of them gives the role, at /console/roles")
        roles.grant(
            session, SYSTEM, account_id=person.account_id, role=Role.CENTRAL_TEAM, at=site.ref(), starts_on=clock.today(),
            ends_on=None, reason="first member of the central team",
        )  # fmt: skip
    click.echo(f"{person.name} is of the central team; the console is at {config.base_url}/console/")
