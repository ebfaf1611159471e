"""The demonstration: its community, the web server and a worker, all with one command."""

import os
import subprocess
import sys

import click

from core.admissions.jobs import quality as quality_jobs
from core.admissions.service import forms
from core.app import components, create_app, tenants_folder
from core.commands.database import bring_up
from core.commands.running import serve_sites
from core.config import ROOT, Config
from core.data.db import platform_scope, tenant_session
from core.demo import apart, community, windows
from core.demo.admissions import cycle, national
from core.demo.reset import forget
from core.kernel import clock
from core.people import passwords
from core.tenancy import service
from core.tenancy.files import read_tenant_files
from core.web import logs
from core.web.listening import claimed


@click.command()
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
            serve_sites("127.0.0.1", port, 1, threads)
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
    app = create_app(config)
    bring_up(config, app)
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
                    switched = directory.current(own, tenant.id)  # what is on has changed
                    own.rollback()
                    cycle.fill(own, switched, windows.fill(own, switched, form), above)
                    community.fill_plugins(own, switched, registry)
                    quality_jobs.nightly(own, clock.now())
