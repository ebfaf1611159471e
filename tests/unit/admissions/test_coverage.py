"""Which partner covers me: an answer, or the next thing to ask."""

import pytest

from core.admissions.coverage import asked, find
from core.kernel.errors import Invalid
from core.tenancy.geo.areas import load_areas, load_outcodes, load_straddled


def test_a_postcode_of_one_area_is_answered() -> None:
    found = find("eh1 1yz")
    assert (found.partners, found.certain) == (("scotland",), True)


def test_a_straddling_code_is_asked_about_and_then_answered() -> None:
    areas = load_areas()
    code, outcode = next(
        (code, outcode)
        for outcode, codes in sorted(load_straddled().items())
        for code in codes
        if code not in areas.partly and len({areas.tenant[one] for one in codes}) > 1
    )
    first = find(outcode)
    assert not first.certain
    assert code in {one.code for one in first.authorities}
    then = find(outcode, code)
    assert then.certain
    assert then.partners == (areas.tenant[code],)
    assert then.authority == areas.names[code]


def test_a_divided_authority_leaves_several_to_choose_from() -> None:
    areas = load_areas()
    code, outcode = next(
        (code, outcode) for outcode, codes in sorted(load_straddled().items()) for code in codes if code in areas.partly
    )
    then = find(outcode, code)
    assert not then.certain
    assert then.authorities == ()
    assert set(then.partners) == {areas.tenant[code], *areas.partly[code]}


def test_where_there_is_one_authority_it_is_not_asked_about() -> None:
    found = find("SP1")
    assert (found.authority, found.authorities) == ("Wiltshire", ())
    assert set(found.partners) == {"west-of-england", "wessex"}


def test_nothing_is_guessed() -> None:
    for outcode, partners in load_outcodes().items():
        if outcode.isalpha():  # NPT, which is in the directory and which nobody can type as a postcode
            continue
        found = find(outcode)
        assert found.certain == (len(partners) == 1)
        assert set(found.partners) == set(partners)


def test_what_is_no_place() -> None:
    with pytest.raises(Invalid):
        find("hello")
    assert asked("hello") == (None, {"postcode": "Enter a postcode, like EH1 1YZ, or its first half."})
    outcode = next(iter(load_straddled()))
    found, wrong = asked(outcode, "E99999999")
    assert found is not None
    assert found.authorities
    assert list(wrong) == ["authority"]
