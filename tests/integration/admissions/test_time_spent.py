"""Time at the form on the window's page and on the console, for whoever may see the applications behind it."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.models import Application
from core.data.session import ScopedSession, transaction
from core.kernel.permissions import Role
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import make_submitted
from tests.factories.people import client_of, make_person
from tests.integration.admissions.test_lead_pages import conflicted


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    """A session on Scotland's rows."""
    return session_for("scotland")


def test_the_window_and_the_console_tell_half_and_nine_of_ten(app: Flask, session: ScopedSession) -> None:
    form = make_form(session)
    window = make_window(session, form)
    made = [
        make_submitted(session, window, form, make_person(app, f"p{n}@example.org"), reference=f"Q-{n}", seconds=60 * minutes)
        for n, minutes in enumerate((50, 70, 90, 110, 130))
    ]  # fmt: skip
    lead_id = make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")])
    lead = client_of(app, lead_id)
    central = client_of(app, make_person(app, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    page = f"/scotland/manage/admissions/windows/{window}"
    assert "half of them up to 90 minutes, nine of ten up to 130" in lead.get(page).text
    shown = central.get("/console/admissions/time").text
    for words in ("Scotland", "Spring", "80 %", "of 5 applications in the UK"):
        assert words in shown
    assert '"90"' in central.get("/console/admissions/time?format=csv").text.replace(",90,", ',"90",')
    assert "Time at the form" in central.get("/console/admissions/").text
    conflicted(session, made[4], lead_id)
    assert "too few to tell" in lead.get(page).text
    with transaction(session):
        moved = {"moved_id": made[0], "moved_tenant_id": 3}
        session.execute(sa.update(Application).where(Application.id == made[1]).values(moved))
    assert "too few" in central.get("/console/admissions/time").text
    assert lead.get("/console/admissions/time").status_code == 403
