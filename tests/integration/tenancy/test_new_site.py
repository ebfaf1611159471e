"""A site that another process has opened since this one read them all: what comes from it is shown with it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from core.app import tenants_folder
from core.data.db import tenant_session
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.tenancy import noticeboard, service, shelf
from core.tenancy.files import read_tenant_files
from tests.factories.people import client_of, make_person

ATLANTIS = 900


@pytest.fixture
def opened(app: Flask, make_app: Callable[..., Flask], platform_session: ScopedSession) -> Flask:
    """An application that had read every site before the new one was opened, with a card and somebody's item."""
    other = make_app()
    other.test_client().get("/")
    scotland = next(file for file in read_tenant_files(tenants_folder()) if file.slug == "scotland")
    file = scotland.model_copy(
        update={"id": ATLANTIS, "slug": "atlantis", "name": "Atlantis", "position": 90, "hosts": ()}
    )
    service.sync(platform_session, [file], app.extensions["q.registry"])
    return other


def test_its_cards_and_items_are_shown(app: Flask, opened: Flask) -> None:
    sam = make_person(app, "sam@example.org", home="scotland")
    later = clock.now() + timedelta(days=1)
    with app.app_context(), tenant_session(ATLANTIS) as session, transaction(session):
        noticeboard.publish(
            session, plugin="local_events", ref="1", kind="talk", title="A talk", summary="", starts_at=later, ends_at=later,
            place="", path="/events/1", audience="public",
        )  # fmt: skip
        shelf.put(
            session, account_id=sam, plugin="local_events", ref="1", kind="talk", title="A place", status="Confirmed",
            when=later, path="/events/1",
        )  # fmt: skip
    visitor = client_of(opened, sam)
    for path, words in (("/", "A talk"), ("/me/", "A place"), ("/scotland/me/", "A place")):
        page = visitor.get(path)
        assert page.status_code == 200, path
        assert words in page.text
        assert "Atlantis" in page.text
