"""The plugin of docs/write-a-plugin.md, put together from the page's own blocks, passes the contract suite."""

import re
from pathlib import Path

import pytest

from tests.contract.outside import run_tests
from tests.support.environment import ROOT

PAGE = ROOT / "docs" / "write-a-plugin.md"
BLOCK = re.compile(r"^`(plugins/[\w./]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> dict[str, str]:
    """{path: text} of the page's files."""
    return dict(BLOCK.findall(PAGE.read_text("utf-8")))


def test_the_page_is_linked_and_every_code_block_is_a_file_or_the_entry_point():
    text = PAGE.read_text("utf-8")
    assert "docs/write-a-plugin.md" in (ROOT / "README.md").read_text("utf-8")
    assert text.count("```python\n") + text.count("```html\n") + text.count("```po\n") == len(blocks())


@pytest.mark.slow
def test_the_plugin_of_the_page_passes_the_contract_suite(tmp_path: Path):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "__init__.py").touch()
    for name, text in blocks().items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    assert "21 passed" in run_tests(tmp_path, "plugins/thanks")
