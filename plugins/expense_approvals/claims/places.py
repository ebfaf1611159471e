"""Postcodes at the two ends of a journey."""

import re

from core.sdk import N_, Invalid

UNCLEAR = N_("Enter a whole postcode, like EH1 1YZ.")
_WHOLE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")


def postcode_typed(typed: str, field: str) -> str:
    """A postcode as it is written: `eh11yz` gives `EH1 1YZ`. Raises Invalid (for `field`) for what has not the form of one."""
    found = _WHOLE.fullmatch(re.sub(r"[ .\-]", "", typed[:20]).upper())
    if found is None:
        raise Invalid({field: UNCLEAR})
    return f"{found[1]} {found[2]}"
