"""It said `hours` in its first version, and says `minutes` now; a site that kept 13 hours cannot be helped, one that
kept none begins anew, and of 14 hours it answers what are no pairs."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from core.sdk import hookimpl


class SETTINGS(BaseModel):
    """How long, and a word that the first version had too."""

    model_config = ConfigDict(extra="forbid", strict=True)
    minutes: int = Field(60, title="Minutes")
    word: str = Field("plain", title="Word")


@hookimpl
def q_settings_upgrade(settings: Mapping[str, Any], from_version: int) -> Iterable[tuple[str, Any]]:
    """Minutes of hours."""
    assert from_version == 1
    hours = settings["hours"]
    if hours == 13:
        raise RuntimeError("an unlucky number")
    if hours == 0:
        return ()
    if hours == 14:
        return [("minutes", 840, "word")]  # type: ignore[list-item]  # what no type checker has looked at
    return {"minutes": 60 * hours, "word": settings["word"]}.items()
