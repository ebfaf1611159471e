"""What can be an address, and which are the same."""

import pytest

from core.people import emails


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.org", "Ann.O'Neil+q@EXAMPLE.org", "ann@bücher.example", "ann@Bücher.example", "ann@bu\u0308cher.example",
        "ann@xn--bcher-kva.example", "ann@XN--BCHER-KVA.example", "ann@straße.example",
    ],
)  # fmt: skip
def test_addresses_that_can_be_written_to(address: str) -> None:
    assert emails.is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "ann@\uff45xample.org",
        "ann@example\u3002org",
        "ann@\u24d4xample.org",
        "ann@exam\ufb02e.org",
        "ann@\u1d49xample.org",
    ],
)
def test_a_domain_in_letters_that_only_mean_it_is_none(address: str) -> None:
    """Each of them is example.org, or what another domain is, to whoever delivers mail."""
    assert not emails.is_address(address)


@pytest.mark.parametrize(
    "address", ["ann", "ann@", "@example.org", "ann@example", "ánn@example.org", "ann@[127.0.0.1]"]
)
def test_what_is_no_address(address: str) -> None:
    assert not emails.is_address(address)


def test_one_address_however_it_is_written() -> None:
    written = ("Ann@Bücher.example", " ann@bücher.example ", "ANN@BU\u0308CHER.EXAMPLE")
    assert {emails.normal(address) for address in written} == {"ann@bücher.example"}
