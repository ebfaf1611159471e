"""The contract suite: what every plugin must pass. A plugin's own tests begin with it:

class TestContract(PluginContract):
    packages = {"notes": "plugins.notes"}

A plugin that brings rule packs tries each of them: `check_rule_pack(Standard())`.
"""

import pytest

pytest.register_assert_rewrite("core.sdk.testing.contract")  # before it is imported: a failure then lists the faults

from core.sdk.testing.contract import PluginContract  # noqa: E402 - see the line above
from core.sdk.testing.rule_checks import CHECKS, check_rule_pack, rule_pack_faults  # noqa: E402 - as above
from core.sdk.testing.site import Site, build, sqlite_site  # noqa: E402 - as above

__all__ = [
    "CHECKS",
    "PluginContract",
    "Site",
    "build",
    "check_rule_pack",
    "rule_pack_faults",
    "sqlite_site",
]
