"""A test client that fills in forms as a person does: load the page, keep its hidden fields, send."""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.kernel.ids import new_token
from core.web.page_forms import FoundForm, forms

__all__ = ["FormClient", "FoundForm", "forms", "without_token"]

KEY = "form_key"
"""The field that makes a second sending of the same form harmless."""


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
        return self._send(self.form(path, values, form=form), values, options)

    def submit_each(
        self, path: str, given: Sequence[dict[str, Any]], *, form: int | str | None = None
    ) -> Iterator[TestResponse]:
        """Load `path` once and send the same form of it with each of `given`."""
        found = self.form(path, given[0], form=form)
        return (self.send_again(found, values) for values in given)

    def form(self, path: str, values: dict[str, Any] | None = None, *, form: int | str | None = None) -> FoundForm:
        """The form of `path` that `submit` would send: for a test that sends one many times, with `send_again`."""
        page = self.get(path)
        assert page.status_code == 200, f"{path} answered {page.status_code}"
        found = _choose(forms(page.text), values or {}, form, path)
        found.action = found.action or path
        return found

    def send_again(self, form: FoundForm, values: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form that was loaded before, with a new one-use key, as its page loaded anew would have."""
        key = {KEY: new_token()} if KEY in form.fields else {}
        return self._send(form, {**key, **(values or {})}, options)

    def _send(self, form: FoundForm, values: dict[str, Any] | None, options: dict[str, Any]) -> TestResponse:
        sent: dict[str, Any] = {**form.fields, **(values or {})}
        parts = urlsplit(form.action)
        where = parts.path + (f"?{parts.query}" if parts.query else "")
        return self.open(
            where, method=form.method.upper(), data={k: v for k, v in sent.items() if v is not None}, **options
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
