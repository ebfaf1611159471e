"""Sectors are the same where somebody applies and where a member says it, in both languages."""

import json
from pathlib import Path

from core.people.sectors import SECTORS
from core.web.catalogue import read

ROOT = Path(__file__).resolve().parents[3]


def test_they_are_those_of_the_application_form_in_its_words() -> None:
    form = json.loads((ROOT / "core" / "admissions" / "content" / "first_form.json").read_text())
    questions = {one["key"]: one for section in form["sections"] for one in section["questions"]}
    options = questions["sector"]["options"]
    assert {one["key"]: one["label"]["en"] for one in options} == SECTORS
    welsh = read(ROOT / "core" / "web" / "translations" / "cy" / "LC_MESSAGES" / "messages.po")
    for one in options:
        assert welsh[one["label"]["en"]].string == one["label"]["cy"]
