"""What a process keeps of the tenants follows the database, whenever another process changes it."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.session import ScopedSession
from core.kernel.views import SYSTEM
from core.tenancy.directory import TenantDirectory, TenantSnapshot, is_on
from core.tenancy.service import Change, configure

READ = ("FROM tenancy_tenant", "FROM tenancy_plugin_state")


@pytest.mark.mainly("postgres")  # where each statement sees what is committed before it
def test_a_change_between_its_two_statements_is_not_missed(
    app: Flask, session_for: Callable[[str], ScopedSession], tenant: Callable[[str], TenantSnapshot]
) -> None:
    registry, scotland = app.extensions["q.registry"], tenant("scotland")
    session, other = session_for("scotland"), session_for("scotland")
    directory, read = TenantDirectory(registry), list[str]()

    def change_before_the_second(_c: Any, _cursor: Any, sql: str, *_: Any) -> None:
        found = [table for table in READ if table in sql]
        if found and len(read) < 2:
            read.extend(found)
            if len(read) < 2:
                return
            configure(other, registry, scotland.ref(), Change("local_events", False, {}, 1, "test"), SYSTEM)

    sa.event.listen(session.get_bind(), "before_cursor_execute", change_before_the_second)
    try:
        directory.refresh(session)
    finally:
        sa.event.remove(session.get_bind(), "before_cursor_execute", change_before_the_second)
    assert set(read) == set(READ)
    session.rollback()
    assert not is_on(directory.current(session, scotland.id), "local_events")
