"""Where people are sent after signing in, and what devices are called."""

from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.kernel.permissions import Role
from core.people import emails, login
from core.people.models import Cohort
from core.people.queries import SignedIn

HOME = "/wales/"


@pytest.mark.parametrize(
    "target", ["/", "/wales/events/", "/wales/events/?page=2&sort=-day", "/me/", "/a//b", "/wales/?q=a@b"]
)
def test_own_paths_are_followed(target: str) -> None:
    assert login.safe_next(target, HOME) == target


@pytest.mark.parametrize(
    "target",
    [
        "", "events", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example/",
        "http:evil.example", "javascript:alert(1)", "/\tevil", "/\n/evil.example", " /evil", "/\x00", "/a\\b", "//", "/" + "a" * 3000,
        "/\u2028x", "//[",
    ],
)  # fmt: skip
def test_other_places_are_not(target: str) -> None:
    assert login.safe_next(target, HOME) == HOME


@given(st.text(alphabet=st.sampled_from("/\\.:@?#[]ahtps e\t\n\r\x00%0"), max_size=30))
@example("/\t/evil")
def test_whatever_comes_out_stays_on_this_host(target: str) -> None:
    found = login.safe_next(target, HOME)
    as_browsers_read = found.replace("\\", "/").replace("\t", "").replace("\n", "").replace("\r", "")
    assert urlsplit(urljoin("https://q.example/wales/account/sign-in", as_browsers_read)).netloc == "q.example"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36 Edg/150.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox, Linux"),
        ("curl/8.9", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_devices_have_names_that_people_know(agent: str, name: str) -> None:
    assert login.device_name(agent) == name


def _person(*grants: tuple[Role, int], cohort: Cohort | None = None) -> SignedIn:
    return SignedIn(
        "a", "Sam", "sam@example.org", "en", "s", datetime(2026, 1, 1, tzinfo=UTC), False, cohort, None, grants
    )


def test_roles_at_a_tenant_are_its_own_and_the_uk_wide_ones() -> None:
    person = _person((Role.PARTNER_LEAD, 2), (Role.ASSESSOR, 3), (Role.AUDITOR, 1), cohort=Cohort.PILOT)
    assert person.roles_at(2) == {Role.PARTNER_LEAD, Role.AUDITOR, Role.MEMBER}
    assert person.roles_at(3) == {Role.ASSESSOR, Role.AUDITOR, Role.MEMBER}
    assert person.roles_at(4) == {Role.AUDITOR, Role.MEMBER}
    assert _person().roles_at(2) == frozenset()


def test_addresses_are_compared_without_case_and_space() -> None:
    assert emails.normal("  Sam@Example.ORG ") == emails.normal("sam@example.org")
    assert emails.normal("jose\u0301@x.org") == emails.normal("jos\u00e9@x.org")


@pytest.mark.parametrize("text", ["sam@example.org", "o'neill+q@nhs.example", "a.b@c-d.example"])
def test_addresses(text: str) -> None:
    assert emails.is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sam",
        "sam@",
        "@example.org",
        "a@b",
        "a b@example.org",
        "a@example.org\nbcc: x@y.z",
        "a" * 250 + "@example.org",
    ],
)
def test_no_addresses(text: str) -> None:
    assert not emails.is_address(text)
