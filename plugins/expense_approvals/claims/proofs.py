"""The kinds of proof that a cost can have, as the policy's rules name them."""

from collections.abc import Mapping

from core.sdk import N_

PROOFS: Mapping[str, str] = {
    "receipt": N_("A receipt or ticket"),
    "bank_line": N_("The line of a bank statement"),
    "map": N_("A picture of the route on a map"),
}
