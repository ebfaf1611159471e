"""The form of one plugin's switch and settings."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from wtforms import BooleanField, HiddenField

from core.web.forms import Form
from core.web.i18n import lazy_gettext as _l
from core.web.model_forms import PREFIX, model_fields, shown


class SettingsForm(Form):
    """The switch and the settings of one plugin; the settings' fields are added by `settings_form`."""

    enabled = BooleanField(_l("Switched on"))
    revision = HiddenField()


def settings_form(
    model: type[BaseModel],
    only: Iterable[str] | None,
    values: Mapping[str, Any],
    *,
    enabled: bool,
    revision: int,
    sent: bool,
) -> Any:
    """A form for the settings of `model` (or those named in `only`): filled with what was `sent`, else with the rest."""
    names = [name for name in model.model_fields if only is None or name in set(only)]
    made: Any = type("PluginSettingsForm", (SettingsForm,), model_fields(model, names))
    data = {PREFIX + name: shown(value) for name, value in values.items()}
    data |= {"enabled": enabled, "revision": str(revision)}
    return made(data=data) if sent else made(formdata=None, data=data)
