"""The hand-written table of local authorities (`areas.toml`) and what is drawn from it: which partners cover an outward code."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

HERE = Path(__file__).parent


class AreasError(ValueError):
    """`areas.toml` contradicts itself; the message names the code at fault."""


@dataclass(frozen=True, slots=True)
class Areas:
    """Local authorities by their ONS code, such as `S12000033`.

    `tenant` is the slug of the partner that covers it, `names` its name, `partly` the slugs of partners that cover a part
    of it beside that one, `outside` the codes in the postcode directory that are not in the United Kingdom.
    """

    tenant: Mapping[str, str]
    names: Mapping[str, str]
    partly: Mapping[str, tuple[str, ...]]
    outside: frozenset[str]

    def slugs(self) -> frozenset[str]:
        """Every partner that covers something."""
        return frozenset(self.tenant.values())


def read_areas(text: str) -> Areas:
    """The table out of the text of `areas.toml`. Raises AreasError when a code stands twice or a part has no whole."""
    raw = tomllib.loads(text)
    tenant: dict[str, str] = {}
    names: dict[str, str] = {}
    for slug, authorities in raw["covers"].items():
        for code, name in authorities.items():
            if code in tenant:
                raise AreasError(f"{code} ({name}) is listed for both {tenant[code]} and {slug}")
            tenant[code], names[code] = slug, name
    partly = {code: tuple(slugs) for code, slugs in raw["partly"].items()}
    for code, slugs in partly.items():
        if code not in tenant or tenant[code] in slugs or not set(slugs) <= set(tenant.values()):
            raise AreasError(f"{code} in `partly` must be covered by one partner and name others")
    return Areas(MappingProxyType(tenant), MappingProxyType(names), MappingProxyType(partly), frozenset(raw["outside"]))


@cache
def load_areas() -> Areas:
    """The table, read once."""
    return read_areas((HERE / "areas.toml").read_text("utf-8"))


@cache
def load_outcodes() -> Mapping[str, tuple[str, ...]]:
    """The outward code of a postcode (`EH1`) to the slugs of the partners whose areas it lies in, the likeliest first."""
    raw = json.loads((HERE / "outcodes.json").read_text("utf-8"))
    found = {code: (slug,) for slug, codes in raw["whole"].items() for code in codes.split()}
    return MappingProxyType(found | {code: tuple(slugs) for code, slugs in raw["shared"].items()})


@cache
def load_straddled() -> Mapping[str, tuple[str, ...]]:
    """An outward code that lies in several partners' areas to the codes of its local authorities, the likeliest first."""
    raw = json.loads((HERE / "outcodes.json").read_text("utf-8"))
    return MappingProxyType({code: tuple(codes.split()) for code, codes in raw["within"].items()})
