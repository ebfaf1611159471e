"""What is pinned stays: the packs that are offered, what each version says, in any process, under other choices."""

import subprocess
import sys
from typing import Any

import pytest

from core.admissions.rules import replay, run
from core.config import ROOT
from core.hooks.registry import load
from core.sdk.testing import check_rule_pack
from plugins.assessment_rules.lay_panel import LayPanel
from plugins.assessment_rules.manifest import MANIFEST
from plugins.assessment_rules.standard import Standard
from tests.plugins.assessment_rules.pinned import ALLOWED, BOOK, CASES, digest

SAID = {
    "bilingual_wales@1.0.0": "39027ec7f054dd9fddcc41cab96a68d1f91e19e56142ebd16049c92db8744d51",
    "double_mark_sample@1.0.0": "ad3116b59b765331ab538f44b7df369bea02240804aa16cbeda9bc715f49d21d",
    "lay_panel@1.0.0": "28f1aaa09cc9e60b7b1fa7b1afbd20ee9aacdb7353ef7397e2b12bd25a3117ca",
    "standard@1.0.0": "8dbcc4136f0f282535443f4ad8255d92e93f70e5fee0f892333116cdfad61c96",
}
"""What version 1.0.0 of each says of the cases above, as a hash of its records."""


def test_the_four_are_offered_through_the_hook():
    registry = load({MANIFEST.name: "plugins.assessment_rules"})
    answers = registry.dispatcher.call("q_rule_sets", None).answers
    assert [one.value.ref for one in answers] == [
        "standard@1.0.0", "lay_panel@1.0.0", "bilingual_wales@1.0.0", "double_mark_sample@1.0.0",
    ]  # fmt: skip
    assert registry.failures == type(registry.failures)()
    assert BOOK.problems == ()


@pytest.mark.parametrize("ref", sorted(BOOK.packs))
def test_a_version_says_what_it_always_said(ref: str):
    """When this fails, a stored proposal would not be made again the same: raise the version instead."""
    assert digest(ref) == SAID[ref]


@pytest.mark.parametrize("ref", sorted(BOOK.packs))
def test_it_is_replayed_byte_for_byte_without_incident(ref: str):
    records = [run(BOOK, ref, {}, ALLOWED, one) for one in CASES]
    assert [record.incident for record in records] == [None] * len(CASES)
    assert all(replay(BOOK, record).identical for record in records)
    assert len({record.proposed().outcome for record in records}) >= 3


def test_other_processes_write_the_same_bytes():
    code = "from tests.plugins.assessment_rules.pinned import BOOK, digest; print(*map(digest, sorted(BOOK.packs)))"
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert found == {" ".join(map(digest, sorted(BOOK.packs)))}


@pytest.mark.slow
@pytest.mark.parametrize(("pack", "choices"), [
    (Standard(), {"floor": None, "borderline": 0, "discrepancy": 1, "threshold": 3, "sign_off": ["central_team"]}),
    (Standard(), {"n_assessors": 3, "max_assessors": 3, "floor": 3, "threshold": 2.25, "borderline": 0.5}),
    (LayPanel(), {"lay": 2, "n_assessors": 4, "external": 2, "borderline": 0}),
], ids=["bare", "strict", "large"])  # fmt: skip
def test_the_kit_passes_under_other_choices(pack: Any, choices: dict[str, Any]):
    check_rule_pack(pack, config=choices)
