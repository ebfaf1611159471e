"""The plugin's words: all of them in Welsh, and what its README says of its states."""

from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract
from babel.messages.pofile import read_po

import plugins.local_events
from plugins.local_events.states import EVENT, REGISTRATION

HOME = Path(str(plugins.local_events.__file__)).parent
MARKS = {"N_": None, "_": None, "_l": None, "lazy_gettext": None, "gettext": None, "ngettext": (1, 2)}


def _words() -> set[str]:
    found: set[str] = set()
    for method, pattern in (("python", "**/*.py"), ("jinja2.ext:babel_extract", "templates/**/*.html")):
        for path in HOME.glob(pattern):
            for _, message, _, _ in extract(method, BytesIO(path.read_bytes()), MARKS, options={"trimmed": "true"}):
                found.add(message if isinstance(message, str) else message[0])
    return found


def test_every_word_has_its_welsh():
    with (HOME / "translations" / "cy" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale="cy")
    welsh = {(m.id if isinstance(m.id, str) else m.id[0]): m for m in catalogue if m.id}
    words = _words()
    assert len(words) > 100
    assert words - set(welsh) == set()
    for message in welsh.values():
        texts = [message.string] if isinstance(message.string, str) else list(message.string or [""])
        assert all(texts), message.id
        assert not message.fuzzy
        assert not list(message.check(catalogue)), message.id


def test_the_list_is_in_welsh_for_who_wants_it(client):
    page = client.get("/wales/events/", headers={"Accept-Language": "cy"}).text
    assert "Nid oes dim wedi’i gynllunio yma eto." in page
    assert "Nothing is planned" not in page


def test_the_readme_draws_the_same_states():
    text = (HOME / "README.md").read_text("utf-8")
    assert EVENT.mermaid() in text
    assert REGISTRATION.mermaid() in text
    for row in REGISTRATION.transitions:
        assert f"| {row.event} | {row.source} | {row.target} | {row.who} | {row.guard} |" in text
