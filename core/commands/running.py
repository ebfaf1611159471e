"""What goes on running: the web server and the worker."""

from tempfile import TemporaryDirectory

import click

from core import started
from core.app import boot
from core.commands.base import Running
from core.config import ROOT
from core.data.db import tenant_session
from core.tenancy.directory import is_on
from core.web.health import share
from core.web.listening import claimed

SERVER_LOG = {
    "version": 1, "incremental": True, "formatters": {}, "handlers": {},
    "loggers": {"_granian": {"level": "INFO", "propagate": True}},
}  # fmt: skip
"""The server's entries go where the platform's go, instead of to standard output as text."""


@click.command(cls=Running)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, envvar="PORT", show_default=True)
@click.option("--workers", default=2, show_default=True, help="web processes")
@click.option("--threads", default=8, show_default=True, help="threads in each process")
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the sites. SIGTERM finishes what is being answered, then stops."""
    with claimed(host, port):
        serve_sites(host, port, workers, threads)


def serve_sites(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the sites at an address that nobody else has, until the server is told to stop."""
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


@click.command(cls=Running)
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
