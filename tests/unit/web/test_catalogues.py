"""Every word in Welsh: the core's catalogue and each plugin's."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from core.web.catalogue import PLURALS, extract, problems, update
from core.web.i18n import CORE_CATALOGUES, _catalogue

ROOT = Path(__file__).resolve().parents[3]
CORE = (
    ROOT / "core" / "web" / "translations" / "cy" / "LC_MESSAGES" / "messages.po",
    (ROOT / "core", ROOT / "templates"),
)
PLUGINS = [
    (folder / "translations" / "cy" / "LC_MESSAGES" / "messages.po", (folder,))
    for folder in sorted((ROOT / "plugins").iterdir())
    if (folder / "plugin.py").exists()
]


@pytest.mark.parametrize(
    ("path", "folders"), [CORE, *PLUGINS], ids=lambda value: value.parts[-5] if isinstance(value, Path) else ""
)
def test_nothing_lacks_its_welsh(path: Path, folders: tuple[Path, ...]) -> None:
    assert problems(path, folders) == []


def test_each_number_has_its_own_form_in_welsh() -> None:
    folders = (CORE_CATALOGUES, *(path.parents[2] for path, _ in PLUGINS))
    words = _catalogue(folders, "cy")
    found = [words.ungettext("%(num)s day", "%(num)s days", number) for number in (1, 2, 5)]
    assert found == ["%(num)s diwrnod", "%(num)s ddiwrnod", "%(num)s diwrnod"]
    claims = [
        words.ungettext("One claim waits to be paid.", "%(num)s claims wait to be paid.", number) for number in (1, 5)
    ]
    assert claims == ["Mae un hawliad yn aros i’w dalu.", "Mae %(num)s hawliad yn aros i’w talu."]


def test_the_same_message_has_one_welsh_wherever_it_stands() -> None:
    """One of them alone is shown, the core's first: money that is left was said to have left the room."""
    said: dict[str, set[str]] = {}
    for path, _ in (CORE, *PLUGINS):
        with path.open("rb") as words:
            for message in read_po(words, locale="cy"):
                said.setdefault(str(message.id), set()).add(str(message.string))
    assert {message: welsh for message, welsh in said.items() if message and len(welsh) > 1} == {}


def test_a_message_is_found_wherever_it_is_marked(tmp_path: Path) -> None:
    (tmp_path / "words.py").write_text(
        'said = say(KNOWN.get(left, N_("One inside another")), _("And beside it"))\n', "utf-8"
    )
    assert {message.id for message in extract([tmp_path]) if message.id} == {"One inside another", "And beside it"}


def _all_welsh() -> Iterator[tuple[str, ...]]:
    """The Welsh of every message of every catalogue: one text, or a form for each kind of number."""
    for path, _ in (CORE, *PLUGINS):
        with path.open("rb") as words:
            for message in read_po(words, locale="cy"):
                if message.id and message.string:
                    yield (message.string,) if isinstance(message.string, str) else tuple(message.string)


def test_a_noun_has_the_form_that_two_and_six_ask_of_it() -> None:
    """After dau and dwy it is softened, after chwe a p, t or c is aspirated: 2 le, 2 gais, 6 chais."""
    wrong = []
    for forms in _all_welsh():
        if len(forms) > 1 and "%(num)" in forms[2]:
            two, six = ("".join(re.findall(r"%\(num\)[sd] (\w+)", forms[kind])) for kind in (2, 4))
            # a b, g or d may be what became of p, c or t, which chwe would have aspirated
            was = {"b": "ph", "g": "ch", "d": "th"}.get(two[:1], "") if two[:2] != "dd" else ""
            if re.match("[ptcm]|ll|rh", two) or not six.startswith(was) or re.match("[ptc](?!h)", six):
                wrong.append(forms)
    assert wrong == []


def test_the_name_of_a_site_stands_where_nothing_changes_it() -> None:
    """Cymru would have to be yng Nghymru, i Gymru, gan Gymru, gyda Chymru."""
    changing = re.compile(r"\b(a|am|at|â|dan|dros|drwy|ei|gan|gyda|heb|hyd|i|na|neu|o|tan|wrth|yn) %\(sites?\)s")
    assert [forms for forms in _all_welsh() if any(changing.search(text) for text in forms)] == []


def test_a_term_has_one_welsh() -> None:
    """No catalogue has a word that the table of terms rules out, nor an apostrophe of a typewriter."""
    table = (ROOT / "docs" / "welsh.md").read_text("utf-8")
    ruled_out = [
        word.strip() for row in re.findall(r"^\|.*\|([^|]*)\|$", table, re.MULTILINE)[2:] for word in row.split(",")
    ]
    assert "gwefan" in ruled_out
    found = re.compile(rf"(?i)\b({'|'.join(filter(None, ruled_out))})\b|\w'")
    assert [forms for forms in _all_welsh() if any(found.search(text) for text in forms)] == []


def test_a_missing_translation_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("{{ _('Never translated %(name)s', name=1) }}")
    assert problems(tmp_path / "none.po", [tmp_path]) == ["no Welsh: Never translated %(name)s"]


def test_the_extraction_finds_python_and_templates() -> None:
    found = {
        message.id
        for message in extract([ROOT / "core" / "kernel", ROOT / "core" / "people", ROOT / "templates" / "people"])
    }
    assert {"Sign in", "Enter your name", "Partner lead"} <= found


def test_plurals_are_written_for_the_rule_by_which_they_are_read(tmp_path):
    (tmp_path / "some.py").write_text('ngettext("%(num)s book", "%(num)s books", 2)\n')
    po = tmp_path / "cy" / "LC_MESSAGES" / "messages.po"
    assert update(po, [tmp_path]) == ["no Welsh: %(num)s book"]
    made = po.read_text("utf-8")
    assert f"Plural-Forms: {PLURALS};" in made.replace('"\n"', "")
    assert made.count("msgstr[") == 5
    po.write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n==3 ? 3 : n==6 ? 4 : 5);\\n"\n\n'
        'msgid "%(num)s book"\nmsgid_plural "%(num)s books"\n'
        + "".join(f'msgstr[{form}] "%(num)s llyfr"\n' for form in range(6)),
        "utf-8",
    )
    assert problems(po, [tmp_path]) == [f"the header must have Plural-Forms: {PLURALS};"]


def test_the_platforms_own_catalogue_has_that_rule():
    with CORE[0].open("rb") as file:
        own = read_po(file, locale="cy")
    assert f"nplurals={own.num_plurals}; plural={own.plural_expr}" == PLURALS
