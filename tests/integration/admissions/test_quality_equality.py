"""Figures by equality group: each application in one publication, which never changes."""

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions import content
from core.admissions.equality import link
from core.admissions.jobs import quality as quality_jobs
from core.admissions.models import Application, EqualityFigures, EqualityResponse
from core.admissions.quality.equality import FEWEST_PUBLISHED
from core.admissions.queries import quality as queries
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.permissions import Role
from tests.factories.admissions import make_form, make_window
from tests.factories.people import client_of, make_person
from tests.factories.quality import Round, make_accounts, make_round
from tests.integration.admissions.test_quality import Sessions
from tests.support.environment import SECRET_KEY

PAGE = "/scotland/manage/admissions/quality/equality"
QUESTION = "religion"


def decided(app: Flask, session: ScopedSession, lead: str, form_id: str, count: int, name: str) -> Round:
    people = make_accounts(app, count + 2, name)
    window_id = make_window(session, form_id, -60, -30)
    return make_round(
        session, window_id, form_id, people, lead, applications=count, assessors=2, each=1, seed=len(name)
    )


def answer(session: ScopedSession, made: Round) -> None:
    """Nine of ten answer; three of them are the only ones of their group."""
    rows = [
        {
            "link": link(SECRET_KEY, application), "question": QUESTION, "nation": "scotland", "category": "x",
            "parent": "sikh" if number < 3 else "christian" if number % 2 else "none",
        }
        for number, application in enumerate(made.applications)
        if number % 10
    ]  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(EqualityResponse), rows)


def publish(app: Flask, platform: ScopedSession) -> list[queries.Publication]:
    platform.rollback()
    with app.app_context():
        quality_jobs.publish_equality(platform, clock.now())
    platform.rollback()
    return queries.publications(platform)


def test_invariant_publications_do_not_overlap_and_never_change(
    app: Flask, session_for: Sessions, platform_session: ScopedSession
) -> None:
    session = session_for("scotland")
    lead = make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")])
    form_id = make_form(session)
    first = decided(app, session, lead, form_id, FEWEST_PUBLISHED - 1, "first")
    answer(session, first)
    assert publish(app, platform_session) == []
    client = client_of(app, lead)
    assert "Nothing is published yet" in client.get(PAGE).text
    session.rollback()
    decided(app, session, lead, form_id, 1, "one")
    [one] = publish(app, platform_session)
    assert one.figures.accepted + one.figures.declined == FEWEST_PUBLISHED
    assert publish(app, platform_session) == [one]
    session.rollback()
    decided(app, session, lead, form_id, 20, "few")
    assert publish(app, platform_session) == [one]
    session.rollback()
    decided(app, session, lead, form_id, FEWEST_PUBLISHED, "second")
    two, again = publish(app, platform_session)
    assert again == one
    assert two.figures.accepted + two.figures.declined == FEWEST_PUBLISHED + 20
    counted = [set(ids) for ids in platform_session.scalars(sa.select(EqualityFigures.counted))]
    assert counted[0].isdisjoint(counted[1])
    for statement in (sa.update(EqualityFigures).values(number=9), sa.delete(EqualityFigures)):
        with pytest.raises(sa.exc.DBAPIError, match="never changed"), transaction(platform_session):
            platform_session.execute(statement)


def test_the_page_and_the_file_show_the_same_and_no_small_group(
    app: Flask, session_for: Sessions, platform_session: ScopedSession
) -> None:
    session = session_for("scotland")
    lead = make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")])
    made = decided(app, session, lead, make_form(session), FEWEST_PUBLISHED + 20, "p")
    answer(session, made)
    [publication] = publish(app, platform_session)
    [table] = [one for one in publication.figures.questions if one.question == QUESTION]
    assert "sikh" in table.together
    client = client_of(app, lead)
    text, file = client.get(PAGE).text, client.get(f"{PAGE}?format=csv").text
    question = content.equality().question(QUESTION)
    assert question is not None
    assert question.label.en in text
    assert "Smaller groups together" in text
    for row in table.groups:
        assert f'"{row.accepted}"' in file or f",{row.accepted}," in file
        assert row.accepted % 5 == row.declined % 5 == row.total % 5 == 0
    assert client.get(f"{PAGE}?window=x").text.count("<table") == text.count("<table")


def test_the_figures_are_the_same_for_everybody_whatever_their_conflicts(
    app: Flask, session_for: Sessions, platform_session: ScopedSession
) -> None:
    """Leaving out what one reader must not see would make a second table, and the two together would tell who it is."""
    session = session_for("scotland")
    lead = make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")])
    other = make_person(app, "other@example.org", name="Sam Example", grants=[(Role.PARTNER_LEAD, "scotland")])
    made = decided(app, session, lead, make_form(session), FEWEST_PUBLISHED, "p")
    answer(session, made)
    publish(app, platform_session)
    with transaction(session):
        session.execute(sa.update(Application).where(Application.id == made.applications[5]).values(account_id=other))
    first, second = (client_of(app, who).get(f"{PAGE}?format=csv").data for who in (lead, other))
    assert first == second
