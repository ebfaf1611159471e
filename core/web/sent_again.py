"""What somebody typed outlives their session: a form that was sent after it ended, or with a token that is too old, is shown once
more with every answer in it, to be sent again.

Only where the browser says that the form came from a page of this host: else somebody else's page could put its own words into
such a form, and a press would send them.
"""

from collections.abc import Collection
from urllib.parse import quote
from weakref import WeakKeyDictionary

from flask import Response, g, make_response, render_template, request
from wtforms import Form as WTForm
from wtforms import PasswordField
from wtforms.fields.core import UnboundField

from core.web.forms import SecretField

HOUSEKEEPING = frozenset({"csrf_token", "form_key", "version", "step", "go"})
"""Fields that the page filled in, not the person: a form of nothing else is a press of a button."""
SECRET = (PasswordField, SecretField)
"""A form with a field of these kinds is not shown again: what is secret stands on no page."""
READABLE = 20
"""From this many characters on an answer is shown to be read, and copied, as well."""
_SECRETS: WeakKeyDictionary[type[WTForm], set[str]] = WeakKeyDictionary()
"""The names of each class's secret fields. Weak, because some classes are made for one request."""


def return_path() -> str:
    """Where to come back to after signing in, ready for an address: this page where it can be opened, else the site's start."""
    rule = request.url_rule
    if request.method != "GET" and (rule is None or "GET" not in (rule.methods or ())):
        return f"{g.here.prefix}/"
    query = request.query_string.decode("ascii", "ignore")
    path = request.script_root + request.path
    return quote(path + ("?" + query if query else ""), safe="/=")  # a line break, say, cannot stand in a header


def kept(status: int, why: str = "", without: Collection[str] = ()) -> Response | None:
    """The page that keeps what the present request sent, but for the fields `without`; None where it sent nothing that was typed,
    or not from here. `why`, in the reader's language, is what it says instead of that it came too late."""
    sent = [(name, one) for name, one in request.form.items(multi=True) if name != "csrf_token" and name not in without]
    typed = [value for name, value in sent if name not in HOUSEKEEPING and value.strip()]
    if not typed or not _from_here() or secrets().intersection(name.rpartition("-")[2] for name, _ in sent):
        return None
    body = render_template(
        "errors/sent_again.html", sent=sent, why=why, signed_out=not g.here.visitor.signed_in, files=bool(request.files),
        next=return_path(), words=[value for value in typed if len(value) >= READABLE],
    )  # fmt: skip
    return make_response(body, status)


def secrets() -> set[str]:
    """What the secret fields of all forms are called, without what a form of forms puts before it: the form that was sent is not
    known here, for its view was not reached."""
    found, forms = set(), [WTForm]
    while forms:
        form = forms.pop()
        forms += form.__subclasses__()
        if form not in _SECRETS:
            fields = ((name, getattr(form, name, None)) for name in dir(form))
            _SECRETS[form] = {
                name for name, one in fields if isinstance(one, UnboundField) and issubclass(one.field_class, SECRET)
            }
        found |= _SECRETS[form]
    return found


def _from_here() -> bool:
    """Whether a page of this host sent it: its token was good, or the browser, which lets no page claim to be another's, says so."""
    if g.get("csrf_valid"):
        return True
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return False
    return request.headers.get("Origin", "") == request.host_url.rstrip("/")
