"""What every model of the rules shares: frozen, strict, and with one way of being written down."""

import hashlib
import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""A key or a pseudonym. Names of people and free text do not fit into it, so none can reach a rule by mistake."""


class Frozen(BaseModel):
    """A value that never changes, takes nothing unknown and converts nothing silently."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def canonical(value: BaseModel) -> str:
    """The one JSON text of a model: sorted keys, no spaces. Equal values give equal bytes, in every process."""
    return written(value.model_dump(mode="json", warnings="error"))


def written(value: Any) -> str:
    """The same for a plain JSON value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256(text: str) -> str:
    """The hash under which a canonical text is kept."""
    return hashlib.sha256(text.encode()).hexdigest()
