"""Which partner covers somebody, as far as they have told: an answer, or the next thing to ask. Nothing is guessed."""

from dataclasses import dataclass

from core.kernel.errors import Invalid
from core.tenancy.geo.finding import Authority, Covering, covering


@dataclass(frozen=True, slots=True)
class Found:
    """`partners` are slugs: one is the answer, several are for the person to choose from. Where `authorities` are given,
    they are to be asked about first. `authority` is the name of the one that was chosen."""

    outcode: str
    partners: tuple[str, ...]
    authorities: tuple[Authority, ...] = ()
    authority: str = ""

    @property
    def certain(self) -> bool:
        """Whether there is nothing left to ask."""
        return len(self.partners) == 1 and not self.authorities


def find(postcode: str, authority: str = "") -> Found:
    """Who covers a postcode, in the local authority with the code `authority` where one was chosen.

    Raises Invalid, by field: `postcode` for one that is none or is unknown, `authority` for one that was not offered.
    """
    covered = covering(postcode)
    if covered.certain:
        return Found(covered.outcode, covered.partners)
    if not covered.authorities:
        return Found(covered.outcode, covered.partners)
    if not authority and len(covered.authorities) == 1:  # one that is divided: it need not be asked about
        authority = covered.authorities[0].code
    if not authority:
        return Found(covered.outcode, covered.partners, covered.authorities)
    return Found(covered.outcode, covered.in_authority(authority), authority=_name(covered, authority))


def asked(postcode: str, authority: str = "") -> tuple[Found | None, dict[str, str]]:
    """What `find` gives and no errors, or the errors by field; where only the authority is wrong, the question again too."""
    try:
        return find(postcode, authority), {}
    except Invalid as error:
        wrong = error.field_errors
    return (find(postcode) if "authority" in wrong else None), wrong


def _name(covered: Covering, code: str) -> str:
    return next(one.name for one in covered.authorities if one.code == code)
