"""What this plugin adds to the platform: its rule packs."""

from collections.abc import Iterable
from typing import Any

from core.sdk import RuleSet, hookimpl
from plugins.assessment_rules.bilingual_wales import BilingualWales
from plugins.assessment_rules.double_mark_sample import DoubleMarkSample
from plugins.assessment_rules.lay_panel import LayPanel
from plugins.assessment_rules.standard import Standard


@hookimpl
def q_rule_sets() -> Iterable[RuleSet[Any]]:
    """All four; which one a window pins is the central team's and the partner's choice."""
    return [Standard(), LayPanel(), BilingualWales(), DoubleMarkSample()]
