"""Email addresses: what can be one, and the form in which two of them are compared."""

import unicodedata

LONGEST = 254


def normal(address: str) -> str:
    """The form under which an address is looked up and unique: composed, case folded, no space at either end."""
    return unicodedata.normalize("NFC", address.strip()).casefold()


def is_address(text: str) -> bool:
    """Whether `text` can be an address we can write to. Whether it exists is for the mail to find out: no look-up.

    Its domain stands there as it is, or in ASCII: written in other letters that mean the same (full-width ones, say) one mailbox
    would have any number of addresses, each with limits and an account of its own.
    """
    from email_validator import EmailNotValidError, validate_email  # heavy: 25 ms, with a DNS library that is not used

    if len(text) > LONGEST:
        return False
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return False
    domain = unicodedata.normalize("NFC", text.rpartition("@")[2]).lower()
    return domain in {found.domain, found.ascii_domain}
