"""A route that compiles its address builder late leads to the addresses that Werkzeug's own does, and compiles once."""

from collections.abc import Mapping
from typing import Any

import pytest
from werkzeug.routing import BuildError, Map, Rule

from core.web.flask_app import LateRule

ROUTES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/", {}), ("/events/<event_id>/", {}), ("/files/<path:name>", {}), ("/pages/<int:number>", {}),
    ("/first", {"number": 1}), ("/<a>-<b>.ics", {}), ("/ŵy/<name>", {}),
)  # fmt: skip
VALUES: tuple[Mapping[str, Any], ...] = (
    {}, {"event_id": "01abc"}, {"event_id": "a b/ŷ?&#"}, {"name": "x/y z"}, {"number": 7}, {"number": 1}, {"a": "1", "b": "2"},
    {"event_id": "01abc", "page": ["2", "3"], "q": "ŵ & co"}, {"rule": "standard@1.0.0", "self": "1", "values": "2"},
)  # fmt: skip


def _map(kind: type[Rule]) -> Map:
    return Map([kind(path, endpoint=f"page{at}", defaults=given or None) for at, (path, given) in enumerate(ROUTES)])


def _built(routes: Map, endpoint: str, values: Mapping[str, Any], unknown: bool) -> str:
    try:
        return routes.bind("localhost").build(endpoint, values, append_unknown=unknown)
    except (BuildError, ValueError) as error:
        return type(error).__name__


@pytest.mark.parametrize("unknown", [True, False])
def test_it_builds_what_werkzeugs_own_builds(unknown: bool) -> None:
    late, plain = _map(LateRule), _map(Rule)
    asked = [(f"page{at}", values) for at in range(len(ROUTES)) for values in VALUES]
    built = [_built(plain, *each, unknown) for each in asked]
    assert [_built(_map(LateRule), *each, unknown) for each in asked] == built  # each is the first of its route
    assert [_built(late, *each, unknown) for each in asked] == built
    assert len(set(built)) > len(ROUTES)


def test_it_compiles_when_it_is_first_asked_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[bool] = []
    plain = Rule._compile_builder

    def noted(rule: Rule, append_unknown: bool = True) -> Any:
        compiled.append(append_unknown)
        return plain(rule, append_unknown)

    monkeypatch.setattr(Rule, "_compile_builder", noted)
    routes = _map(LateRule)
    assert compiled == []
    for _ in range(2):
        assert _built(routes, "page1", {"event_id": "x", "q": "1"}, unknown=True) == "/events/x/?q=1"
    assert compiled == [True]
