"""A test client that fills in forms as a person does: load the page, keep its hidden fields, send."""

import re
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
        page = self.get(path)
        assert page.status_code == 200, f"{path} answered {page.status_code}"
        values = values or {}
        found = _choose(forms(page.text), values, form, path)
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
