"""The national standard, and what leaves it."""

from core.admissions.rules import STANDARD, NationalPolicy, common, deviations, outside_bounds, standard_config
from plugins.assessment_rules.lay_panel import LayPanelConfig
from plugins.assessment_rules.standard import Standard


def test_the_standard_is_the_pack_of_that_name_with_its_own_defaults():
    assert Standard().ref == STANDARD
    assert Standard().config_model().model_dump(mode="json") == standard_config()
    assert list(outside_bounds("standard", common(standard_config()), NationalPolicy())) == []


def test_a_deviation_is_told_with_both_values():
    assert deviations(STANDARD, standard_config()) == []
    config = LayPanelConfig(threshold=2.75).model_dump(mode="json")
    found = {one.field: (one.standard, one.here) for one in deviations("lay_panel@1.0.0", config)}
    assert found == {
        "rule": (STANDARD, "lay_panel@1.0.0"), "n_assessors": (2, 3), "max_assessors": (3, 4), "threshold": (2.5, 2.75)
    }  # fmt: skip
