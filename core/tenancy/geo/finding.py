"""Which partner covers a place in the United Kingdom: by postcode, offline; where that is not enough, by local authority."""

import re
from dataclasses import dataclass

from core.kernel.errors import Invalid
from core.kernel.text import N_
from core.tenancy.geo.areas import load_areas, load_outcodes, load_straddled

_INWARD = re.compile(r"\d[A-Z]{2}$")
_SHAPE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?$")
LONGEST = 12


@dataclass(frozen=True, slots=True)
class Authority:
    """A local authority that an outward code lies in: its ONS code, its name, and the slugs of the partners that cover it
    (several where it is divided between them)."""

    code: str
    name: str
    partners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Covering:
    """What an outward code tells: the slugs of the partners it lies with, the likeliest first; where there are several,
    the local authorities to choose from."""

    outcode: str
    partners: tuple[str, ...]
    authorities: tuple[Authority, ...]

    @property
    def certain(self) -> bool:
        """Whether there is one partner, so that nothing need be asked."""
        return len(self.partners) == 1

    def in_authority(self, code: str) -> tuple[str, ...]:
        """The partners that remain when somebody says which local authority it is. Raises Invalid for one not offered."""
        found = next((one for one in self.authorities if one.code == code), None)
        if found is None:
            raise Invalid({"authority": N_("Choose one of the places shown.")})
        return found.partners


def outcode_of(text: str) -> str:
    """The outward code of a postcode as people type it: `eh1 1yz`, `EH11YZ` and `eh1` all give `EH1`.

    Raises Invalid (field `postcode`) for what is no postcode.
    """
    typed = re.sub(r"[\s.\-]", "", text).upper()
    if not typed or len(typed) > LONGEST:
        raise Invalid({"postcode": N_("Enter a postcode, like EH1 1YZ, or its first half.")})
    known = load_outcodes()
    if _INWARD.search(typed) and (typed[:-3] in known or _SHAPE.match(typed[:-3])):
        typed = typed[:-3]
    if not _SHAPE.match(typed) and typed not in known:
        raise Invalid({"postcode": N_("Enter a postcode, like EH1 1YZ, or its first half.")})
    return typed


def covering(text: str) -> Covering:
    """Who covers a postcode or its first half. Raises Invalid (field `postcode`) for one that is none or is unknown."""
    outcode = outcode_of(text)
    partners = load_outcodes().get(outcode)
    if partners is None:
        raise Invalid({"postcode": N_("We do not know this postcode. Choose your area from the list instead.")})
    areas = load_areas()
    authorities = tuple(
        Authority(code, areas.names[code], (areas.tenant[code], *areas.partly.get(code, ())))
        for code in load_straddled().get(outcode, ())
    )
    return Covering(outcode, partners, authorities)
