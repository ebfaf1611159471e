"""The rule pack of docs/rules.md, put together from the page's own blocks, passes the contract suite and the kit."""

from pathlib import Path

import pytest

from core.admissions.rules import Input, RuleConfig
from core.sdk.testing import CHECKS
from tests.contract.outside import run_tests
from tests.contract.test_write_a_plugin import BLOCK
from tests.support.environment import ROOT

PAGE = ROOT / "docs" / "rules.md"


def test_the_page_is_linked_and_every_code_block_is_a_file():
    text = PAGE.read_text("utf-8")
    assert "docs/rules.md" in (ROOT / "README.md").read_text("utf-8")
    assert text.count("```python\n") + text.count("```po\n") == len(BLOCK.findall(text))


def test_the_page_names_every_check_every_input_and_every_bound():
    text = PAGE.read_text("utf-8")
    assert [name for name in (*CHECKS, *Input, *RuleConfig.model_fields) if f"`{name}`" not in text] == []


@pytest.mark.slow
def test_the_plugin_of_the_page_passes(tmp_path: Path):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "__init__.py").touch()
    for name, block in BLOCK.findall(PAGE.read_text("utf-8")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block, "utf-8")
    assert "21 passed" in run_tests(tmp_path, "plugins/careful_rules")
