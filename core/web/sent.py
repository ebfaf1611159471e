"""What a form sent, and which of it somebody has asked for: see `turned_away`."""

from typing import Any, cast

from flask import Request, request
from werkzeug.datastructures import ImmutableMultiDict

EVERYWHERE = frozenset({"csrf_token", "form_key"})
"""Fields that any form may have, whether its view asks for them or not."""


class Sent(ImmutableMultiDict[str, Any]):
    """What was sent. It notes for which names somebody asks; to go through all of it is not to ask."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.asked: set[object] = set()

    def __getitem__(self, key: Any) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.asked.add(key)
        return super().__contains__(key)

    def getlist(self, key: Any, *args: Any, **more: Any) -> Any:
        """As of any of these."""
        self.asked.add(key)
        return super().getlist(key, *args, **more)


class FormRequest(Request):
    """A request that knows what its view asks it for."""

    parameter_storage_class = Sent
    answering = False
    """Whether a view is being asked for the answer to a form."""
    refusal = ""
    """Why the form is turned away, in the reader's words; empty while it is not."""


def form_has(*names: str) -> None:
    """Say of fields that the form which was sent has them: fields that the view looks at only after its first service, or not at all
    where another button was pressed. For all others asking is saying so."""
    for sent in (request.form, request.files):
        cast("Sent", sent).asked.update(names)


def refusal() -> str:
    """Why the form of the present request is turned away, in the reader's words; empty where it is not."""
    return cast("FormRequest", request).refusal


def unknown() -> list[str]:
    """The names of what was sent that nobody has asked for, in their order."""
    return [
        name
        for sent in (request.form, request.files)
        for name in sent
        if name not in cast("Sent", sent).asked and name not in EVERYWHERE
    ]
