"""People of the console's tests, and the steps of changing a plugin."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core.kernel.permissions import Role
from tests.factories.people import client_of, make_person
from tests.support.client import FormClient, forms

EVENTS = "/console/tenants/scotland/plugins/local_events/"


@pytest.fixture
def central(app: Flask) -> FormClient:
    """Somebody of the central team."""
    return client_of(app, make_person(app, "central@example.org", name="Cen Tral", grants=[(Role.CENTRAL_TEAM, "uk")]))


@pytest.fixture
def lead(app: Flask) -> FormClient:
    """Scotland's partner lead."""
    return client_of(
        app, make_person(app, "lead@example.org", name="Isla Lead", grants=[(Role.PARTNER_LEAD, "scotland")])
    )


Changes = Callable[..., TestResponse]


@pytest.fixture
def preview() -> Changes:
    """`preview(client, path, {field: value})`: fill in a plugin's form and ask for the preview."""

    def send(client: FormClient, path: str, values: dict[str, Any]) -> TestResponse:
        return client.submit(path, values, form="plugins/")

    return send


@pytest.fixture
def confirm() -> Changes:
    """`confirm(client, previewed page, why="…")`: send the confirmation of a preview, with fields changed where given."""

    def send(client: FormClient, page: TestResponse, **values: Any) -> TestResponse:
        form = next(form for form in forms(page.text) if "values" in form.fields)
        return client.post(form.action, data={**form.fields, "step": "apply", **values})

    return send


@pytest.fixture
def change(preview: Changes, confirm: Changes) -> Changes:
    """`change(client, path, {field: value}, why="…")`: preview and confirm in one go."""

    def send(
        client: FormClient, path: str, values: dict[str, Any], why: str = "agreed with the partner"
    ) -> TestResponse:
        seen = preview(client, path, values)
        assert seen.status_code == 200, seen.text
        return confirm(client, seen, why=why)

    return send
