"""The link between an application and its equality answers: worked out from a key that is not in the database."""

import hashlib
import hmac

from core.admissions.content.shapes import Nation

PURPOSE = b"admissions.equality"


def link(secret_key: str, application_id: str) -> str:
    """The link (64 hex digits) under which the equality answers of an application are kept.

    Without the platform's secret key nobody can tell which answers belong to which application, in either direction. Only
    these work it out: the applicant's own page and file, the job that counts, and the move to another area.
    """
    key = hmac.new(secret_key.encode(), PURPOSE, hashlib.sha256).digest()
    return hmac.new(key, application_id.encode(), hashlib.sha256).hexdigest()


def links(secret_key: str, before: str, application_id: str) -> list[str]:
    """Where answers of an application may be: under the link of the present key, and, where there is one `before` ("" for none),
    under its link."""
    return [link(one, application_id) for one in (secret_key, before) if one]


def nation_of(slug: str) -> Nation:
    """The nation whose questions somebody reads who applies at a partner's site: three are sites of their own, England's
    regions are all others."""
    nations: dict[str, Nation] = {"scotland": "scotland", "wales": "wales", "northern-ireland": "northern_ireland"}
    return nations.get(slug, "england")
