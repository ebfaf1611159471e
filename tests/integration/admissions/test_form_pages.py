"""The central team's pages of the application form, by hand: a draft from its beginning to its publication."""

from collections.abc import Callable

import pytest
from flask import Flask

from core.admissions.queries import forms as queries
from core.data.session import ScopedSession
from core.kernel.permissions import Role
from tests.factories.admissions import make_form
from tests.factories.people import client_of, make_person
from tests.support.client import FormClient

AT = "/console/admissions/form/"
DRAFT = f"{AT}1002/"


@pytest.fixture
def central(app: Flask) -> FormClient:
    """Somebody of the central team."""
    return client_of(app, make_person(app, "central@example.org", name="Cen Tral", grants=[(Role.CENTRAL_TEAM, "uk")]))


@pytest.fixture
def draft(platform_session: ScopedSession, central: FormClient) -> Callable[[], queries.Whole]:
    """The small form is version 1001, and 1002 is a draft of it: what is in the draft now."""
    make_form(platform_session)
    assert central.submit(AT, form="form/new").location.endswith(DRAFT)

    def now() -> queries.Whole:
        platform_session.rollback()
        return queries.one(platform_session, 1002)

    return now


NEW = {"label_en": "What else?", "label_cy": "Beth arall?", "kind": "line"}


def test_every_page_is_there(central: FormClient, draft: Callable[[], queries.Whole]) -> None:
    for path in (
        "/console/admissions/", AT, f"{AT}1001/", DRAFT, f"{DRAFT}changes", f"{DRAFT}preview", f"{DRAFT}preview/about",
        f"{DRAFT}preview/about?language=cy", f"{DRAFT}sections/new", f"{DRAFT}sections/about", f"{DRAFT}sections/about/new",
        f"{DRAFT}questions/story", f"{DRAFT}eligibility/new", f"{DRAFT}eligibility/based_here", f"{DRAFT}remove/question/job",
        f"{DRAFT}remove/section/about", f"{DRAFT}remove/eligibility/based_here", f"{DRAFT}publish", f"{DRAFT}discard", f"{AT}1001/retire",
    ):  # fmt: skip
        assert central.get(path).status_code == 200, path
