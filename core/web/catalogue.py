"""Keeping the Welsh catalogues complete: which messages the code and the templates have, and which lack their Welsh."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.pofile import read_po, write_po

KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None, "_l": None, "N_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2),
}  # fmt: skip
METHODS = [
    ("**.py", f"{__name__}:python"),
    ("**.html", "jinja2.ext:babel_extract"),
    ("**.txt", "jinja2.ext:babel_extract"),
]
"""Named by module: for a short name Babel reads what every installed package offers, once for each file."""
MARKED = re.compile(rf"\b(?:{'|'.join(KEYWORDS)})(?:\s|\\|#.*\n)*\(".encode())
"""Where a message may be marked. A file without one, as two in three are, need not be read word by word."""
OPTIONS = {"**.html": {"trimmed": "true"}, "**.txt": {"trimmed": "true"}}
PLURALS = "nplurals=5; plural=(n==1 ? 1 : n==2 ? 2 : n==3 ? 3 : n==6 ? 4 : 0)"
"""The rule by which every Welsh plural is chosen, whoever's catalogue it stands in: they are read as one, by the platform's own."""
PLACES = re.compile(r"%\((\w+)\)[sd]")


def extract(folders: Iterable[Path]) -> Catalog:
    """Every marked message in the Python files and templates below `folders`."""
    catalogue = Catalog(project="Q", header_comment="# The words of the Q platform")
    for folder in folders:
        found = extract_from_dir(str(folder), METHODS, OPTIONS, KEYWORDS, strip_comment_tags=True)
        for name, _line, message, _comments, context in found:
            catalogue.add(message, locations=[(f"{folder.name}/{name}", 1)], context=context)
    return catalogue


def python(
    file: IO[bytes], keywords: Mapping[str, Any], tags: Iterable[str], options: Mapping[str, Any]
) -> Iterator[Any]:
    """Babel's own reader of Python, for files in which a message may be marked."""
    if MARKED.search(file.read()):
        file.seek(0)
        yield from extract_python(file, keywords, tuple(tags), dict(options))  # type: ignore[arg-type]  # Babel's, as it was called


def read(path: Path) -> Catalog:
    """A .po file, or an empty Welsh catalogue where there is none yet."""
    if not path.exists():
        found = Catalog(locale="cy")
        found.mime_headers = [("Plural-Forms", PLURALS)]
        return found
    with path.open("rb") as file:
        return read_po(file, locale="cy")


def update(path: Path, folders: Iterable[Path]) -> list[str]:
    """Bring the catalogue at `path` in step with the code, keeping its translations; the msgids that lack one."""
    catalogue = read(path)
    made = catalogue.creation_date
    catalogue.update(extract(folders), no_fuzzy_matching=True)
    catalogue.creation_date = made  # else two people who add words always collide on the line with the time
    catalogue.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(
            file, catalogue, width=110, omit_header=False, sort_output=True, no_location=True, ignore_obsolete=True
        )
    return problems(path, folders)


def problems(path: Path, folders: Iterable[Path]) -> list[str]:
    """One line for each message without its Welsh, marked fuzzy, or with other places to fill than the English has; and one where
    plurals are written for another rule than the platform's."""
    catalogue = read(path)
    found = []
    rule = f"nplurals={catalogue.num_plurals}; plural={catalogue.plural_expr}"
    if rule != PLURALS and any(message.pluralizable for message in catalogue if message.id):
        found.append(f"the header must have Plural-Forms: {PLURALS};")
    for message in extract(folders):
        if not message.id:
            continue
        translated = catalogue.get(message.id, message.context)
        name = message.id if isinstance(message.id, str) else message.id[0]
        if translated is None or translated.fuzzy or not _whole(translated):
            found.append(f"no Welsh: {name}")
        elif not _same_places(message, translated):
            found.append(f"other places to fill: {name}")
    return found


def _texts(message: Message) -> tuple[str, ...]:
    strings = message.string
    return (strings,) if isinstance(strings, str) else tuple(strings or ())


def _whole(message: Message) -> bool:
    return bool(_texts(message)) and all(_texts(message))


def _same_places(english: Message, welsh: Message) -> bool:
    ids = (english.id,) if isinstance(english.id, str) else tuple(english.id)
    wanted = {place for text in ids for place in PLACES.findall(text)} - {"num"}
    return all(set(PLACES.findall(text)) - {"num"} == wanted for text in _texts(welsh))
