"""Reaching across tenants is allowed in the places listed here and nowhere else."""

import ast

import pytest

from tests.support.sources import files, text

ALLOWED = {
    "core/commands/demonstration.py": "fills every site",
    "core/commands/keys.py": "every site's sealed words get the new key",
    "core/commands/tenants.py": "the partners' sites by their files",
    "core/work/runner.py": "jobs declared with @job(platform=…)",
    "core/web/everywhere.py": "pages of the UK site over all sites, for who holds their permission there",
    "core/console/views/audit.py": "the central team's audit trail",
    "core/admissions/views/time_spent.py": "how long applications took, in the UK as a whole",
    "core/admissions/views/transfers.py": "an application moves to another area: two partners in one transaction",
    "core/admissions/views/form_versions.py": "how many applications are on each version of the form",
    "core/admissions/views/policy.py": "what windows of every partner pin, and how their rules fared",
    "core/admissions/views/moderation.py": "signed decisions of every partner, for the central team's moderation",
    "core/admissions/views/calibration_console.py": "every partner's scores of a calibration case",
    "core/admissions/views/quality_console.py": "figures over all partners, less what the reader is in conflict with",
    "core/admissions/views/overview_central.py": "what waits for the central team, and how many people came how far",
    "core/admissions/views/form_publish.py": "drafts of every partner move to a version that is published",
}


TOGETHER = {
    "core/console/waiting.py": "what waits at each site, for the console's table",
    "core/console/views/flow.py": "what a plugin of the whole platform has waiting, and what counts on it, before it is switched",
    "core/sdk/testing/running.py": "the contract of a plugin that tells what waits, and what counts on it",
}
"""Where the rows of several tenants are read together."""


def _calls(source: str, called: str = "platform_scope") -> bool:
    if called not in source:
        return False  # few files have the word, and to parse all of them takes seconds
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == called:
                return True
    return False


@pytest.mark.parametrize(("called", "allowed"), [("platform_scope", ALLOWED), ("tenants_session", TOGETHER)])
def test_it_is_called_where_it_may_be(called: str, allowed: dict[str, str]) -> None:
    sources = (path for path in files(".py") if str(path).startswith(("core/", "plugins/")))
    assert {str(path) for path in sources if _calls(text(path), called)} == set(allowed)


def test_a_call_is_noticed() -> None:
    assert _calls("with db.platform_scope('why') as s: pass")
    assert not _calls("platform = 1")
