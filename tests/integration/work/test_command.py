"""`qplatform worker`, as an operator starts and stops it."""

import json
import signal
from collections.abc import Callable

import pytest

from core.data.db import db, open_session
from core.data.scope import Scope
from core.data.session import transaction
from core.tenancy.models import Tenant
from core.work import mail
from tests.integration.work.conftest import application_on
from tests.support.databases import Database
from tests.support.mailbox import Mailbox
from tests.support.patience import PATIENCE
from tests.support.servers import Process

pytestmark = pytest.mark.slow


def test_the_worker_sends_mail_tells_what_it_did_and_stops_when_asked(
    own_database: Database, start_process: Callable[..., Process], smtp_server: Mailbox
) -> None:
    worker = start_process(("worker",), own_database, QP_MAIL_URL=smtp_server.url)
    app = application_on(own_database)
    with app.app_context(), open_session(Scope.tenant(2)) as session, transaction(session):
        session.info["request_id"] = "asked-by-hand"
        mail.send(session, to="anna@example.org", subject="Welcome", text="T", html="<p>T</p>")
    assert smtp_server.wait_for(1)[0]["Subject"] == "Welcome"
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(PATIENCE) == 0
    entries = [json.loads(line) for line in worker.log().splitlines()]
    done = next(entry for entry in entries if entry["message"].startswith("core.mail done"))
    assert (done["job"], done["tenant_id"], done["request"]) == ("core.mail", 2, "asked-by-hand")
    with app.app_context(), open_session(Scope.tenant(2)) as session:
        assert done["tenant"] == session.get_one(Tenant, 2).slug
    assert not [entry for entry in entries if "" in (entry.get("request"), entry.get("tenant"))]
    assert "is ready" in worker.log()
    assert "is stopping" in worker.log()
    assert "anna@example.org" not in worker.log()
    with app.app_context():
        db.engine.dispose()


def test_without_tables_it_says_what_to_do(empty_database: Database, start_process: Callable[..., Process]) -> None:
    worker = start_process(("worker",), empty_database)
    assert worker.process.wait(PATIENCE) == 1
    (line,) = worker.log().splitlines()
    assert json.loads(line)["message"].endswith("run: qplatform db upgrade")
