"""Which conflicts of interest follow from what is known: plain values, no database.

Organisations and people are compared in a normalised form, since nobody writes a trust's name twice the same way. What
names do not give away (an abbreviation, a former name) people declare.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from core.kernel.text import N_
from core.people import emails

OWN, SAME_EMPLOYER, ASSESSED = "own_application", "same_employer", "assessed_before"
FLOOR = frozenset({OWN, SAME_EMPLOYER, ASSESSED})
"""The national floor: nobody puts a conflict of these kinds down by hand, and no partner can end one that follows from what is
known, whatever else it decides about conflicts."""
DERIVED = "derived"
OF_ORGANISATIONS = frozenset({"employer", "organisation", "other"})
OF_PEOPLE = frozenset({"person", "family", "co_author", "other"})
KINDS = {
    OWN: N_("Their own application"),
    SAME_EMPLOYER: N_("Works where the applicant works"),
    ASSESSED: N_("Assessed it at the partner that it came from"),
    "employer": N_("An employer, now or in the last three years"),
    "organisation": N_("Another organisation"),
    "person": N_("A friend or a colleague"),
    "family": N_("Family"),
    "co_author": N_("Somebody to write or publish with"),
    "other": N_("Something else"),
}
"""What a conflict, or an interest, is called."""
LONGEST = 200
_APOSTROPHES = re.compile(r"['’`]")
_NOT_WORDS = re.compile(r"[\W_]+")
_FORMS = re.compile(
    r"\b(nhs foundation trust|nhs trust|foundation trust|nhs|the|ltd|limited|plc|llp|cic|university health board|health board)\b"
)
"""What organisations leave out or add as they please. A name that is nothing else stays as it is."""


def stays(kind: str, source: str) -> bool:
    """Whether a standing conflict of that kind, which came about so, cannot be ended by a partner."""
    return kind == ASSESSED or (kind in FLOOR and source == DERIVED)


def normal(text: str) -> str:
    """A name of an organisation or a person as it is compared: lower case, no accents, no punctuation, no legal form."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    words = " ".join(_NOT_WORDS.sub(" ", _APOSTROPHES.sub("", plain.replace("&", " and "))).split())
    return (" ".join(_FORMS.sub(" ", words).split()) or words)[:LONGEST]


def normal_target(text: str) -> str:
    """The target of an interest as it is compared: an address as accounts have it, else a name."""
    return emails.normal(text)[:LONGEST] if emails.is_address(text.strip()) else normal(text)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of somebody on a panel. `workplace` and the targets of `interests` (kind, target) are normalised."""

    account_id: str
    workplace: str
    interests: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Applicant:
    """What is compared of an application: `organisation` normalised, the applicant's name, `email` as accounts have it."""

    application_id: str
    account_id: str
    organisation: str
    name: str
    email: str


def conflict(known: Known, applicant: Applicant) -> str:
    """The kind of conflict that follows, the gravest first; "" where there is none."""
    if known.account_id == applicant.account_id:
        return OWN
    employers = {known.workplace} | {target for kind, target in known.interests if kind == "employer"}
    if applicant.organisation and applicant.organisation in employers:
        return SAME_EMPLOYER
    people = {normal(applicant.name), applicant.email} - {""}
    for kind, target in sorted(known.interests):
        if kind in OF_ORGANISATIONS and target and target == applicant.organisation:
            return kind
        if kind in OF_PEOPLE and target in people:
            return kind
    return ""


def conflicts(known: Iterable[Known], applicants: Iterable[Applicant]) -> dict[tuple[str, str], str]:
    """{(application, account): kind} for every conflict that follows."""
    everybody = list(known)
    pairs = ((one, applicant) for applicant in applicants for one in everybody)
    return {
        (applicant.application_id, one.account_id): kind
        for one, applicant in pairs
        if (kind := conflict(one, applicant))
    }
