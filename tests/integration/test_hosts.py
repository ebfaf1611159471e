"""A partner is reached by path on the common host, and by its own host name where it has one."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.db import tenant_session
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.permissions import Role
from core.people.login import TOKEN
from core.people.service import sign_ins
from core.tenancy import shelf
from core.work.models import Mail
from tests.factories.people import make_person
from tests.support.client import forms

OWN = "scotland.example.org"
LINKS = re.compile(r'<a [^>]*href="([^"#]+)"')


def test_a_host_name_of_its_own(make_app: Callable[..., Flask]) -> None:
    client = make_app(hosts={"scotland.example.org": "scotland"}).test_client()
    own = client.get("/", base_url="http://scotland.example.org")
    assert own.status_code == 200
    assert "Scotland" in own.get_data(as_text=True)
    assert 'href="/events/"' in own.get_data(as_text=True)
    assert client.get("/events/", base_url="http://scotland.example.org").status_code == 200


def test_by_path_the_links_keep_the_prefix(make_app: Callable[..., Flask]) -> None:
    page = make_app().test_client().get("/scotland/").get_data(as_text=True)
    assert 'href="/scotland/events/"' in page


def test_another_partners_path_is_nothing_on_a_host_of_its_own(make_app: Callable[..., Flask]) -> None:
    client = make_app(hosts={"scotland.example.org": "scotland"}).test_client()
    assert client.get("/wales/", base_url="http://scotland.example.org").status_code == 404


@pytest.mark.parametrize(
    "behind", ["", ":8443", ":80@evil.example", ":evil", ": evil.example", ":80/evil", ":1?x", ":a#"]
)
def test_links_in_mail_begin_as_the_settings_say_whatever_a_request_claims(
    make_app: Callable[..., Flask], platform_session: ScopedSession, behind: str
) -> None:
    app = make_app(hosts={"scotland.example.org": "scotland"}, base_url="http://q.example:444")
    make_person(app, "sam@example.org")
    client, claimed = app.test_client(), {"HTTP_HOST": f"scotland.example.org{behind}"}
    page = client.get("/account/reset", environ_overrides=claimed)
    (form,) = [one for one in forms(page.text) if "email" in one.kinds]
    sent = {**form.fields, "email": "sam@example.org"}
    assert client.post("/account/reset", data=sent, environ_overrides=claimed).status_code == 303
    text = platform_session.scalars(sa.select(Mail.text)).one()
    links = re.findall(r"https?://[^/]*", text)
    assert set(links) == {"http://scotland.example.org:444"}


@pytest.mark.parametrize("host", ["unknown.example.org", OWN])
def test_every_link_of_the_page_that_helps_leads_somewhere(make_app: Callable[..., Flask], host: str) -> None:
    client = make_app(base_url="http://q.example.org", hosts={OWN: "scotland"}).test_client()
    page = client.get("/nothing-here", base_url=f"http://{host}")
    assert page.status_code == 404
    links = set(LINKS.findall(page.get_data(as_text=True)))
    assert "http://q.example.org/wales/" in links
    for link in links:
        parts = urlsplit(link)
        answer = client.get(
            link.removeprefix(f"{parts.scheme}://{parts.netloc}"), base_url=f"http://{parts.netloc or host}"
        )
        assert answer.status_code in {200, 302, 303, 308}, link


def test_my_items_lead_to_their_sites_from_a_host_of_its_own(make_app: Callable[..., Flask]) -> None:
    """To things and to work alike: another site's path is nothing on this host, and this site's own has no prefix."""
    app = make_app(base_url="http://q.example.org", hosts={OWN: "scotland"})
    slugs = ("scotland", "wales")
    person = make_person(app, "sam@example.org", grants=[(Role.ASSESSOR, slug) for slug in slugs])
    for slug in slugs:
        with app.app_context(), tenant_session(app.extensions["q.directory"].by_slug(slug).id) as session:
            with transaction(session):
                shelf.put(
                    session, account_id=person, plugin="local_events", ref="1", kind="event", title=slug, status="Registered",
                    when=clock.now() + timedelta(days=1), path="/events/1", needs_action=False,
                )  # fmt: skip
            token = sign_ins.begin(session, account_id=person, device="Test", remember=False)
    client = app.test_client()
    with client.session_transaction(base_url=f"http://{OWN}") as cookie:
        cookie[TOKEN] = token
    page = client.get("/me/", base_url=f"http://{OWN}").get_data(as_text=True).partition("<main")[2]
    found = [link for link in LINKS.findall(page) if link.endswith(("/assess/", "/events/1"))]
    assert found == [
        "/assess/", "http://q.example.org/wales/assess/", "/events/1", "http://q.example.org/wales/events/1",
    ]  # fmt: skip


def test_the_page_of_an_unknown_host_asks_for_nothing_that_its_own_policy_forbids(
    make_app: Callable[..., Flask],
) -> None:
    client = make_app(base_url="http://q.example.org").test_client()
    page = client.get("/", base_url="http://unknown.example.org").get_data(as_text=True)
    for sheet in re.findall(r'<link rel="stylesheet" href="([^"]+)"', page):
        with client.get(sheet, base_url="http://unknown.example.org") as answer:
            assert answer.status_code == 200, sheet
