"""`/healthz` (the process answers), `/readyz` (it can serve) and `/metrics` (for loopback, or with the token).

The web processes of one server write their figures into files of one folder, which `qplatform serve` makes anew before it
starts them; whichever is asked adds them up. Without `PROMETHEUS_MULTIPROC_DIR` a process knows its own figures alone.
"""

import hmac
import os
from ipaddress import ip_address
from time import perf_counter
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.exc import SQLAlchemyError

from core.data.db import db
from core.web import logs
from core.web.access import tenantless

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The library's own variable."""
blueprint = Blueprint("health", __name__)
metrics = CollectorRegistry()
SECONDS = Histogram("q_request_seconds", "Time to answer a request", ["endpoint", "status"], registry=metrics)
HOOK_FAILURES = Counter(
    "q_hook_failures_total", "Plugin hooks that failed or were slow", ["plugin", "hook"], registry=metrics
)


@blueprint.get("/healthz")
@tenantless
def healthz() -> Response:
    """200 while the process answers at all."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@tenantless
def readyz() -> Response:
    """200 when the database answers and has its tables, else 503 with one line."""
    try:
        with db.engine.connect() as connection:
            connection.exec_driver_sql("select 1 from tenancy_tenant where id = 1").one()
    except SQLAlchemyError as error:
        current_app.logger.warning("not ready: %s", type(error).__name__)
        return Response("the database does not answer or is empty\n", 503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")


@blueprint.get("/metrics")
@tenantless
def prometheus() -> Response:
    """Figures for Prometheus, of all web processes: from this machine, or with `Authorization: Bearer <QP_METRICS_TOKEN>`; else 404."""
    token = current_app.config["Q"].metrics_token
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    by_token = bool(token) and hmac.compare_digest(sent.encode(), token.encode())
    if not (by_token or (not token and _from_loopback())):
        abort(404)
    return Response(generate_latest(_all_processes()), mimetype="text/plain; version=0.0.4")


def share(folder: str) -> None:
    """Write this process's figures, and those of the processes forked from it, into `folder`. Before anything is measured."""
    os.environ[FOLDER] = folder
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]  # it looked at the variable when it was imported


def _all_processes() -> CollectorRegistry:
    """The figures of every web process that has run since the server started, ended ones included: counters never fall."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return metrics
    together = CollectorRegistry()
    MultiProcessCollector(together, folder)  # type: ignore[no-untyped-call]  # the library leaves it untyped
    return together


def _from_loopback() -> bool:
    """Whether the request came straight from this machine: not through a proxy that speaks for somebody else."""
    if "X-Forwarded-For" in request.headers or not request.remote_addr:
        return False
    return ip_address(request.remote_addr).is_loopback


def install(app: Flask) -> None:
    """Measure every request, and write its line where the settings want one."""
    told = app.config["Q"].log_requests

    @app.before_request
    def _start() -> Any:
        g.started = perf_counter()

    @app.after_request
    def _stop(response: Response) -> Response:
        seconds = perf_counter() - g.get("started", perf_counter())
        SECONDS.labels(request.endpoint or "none", response.status_code).observe(seconds)
        if told:
            logs.answered(response, seconds)
        return response
