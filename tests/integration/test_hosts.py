"""A partner is reached by path on the common host, and by its own host name where it has one."""

from collections.abc import Callable

from flask import Flask


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
