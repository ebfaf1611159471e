"""A row that was read before a service began is there afterwards too, whether the service did its work or refused it."""

from collections.abc import Callable
from contextlib import suppress

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm

from core.data.db import tenants_session
from core.data.session import ScopedSession, transaction
from core.kernel.errors import Refused
from core.tenancy.directory import TenantSnapshot
from plugins.local_events.models import Event
from tests.plugins.local_events.helpers import published

SessionFor = Callable[[str], ScopedSession]
TenantCalled = Callable[[str], TenantSnapshot]


@pytest.fixture
def event_id(session_for: SessionFor, tenant: TenantCalled) -> str:
    """An event of Scotland's."""
    return published(session_for("scotland"), tenant("scotland").ref())


def test_after_a_refusal(session_for: SessionFor, event_id: str) -> None:
    session = session_for("scotland")
    row = session.get_one(Event, event_id)
    title = row.title
    with suppress(Refused), transaction(session):
        raise Refused("not now")
    assert row.title == title, "the page that shows the refusal reads it once more"


def test_inside_the_service(session_for: SessionFor, event_id: str) -> None:
    session = session_for("scotland")
    row = session.get_one(Event, event_id)
    with transaction(session):
        again = session.get_one(Event, event_id)
        assert again is row
        assert again.title
    session.refresh(row)
    assert row.title


def test_over_several_sites(app: Flask, event_id: str, tenant: TenantCalled) -> None:
    with app.app_context(), tenants_session([tenant("scotland").id, tenant("wales").id]) as session:
        row = session.scalars(sa.select(Event).where(Event.id == event_id)).one()
        session.rollback()
        assert row.title


def test_invariant_a_row_of_another_site_is_not_read_again(
    session_for: SessionFor, platform_session: ScopedSession, event_id: str
) -> None:
    row = platform_session.get_one(Event, event_id)
    platform_session.expunge(row)
    orm.attributes.set_committed_value(row, "tenant_id", session_for("wales").tenant_id)
    session = session_for("wales")
    session.add(row)
    session.expire(row)
    with pytest.raises(orm.exc.ObjectDeletedError):
        _ = row.title
