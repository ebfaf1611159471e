"""The form of one plugin: its switch, its settings, and what of both is left to the partner."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from wtforms import BooleanField, HiddenField
from wtforms.fields.choices import SelectChoice

from core.hooks.registry import Plugin
from core.kernel.text import N_
from core.tenancy.left import Left, everything, ticked
from core.web.forms import CheckboxesField, Form
from core.web.i18n import lazy_gettext as _l
from core.web.i18n import say
from core.web.model_forms import PREFIX, model_fields, setting_title, shown

SWITCH = "enabled"
SWITCH_TITLE = N_("Switch this plugin on and off")
LEFT_TITLE = N_("What the partner may change")


class SettingsForm(Form):
    """The switch and the settings of one plugin; the settings' fields are added by `settings_form`."""

    enabled = BooleanField(_l("Switched on"))
    left = CheckboxesField(_l(LEFT_TITLE), validate_choice=False)
    revision = HiddenField()


def settings_form(
    plugin: Plugin,
    only: Iterable[str] | None,
    values: Mapping[str, Any],
    *,
    enabled: bool,
    left: Left,
    revision: int,
    sent: bool,
) -> Any:
    """A form for the settings of `plugin` (or those named in `only`): filled with what was `sent`, else with the rest."""
    model, offered = plugin.settings, everything(plugin)
    names = [name for name in model.model_fields if only is None or name in set(only)]
    made: Any = type("PluginSettingsForm", (SettingsForm,), model_fields(model, names))
    data = {PREFIX + name: shown(value) for name, value in values.items()}
    data |= {"enabled": enabled, "revision": str(revision), "left": _boxes(left)}
    form = made(data=data) if sent else made(formdata=None, data=data)
    form.left.choices = [SelectChoice(*pair) for pair in zip(_boxes(offered), left_titles(model, offered), strict=True)]
    return form


def _boxes(left: Left) -> list[str]:
    """The boxes that are ticked for `left`."""
    return [SWITCH] * left.switch + [PREFIX + name for name in left.settings]


def sent_left(plugin: Plugin, now: Left, boxes: Iterable[str]) -> Left:
    """What the ticked `boxes` decide. A box that no page offers stays in it as a name, for a service to refuse."""
    names = set(boxes)
    return ticked(plugin, now, SWITCH in names, (name.removeprefix(PREFIX) for name in names - {SWITCH}))


def left_titles(model: type[BaseModel], left: Left) -> list[str]:
    """What is left to a partner, in the reader's language and in the order of the form."""
    settings = [setting_title(name, model.model_fields.get(name)) for name in left.settings]
    return [say(SWITCH_TITLE)] * left.switch + settings
