"""What a service may still read of its rows when its transaction is over."""

from secrets import token_hex
from typing import cast

from core.data.db import db
from core.data.idempotency import FormKey
from core.data.scope import Scope
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id


def test_a_row_is_read_after_the_commit_in_a_request_as_in_a_job(app, tenant):
    at = Scope.tenant(tenant("scotland").id)
    with app.app_context():
        for session in (cast("ScopedSession", db.session(scope=at)), ScopedSession(scope=at, bind=db.engine)):
            with transaction(session):
                row = FormKey(id=new_id(), key=token_hex(8), purpose="test", result="", created_at=clock.now())
                session.add(row)
            assert row.purpose == "test"
            session.close()
        db.session.remove()
