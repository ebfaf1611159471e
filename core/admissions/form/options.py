"""Options of a question as people write them: one on each line, `key | English | Welsh`; a new one may leave the key out."""

import re
import unicodedata
from dataclasses import dataclass

from core.admissions.form.schema import Option, Question, Said

_NO_LETTER = re.compile(r"[^a-z0-9]+")
_KEY = re.compile(r"[a-z][a-z0-9_]{1,39}")


@dataclass(frozen=True, slots=True)
class Written:
    """What was read; `bad` are the numbers (from 1) of lines that make no option, `twice` the keys that stand twice."""

    options: tuple[Option, ...]
    bad: tuple[int, ...]
    twice: tuple[str, ...]


def key_of(words: str) -> str:
    """A key made from English words: `On the job` is `on_the_job`; empty where no key can be made of them."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    key = _NO_LETTER.sub("_", plain).strip("_")[:40].rstrip("_")
    return key if _KEY.fullmatch(key) else ""


def read_options(text: str) -> Written:
    """The options that `text` writes; blank lines are nothing."""
    options: list[Option] = []
    bad: list[int] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        parts = [part.strip() for part in line.split("|")]
        key = parts[0] if len(parts) == 3 else key_of(parts[0])
        english, welsh = (parts[-2], parts[-1]) if len(parts) in {2, 3} else ("", "")
        if not english or not _KEY.fullmatch(key) or len(english) > 2000 or len(welsh) > 2000:
            bad.append(number)
            continue
        options.append(Option(key=key, label=Said(en=english, cy=welsh)))
    keys = [option.key for option in options]
    return Written(tuple(options), tuple(bad), tuple(sorted({key for key in keys if keys.count(key) > 1})))


def option_lines(question: Question) -> str:
    """A question's options as `read_options` reads them."""
    return "\n".join(f"{option.key} | {option.label.en} | {option.label.cy}" for option in question.options)
