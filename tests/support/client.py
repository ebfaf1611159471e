"""A test client that fills in forms as a person does: load the page, keep its hidden fields, send."""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.web.page_forms import FoundForm, forms

__all__ = ["FormClient", "FoundForm", "forms", "without_token"]


def without_token(page: str) -> str:
    """A page without the form token in its menu, which is signed anew every second."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)


class FormClient(FlaskClient):
    """Flask's test client, with `submit`."""

    def submit(
        self, path: str, values: dict[str, Any] | None = None, *, form: int | str | None = None, **options: Any
    ) -> TestResponse:
        """Load `path`, fill in one of its forms with `values` and send it; the answer, redirects not followed.

        `form` chooses among several by position or by a part of its action; without it the page's only form that
        posts and has one of the fields is taken. A value None leaves the field out. `options` go to the request.
        """
        return self._send(self._form(path, values or {}, form), path, values or {}, options)

    def submit_each(
        self, path: str, given: Sequence[dict[str, Any]], *, form: int | str | None = None
    ) -> Iterator[TestResponse]:
        """Load `path` once and send the same form of it with each of `given`: as somebody who goes back after each answer. For what is
        refused: what is taken can be sent once."""
        found = self._form(path, given[0], form)
        return (self._send(found, path, values, {}) for values in given)

    def _form(self, path: str, values: dict[str, Any], form: int | str | None) -> FoundForm:
        page = self.get(path)
        assert page.status_code == 200, f"{path} answered {page.status_code}"
        return _choose(forms(page.text), values, form, path)

    def _send(self, found: FoundForm, path: str, values: dict[str, Any], options: dict[str, Any]) -> TestResponse:
        sent: dict[str, Any] = {**found.fields, **values}
        target = found.action or path
        parts = urlsplit(target)
        where = parts.path + (f"?{parts.query}" if parts.query else "")
        return self.open(
            where, method=found.method.upper(), data={k: v for k, v in sent.items() if v is not None}, **options
        )


def _choose(found: list[FoundForm], values: dict[str, Any], form: int | str | None, path: str) -> FoundForm:
    posting = [f for f in found if f.method == "post"]
    if isinstance(form, int):
        return found[form]
    if isinstance(form, str):
        posting = [f for f in posting if form in f.action]
    elif len(posting) > 1:
        posting = [f for f in posting if set(values) & (set(f.fields) | set(f.kinds))] or posting
    assert posting, f"{path} has no such form; it has {[f.action for f in found]}"
    return posting[0]
