"""Settings of every kind, strict or not, through the form, the preview, the history and back; kept, read again and at work."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.session import ScopedSession, transaction
from core.kernel.permissions import Role
from core.sdk.testing.files import settings_problems
from core.tenancy.models import PluginState, Tenant
from tests.factories.people import client_of, make_person
from tests.integration.console.conftest import Changes
from tests.integration.plugins.kinds import plugin
from tests.integration.plugins.kinds.plugin import Colour, Lax, Size, Strict
from tests.support.client import FormClient

PAGE = "/console/tenants/scotland/plugins/kinds/"
LEADS = "/scotland/manage/plugins/kinds/"

NEW: dict[str, tuple[Any, Any, Any]] = {
    "whole": ("40", 40, 40),
    "part": ("2", 2.0, 2.0),
    "exact": ("2.25", "2.25", Decimal("2.25")),
    "yes": (None, False, False),
    "words": ("others", "others", "others"),
    "day": ("2027-02-28", "2027-02-28", date(2027, 2, 28)),
    "at": ("18:45", "18:45:00", time(18, 45)),
    "moment": ("2027-02-28 18:45", "2027-02-28T18:45:00", datetime(2027, 2, 28, 18, 45)),  # noqa: DTZ001 - a time on a clock, without a zone
    "instant": (
        "2027-02-28 18:45Z", "2027-02-28T18:45:00Z", datetime.fromisoformat("2027-02-28T18:45Z"),
    ),
    "long": ("01:30", "PT1H30M", timedelta(minutes=90)),
    "colour": ("blue", "blue", Colour.BLUE),
    "size": ("2", 2, Size.LARGE),
    "number": ("10", 10, 10),
    "lines": (" three \r\n\r\nfour", ["three", "four"], ["three", "four"]),
    "numbers": ("7\n8", [7, 8], [7, 8]),
    "days": ("2027-02-28\n2027-03-01", ["2027-02-28", "2027-03-01"], (date(2027, 2, 28), date(2027, 3, 1))),
    "colours": (["red", "blue"], ["red", "blue"], [Colour.RED, Colour.BLUE]),
    "order": ("red\nblue", ["red", "blue"], [Colour.RED, Colour.BLUE]),
    "perhaps_whole": ("9", 9, 9),
    "perhaps_part": ("0.5", 0.5, 0.5),
    "perhaps_exact": ("3", "3", Decimal(3)),
    "perhaps_yes": ("True", True, True),
    "perhaps_words": ("so", "so", "so"),
    "perhaps_day": ("2027-02-28", "2027-02-28", date(2027, 2, 28)),
    "perhaps_at": ("06:00", "06:00:00", time(6)),
    "perhaps_long": ("3 days", "P3D", timedelta(days=3)),
    "perhaps_colour": ("red", "red", Colour.RED),
    "perhaps_number": ("5", 5, 5),
    "perhaps_lines": ("1\n2", [1, 2], [1, 2]),
}  # fmt: skip
"""{setting: (as typed, as kept, as the plugin has it)}"""
TYPED = {f"set-{name}": typed for name, (typed, _, _) in NEW.items()}


@pytest.fixture(params=[Lax, Strict])
def kinds(request: pytest.FixtureRequest, make_app: Callable[..., Flask]) -> Flask:
    """An application with the plugin, its settings lax or strict."""
    app = make_app(packages={"kinds": "tests.integration.plugins.kinds"})
    plugins = app.extensions["q.registry"].plugins
    plugins["kinds"] = replace(plugins["kinds"], settings=request.param)
    return app


@pytest.fixture
def central(kinds: Flask) -> FormClient:
    """Somebody of the central team."""
    return client_of(kinds, make_person(kinds, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))


def kept(session: ScopedSession) -> dict[str, Any]:
    """What the database has of Scotland's."""
    session.rollback()
    found = session.scalars(sa.select(PluginState.settings).where(PluginState.plugin == "kinds")).one()
    assert isinstance(found, dict)
    return found


def at_work(app: Flask, client: FormClient) -> Any:
    """The settings as the plugin is given them in the next request."""
    client.get("/scotland/")
    scotland = app.extensions["q.directory"].by_slug("scotland")
    assert scotland.unfit == {}
    return scotland.settings["kinds"]


def test_every_kind_is_set_shown_kept_given_to_the_plugin_and_undone(
    kinds: Flask, central: FormClient, preview: Changes, confirm: Changes, platform_session: ScopedSession
) -> None:
    assert set(NEW) == set(Lax.model_fields)
    model = kinds.extensions["q.registry"].plugins["kinds"].settings
    seen = preview(central, PAGE, {"enabled": "y", **TYPED})
    assert "<ins>Sunday 28 February 2027, Monday 1 March 2027</ins>" in seen.text
    assert confirm(central, seen, why="all of them").status_code == 303
    assert kept(platform_session) == {name: value for name, (_, value, _) in NEW.items()}
    assert at_work(kinds, central).model_dump() == {name: value for name, (_, _, value) in NEW.items()}
    again = central.submit(PAGE, {}, form="plugins/")
    assert "Nothing changes." in again.text, "what the form shows is what is in force"
    assert confirm(central, central.get(f"{PAGE}undo/1"), why="not so").status_code == 303
    assert kept(platform_session) == model().model_dump(mode="json")
    assert confirm(central, central.get(f"{PAGE}undo/2"), why="but so").status_code == 303
    assert kept(platform_session) == {name: value for name, (_, value, _) in NEW.items()}
    assert at_work(kinds, central) == model(**{name: value for name, (_, _, value) in NEW.items()})


def test_nothing_is_an_answer_where_nothing_may_be(
    central: FormClient, change: Changes, platform_session: ScopedSession
) -> None:
    change(central, PAGE, {"enabled": "y", **TYPED})
    nothing = {name: "" for name in TYPED if name.startswith("set-perhaps")}
    assert change(central, PAGE, nothing).status_code == 303
    now = kept(platform_session)
    assert {name: now[name] for name in now if name.startswith("perhaps")} == {
        name.removeprefix("set-"): None for name in nothing
    }
    assert change(central, PAGE, {"set-perhaps_yes": "False"}).status_code == 303
    assert kept(platform_session)["perhaps_yes"] is False


def test_a_partner_lead_sets_them_too(
    kinds: Flask, central: FormClient, change: Changes, platform_session: ScopedSession
) -> None:
    boxes = [f"set-{name}" for name in NEW]
    assert change(central, PAGE, {"enabled": "y", "left": boxes}).status_code == 303
    lead = client_of(kinds, make_person(kinds, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")]))
    assert change(lead, LEADS, TYPED).status_code == 303
    assert kept(platform_session) == {name: value for name, (_, value, _) in NEW.items()}


WRONG: list[tuple[str, Any, str]] = [
    ("whole", "3.5", "Enter a whole number"), ("whole", "0", "Enter 1 or more"), ("whole", "", "Enter a whole number"),
    ("part", "x", "Enter a number"), ("part", "nan", "Enter a number"), ("part", "1e999", "Enter a number"),
    ("exact", "x", "Enter a number"), ("exact", "0.25", "Enter 0.5 or more"),
    ("exact", "1.234", "Use no more than 2 decimal places"),
    ("day", "31/1/2026", "Enter a date like 2026-11-23"), ("day", "", "Enter a date like 2026-11-23"),
    ("day", "2019-12-31", "Enter 2020-01-01 or more"),
    ("at", "25:00", "Enter a time like 14:30"),
    ("moment", "31/1/2026", "Enter a date and a time like 2026-11-23 14:30"),
    ("long", "90", "Enter hours and minutes like 01:30, or days like 3 days"),
    ("colour", "green", "Choose one of the answers"), ("size", "3", "Choose one of the answers"),
    ("number", "6", "Choose one of the answers"), ("perhaps_yes", "x", "Choose one of the answers"),
    ("lines", "", "Give at least 1 of them"),
    ("lines", "a\nb\nc\nd", "Give no more than 3 of them"),
    ("numbers", "1\nx", "Enter a whole number"), ("order", "green", "Choose one of the answers"),
    ("colours", ["green"], "Choose one of the answers"), ("colours", [], "Give at least 1 of them"),
    ("days", "x", "Enter a date like 2026-11-23"),
]  # fmt: skip


def test_what_a_setting_cannot_be_is_told_beside_it(central: FormClient, preview: Changes) -> None:
    for name, sent, told in WRONG:
        page = preview(central, PAGE, {f"set-{name}": sent})
        assert page.status_code == 422, (name, sent)
        assert told in page.text.partition(f'id="set-{name}-error"')[2].partition("</p>")[0], (name, sent)


def test_of_several_choices_each_has_a_box_with_its_words(central: FormClient, preview: Changes) -> None:
    page = central.get(PAGE).text
    boxes = page.partition('<fieldset class="field"')[2].partition("</fieldset>")[0]
    assert boxes.count('type="checkbox"') == 2
    assert "Sky blue" in boxes
    assert page.partition('id="set-order"')[0].rpartition("<")[2].startswith("textarea")
    seen = preview(central, PAGE, {"set-colours": ["red", "blue"]}).text
    assert "<ins>Red, Sky blue</ins>" in seen


def test_the_form_offers_the_fields_that_a_browser_helps_with(central: FormClient) -> None:
    page = central.get(PAGE).text
    for name, kind in (("whole", "number"), ("exact", "number"), ("day", "date"), ("at", "time"), ("moment", "text")):
        assert f'type="{kind}"' in page.partition(f'id="set-{name}"')[2].partition(">")[0], name
    assert "One on each line." in page.partition('id="set-lines-hint"')[2].partition("</span>")[0]
    lines = page.partition('id="set-lines"')[2].partition(">")[0]
    assert "maxlength" not in lines, "three lines are not three characters"


@pytest.mark.parametrize("hook", ["q_tenant_enabled", "q_settings_problems"])
def test_a_plugin_that_fails_at_a_change_undoes_it_and_the_page_and_the_health_page_say_so(
    central: FormClient, preview: Changes, confirm: Changes, monkeypatch: pytest.MonkeyPatch, hook: str,
    platform_session: ScopedSession,
) -> None:  # fmt: skip
    seen = preview(central, PAGE, {"enabled": "y", "set-words": "typed"})
    monkeypatch.setattr(plugin, "BREAKS", {hook})
    page = confirm(central, seen, why="because I said so")
    assert page.status_code == 422
    assert "The plugin failed, so nothing was changed" in page.text
    assert "because I said so" in page.text
    assert platform_session.scalars(sa.select(PluginState.revision).where(PluginState.plugin == "kinds")).all() == []
    assert hook in central.get("/console/health").text
    monkeypatch.setattr(plugin, "BREAKS", set())
    assert confirm(central, page, why="again").status_code == 303


def test_what_is_wrong_with_a_setting_that_is_not_on_the_form_names_it(
    kinds: Flask, central: FormClient, change: Changes, preview: Changes, platform_session: ScopedSession
) -> None:
    assert change(central, PAGE, {"enabled": "y", "left": ["set-words"]}).status_code == 303
    old = {**kept(platform_session), "whole": 0}
    with transaction(platform_session):
        platform_session.execute(sa.update(PluginState).where(PluginState.plugin == "kinds").values(settings=old))
        platform_session.execute(sa.update(Tenant).values(config_version=Tenant.config_version + 1))
    lead = client_of(kinds, make_person(kinds, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")]))
    page = preview(lead, LEADS, {"set-words": "other"})
    assert page.status_code == 422
    assert "Whole: Enter 1 or more" in page.text


def test_the_contract_keeps_a_plugin_from_settings_that_no_form_can_set(kinds: Flask) -> None:
    class Settings(Lax):
        """With two that the form would spoil."""

        more: dict[str, int] = {"a": 1}
        names: frozenset[str] = frozenset({"a"})

    known = kinds.extensions["q.registry"].plugins["kinds"]
    assert settings_problems(known) == []
    found = settings_problems(replace(known, settings=Settings))
    assert [line for line in found if "no title" not in line] == [
        f"the setting {name} cannot be set in a form: docs/write-a-plugin.md, “Settings”, says which kinds can"
        for name in ("more", "names")
    ]
