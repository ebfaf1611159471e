"""Public events as an Atom feed (RFC 4287), for news readers and other sites."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID
from xml.etree import ElementTree as ET

from plugins.local_events.queries.calendars import Dated

NAMESPACE = "http://www.w3.org/2005/Atom"
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
BEFORE_ANY = datetime(2017, 2, 22, tzinfo=UTC)
"""When a feed without entries last changed: RFC 4287 asks for a time. It is the source's own."""


def feed(
    events: Sequence[tuple[Dated, str, str]], *, name: str, author: str, href: str, page_href: str, language: str,
    closed: str = "",
) -> bytes:  # fmt: skip
    """The feed at `href` about the page at `page_href`: `events` are (event, its address, its kind in words).

    While the events have no pages, `closed` says so in each entry instead of a link (RFC 4287, 4.1.2: an entry without one
    has content).
    """
    ET.register_namespace("", NAMESPACE)
    root = ET.Element(f"{{{NAMESPACE}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": language})
    _add(root, "id", href)
    _add(root, "title", name)
    _add(root, "updated", _stamp(max((event.modified_at for event, _, _ in events), default=BEFORE_ANY)))
    _add(_add(root, "author"), "name", author)
    _add(root, "link", rel="self", type="application/atom+xml", href=href)
    _add(root, "link", rel="alternate", type="text/html", href=page_href)
    for event, address, kind in events:
        one = _add(root, "entry")
        _add(one, "id", _urn(event.uid))
        _add(one, "title", event.title)
        _add(one, "updated", _stamp(event.modified_at))
        _add(one, "published", _stamp(event.published_at or event.modified_at))
        if closed:
            _add(one, "content", f"{event.summary}\n\n{closed}", type="text")
        else:
            _add(one, "link", rel="alternate", type="text/html", href=address)
        _add(one, "category", term=event.kind, label=kind)
        _add(one, "summary", event.summary)
    written: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + written


def _add(parent: ET.Element, tag: str, text: str | None = None, /, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, f"{{{NAMESPACE}}}{tag}", attributes)
    if text is not None:
        child.text = "".join(
            char for char in text if char in "\t\n" or char >= " "
        )  # XML has no other control character
    return child


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _urn(uid: str) -> str:
    """The event's name for ever as an address: our ids are UUIDs (version 7) in 26 base-32 characters."""
    value = 0
    for char in uid:
        value = value << 5 | _ALPHABET.index(char)
    return UUID(int=value & (1 << 128) - 1).urn
