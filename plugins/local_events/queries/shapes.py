"""From a tuple's fields to the columns of the same names."""

from typing import Any


def columns(shape: type[Any], model: type[Any]) -> list[Any]:
    """The columns of `model` that the fields of the named tuple `shape` are called after, in its order."""
    return [getattr(model, name) for name in shape._fields]
