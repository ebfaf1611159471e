"""What a service can answer instead of a result. Views turn each kind into a page; nothing here knows HTTP."""

from collections.abc import Mapping
from typing import Any

from core.kernel.text import N_


class DomainError(Exception):
    """A use case said no. `message` is an English msgid marked with `N_`; `params` fill its `%(name)s` places."""

    default = N_("This could not be done.")

    def __init__(self, message: str | None = None, **params: Any) -> None:
        self.message = message or self.default
        self.params = params
        super().__init__(self.message % params if params else self.message)


class NotFound(DomainError):
    """There is no such thing here: missing, or another tenant's; the caller must not be able to tell which."""

    default = N_("We could not find that page.")


class Forbidden(DomainError):
    """The actor lacks the permission. `permission` names it, so that the page can say which role would have it."""

    default = N_("Your account does not allow this.")

    def __init__(self, permission: str, message: str | None = None, **params: Any) -> None:
        self.permission = permission
        super().__init__(message, **params)


class Declined(DomainError):
    """What was asked for is there and allowed, but cannot be done as it was sent: the page it came from says why and asks again. What
    is missing or forbidden is none of these: it has pages of its own."""


class Conflict(Declined):
    """Somebody changed it meanwhile: the conditional update matched no row."""

    default = N_("Somebody changed this while you were looking at it. Check it and try again.")


class Refused(Declined):
    """A rule says no, whoever asks: full, closed, too late, not in this state."""


class Invalid(Declined):
    """What was typed cannot be taken. `field_errors` maps a form field's name to an English msgid."""

    default = N_("Check the answers below.")

    def __init__(self, field_errors: Mapping[str, str], message: str | None = None) -> None:
        self.field_errors = dict(field_errors)
        super().__init__(message)
