"""The link between an application and its equality answers: worked out from a key that is not in the database."""

import hashlib
import hmac

PURPOSE = b"admissions.equality"


def link(secret_key: str, application_id: str) -> str:
    """The link (64 hex digits) under which the equality answers of an application are kept.

    Without the platform's secret key nobody can tell which answers belong to which application, in either direction. Only
    two callers work it out: the applicant's own page, and the job that counts.
    """
    key = hmac.new(secret_key.encode(), PURPOSE, hashlib.sha256).digest()
    return hmac.new(key, application_id.encode(), hashlib.sha256).hexdigest()
