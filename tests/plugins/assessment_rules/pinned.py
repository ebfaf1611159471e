"""The packs that are offered, cases, and what the packs say of them; without pytest and the kit, as other processes need it too."""

from core.admissions.rules import WindowFigures, collect, run, sha256
from core.sdk import NationalPolicy, PolicyException
from plugins.assessment_rules.manifest import MANIFEST
from plugins.assessment_rules.plugin import q_rule_sets
from tests.unit.admissions.rules.cases import assessed, case

ALLOWED = NationalPolicy(
    version="2", exceptions=(PolicyException(rule="double_mark_sample", min_assessors=1, decision="board-2026-03"),)
)
QUIET = WindowFigures(double_marked=60, disagreed=1)
BOOK = collect((MANIFEST.name, pack) for pack in q_rule_sets())
CASES = [
    case(
        *(assessed(f"a{n}", row, roles=("cy_reader", "external", "lay")[: n + 1]) for n, row in enumerate(rows)),
        language=language, draw=4000, window=QUIET,
    )
    for language in ("en", "cy")
    for rows in (
        [(3, 3, 4, 3, 3)], [(3, 3, 4, 3, 3)] * 2, [(3, 3, 4, 3, None)] * 3, [(2, 2, 2, 1, 2)] * 3, [(4,) * 5, (1,) * 5],
        [(3, 2, 2, 3, 3), (2, 3, 3, 2, 2), (3, 2, 3, 2, 2)],
    )
]  # fmt: skip


def digest(ref: str) -> str:
    """One hash over everything that a pack says of the cases."""
    return sha256("".join(run(BOOK, ref, {}, ALLOWED, one).model_dump_json() for one in CASES))
