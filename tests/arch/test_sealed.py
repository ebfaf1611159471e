"""What a plugin seals can be given another key: it answers the hook that `qplatform keys renew` asks."""

import pytest

from tests.support.sources import files, text

SEALERS = sorted({path.parts[1] for path in files(".py") if path.parts[0] == "plugins" and "sealer(" in text(path)})


def test_the_plugins_that_seal_are_found() -> None:
    assert SEALERS == ["expense_approvals", "local_events"]


@pytest.mark.parametrize("plugin", SEALERS)
def test_it_renews_what_it_sealed(plugin: str) -> None:
    glue = next(path for path in files(".py") if path.parts == ("plugins", plugin, "plugin.py"))
    assert "def q_renew_sealed(" in text(glue)
