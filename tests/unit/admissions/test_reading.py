"""What an assessor gets to see: nothing that was hidden ever comes back, in no version and no translation."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.admissions import reading
from core.admissions.form.schema import FormSchema
from core.admissions.reading import BLOCK, Cut, Version
from core.admissions.service.redacting import cuts_for
from core.kernel.errors import Invalid
from tests.factories.admissions import said, small_form

AT = datetime(2027, 3, 1, tzinfo=UTC)


def version(story: str, number: int = 1, *, job: str = "Nurse", **translations: dict[str, Any]) -> Version:
    return Version(f"v{number}", number, "en", AT, small_form(), {"job": job, "story": story}, translations)


def shown(versions: list[Version], cuts: list[Cut], *, blind: bool = False) -> list[reading.Reading]:
    return [reading.read(one, versions, cuts, blind=blind) for one in versions]


@pytest.mark.parametrize(
    ("blindness", "sealed", "blind"),
    [
        ("none", False, False), ("none", True, False), ("until_sealed", False, True), ("until_sealed", True, False),
        ("always", False, True), ("always", True, True),
    ],
)  # fmt: skip
def test_who_works_blind(blindness: str, sealed: bool, blind: bool) -> None:
    assert reading.is_blind(blindness, sealed) is blind


def test_blind_means_without_what_tells_who_applied() -> None:
    schema = FormSchema.model_validate(
        {
            "sections": [
                {
                    "key": "about", "title": said("About"),
                    "questions": [
                        {"key": "job", "kind": "line", "label": said("Job"), "identifying": True},
                        {"key": "proof", "kind": "file", "label": said("File")},
                        {"key": "story", "kind": "text", "label": said("Story"), "words": 20},
                    ],
                }
            ]
        }
    )  # fmt: skip
    answers = {"job": "Nurse", "proof": {"name": "cv-ann.pdf"}, "story": "We did."}
    one = Version("v1", 1, "en", AT, schema, answers, {"cy": {"job": "Nyrs", "story": "Gwnaethom."}})
    [seen] = shown([one], [], blind=True)
    assert seen.answers == {"story": "We did."}
    assert seen.withheld == {"job", "proof"}
    assert seen.translations["cy"] == {"job": None, "story": "Gwnaethom."}
    assert shown([one], [])[0].answers == answers


@given(
    words=st.text("ab ", min_size=1, max_size=4).filter(str.strip), text=st.text("abAB ", max_size=40),
    later=st.text("abAB ", max_size=40), replacement=st.sampled_from(["", " ", "[x]", "█"]),
)  # fmt: skip
def test_a_redaction_never_falls_back_to_the_original(words: str, text: str, later: str, replacement: str) -> None:
    """Whatever stands instead, and however the words lie in this version or the next, they are gone from both."""
    words = words.strip()
    versions = [version(text + words), version(later, 2)]
    cuts = [Cut("v1", "story", "", start, end, replacement) for start, end in reading.places(text + words, words)]
    for seen in shown(versions, cuts):
        left = seen.answers["story"]
        assert words.lower() not in left.replace("[x]", "|").replace(BLOCK, "|").lower()
    assert versions[0].answers["story"] == text + words
    assert (replacement.strip() or BLOCK) in shown(versions, cuts)[0].answers["story"]


def test_overlapping_redactions_hide_all_of_both() -> None:
    one = version("At Perth Royal Infirmary")
    cuts = [Cut("v1", "story", "", 3, 14, "[one]"), Cut("v1", "story", "", 9, 24, "[two]")]
    assert shown([one], cuts)[0].answers["story"] == "At [one]"


def test_a_translation_in_which_hidden_words_are_not_found_is_withheld() -> None:
    one = version("At Perth Royal", cy={"job": "Nyrs", "story": "Yn Ysbyty Perth"})
    cuts = cuts_for([one], "story", "Perth Royal", "[a hospital]")
    [seen] = shown([one], cuts)
    assert seen.translations["cy"] == {"job": "Nyrs", "story": None}
    more = [*cuts, *cuts_for([one], "story", "Ysbyty Perth", "[ysbyty]")]
    assert shown([one], more)[0].translations["cy"]["story"] == "Yn [ysbyty]"


def test_other_answers_are_left_alone() -> None:
    one = version("At Perth", job="Perth nurse")
    assert shown([one], cuts_for([one], "story", "Perth", "[x]"))[0].answers["job"] == "Perth nurse"


@pytest.mark.parametrize(
    ("question", "words", "replacement", "field"),
    [
        ("story", "Dundee", "[x]", "words"), ("story", " ", "[x]", "words"), ("nothing", "Perth", "[x]", "question"),
        ("story", "Perth", "", "replacement"), ("story", "Perth", "near perth", "replacement"),
        ("story", "Perth", "x" * 101, "replacement"),
    ],
)  # fmt: skip
def test_what_no_redaction_can_say(question: str, words: str, replacement: str, field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        cuts_for([version("At Perth")], question, words, replacement)
    assert set(wrong.value.field_errors) == {field}


def test_what_is_different_is_what_can_be_seen() -> None:
    versions = [version("At Perth we did"), version("At Dundee we did", 2)]
    before, after = shown(versions, [])
    assert reading.differences(before, after) == ["story"]
    cuts = [*cuts_for(versions, "story", "Perth", "[a town]"), *cuts_for(versions, "story", "Dundee", "[a town]")]
    before, after = shown(versions, cuts)
    assert reading.differences(before, after) == []
