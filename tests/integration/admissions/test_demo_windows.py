"""The demonstration's windows: every partner has one, in every state, by the source's phases."""

from collections import defaultdict
from collections.abc import Callable

from flask import Flask

from core.admissions.instants import WindowState
from core.admissions.queries import windows as queries
from core.data.session import ScopedSession
from core.demo import windows
from core.tenancy import noticeboard
from tests.factories.admissions import make_form


def test_every_partner_has_its_round_and_every_state_is_there(
    app: Flask, session_for: Callable[[str], ScopedSession]
) -> None:
    directory = app.extensions["q.directory"]
    form = make_form(session_for("uk"))
    states: dict[WindowState, set[str]] = defaultdict(set)
    for tenant in directory.partners():
        session = session_for(tenant.slug)
        windows.fill(session, tenant, form)
        found = queries.shown(session)
        assert found is not None, tenant.slug
        states[found.now].add(tenant.slug)
        assert queries.waiting_to_hear(session) == windows.ROUNDS[tenant.slug].wanted + windows.ROUNDS[tenant.slug].told
        session.rollback()  # gives the connection back: there are more sites than connections
    assert states == {
        WindowState.OPEN: {"scotland", "uclpartners"},
        WindowState.ASSESSING: {"west-midlands", "yorkshire-humber"},
        WindowState.RELEASED: {
            "north-west-coast", "north-east-north-cumbria", "west-of-england", "south-west"
        },
        WindowState.SCHEDULED: {
            "wales", "wessex", "greater-manchester", "kent-surrey-sussex", "eastern", "northern-ireland", "east-midlands",
            "oxford", "imperial-college-health-partners", "health-innovation-network",
        },
    }  # fmt: skip
    assert len(noticeboard.windows(session_for("uk"))) == 18
    [change] = queries.amendments(session_for("uclpartners"), _id(session_for("uclpartners")))
    assert "strikes" in change.why


def _id(session: ScopedSession) -> str:
    found = queries.shown(session)
    assert found is not None
    return found.id


def test_the_uk_site_has_none(app: Flask, session_for: Callable[[str], ScopedSession]) -> None:
    uk = app.extensions["q.directory"].by_slug("uk")
    assert uk is not None
    assert windows.fill(session_for("uk"), uk, "") is None
