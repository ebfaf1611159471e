"""What the fields of an export are called on its page. A plugin's field that is not here is called as its name reads."""

from core.kernel.text import N_

LABELS = {
    "about": N_("A few words about you"),
    "about_you": N_("About you"),
    "account": N_("Account"),
    "action": N_("Action"),
    "after": N_("After"),
    "at": N_("When"),
    "before": N_("Before"),
    "by_you": N_("Done by you"),
    "changed_at": N_("Changed"),
    "closed_at": N_("Closed"),
    "cohort": N_("Cohort"),
    "confirmed_at": N_("Address confirmed"),
    "created_at": N_("Made"),
    "device": N_("Device"),
    "email": N_("Email address"),
    "end_reason": N_("Why it ended"),
    "ended_at": N_("Ended"),
    "ends_on": N_("To"),
    "erase_after": N_("To be erased after"),
    "granted_at": N_("Given"),
    "id": N_("Number"),
    "job_title": N_("What you do"),
    "language": N_("Language"),
    "left_on": N_("Left"),
    "locality": N_("Town or area"),
    "name": N_("Name"),
    "network_address": N_("Network address"),
    "organisation": N_("Where you work"),
    "reason": N_("Reason"),
    "registered_at": N_("Registered"),
    "role": N_("Role"),
    "seen_at": N_("Last used"),
    "sent_at": N_("Sent"),
    "signed_in_at": N_("Last signed in"),
    "since": N_("Member since"),
    "site": N_("Site"),
    "starts_at": N_("Begins"),
    "starts_on": N_("From"),
    "state": N_("State"),
    "status": N_("State"),
    "subject": N_("Subject"),
    "text": N_("Text"),
    "title": N_("Title"),
    "to_address": N_("Sent to"),
    "when": N_("When"),
    "why": N_("Reason"),
}


def label(name: str) -> str:
    """The msgid for a field, or its name made readable."""
    return LABELS.get(name) or name.replace("_", " ").capitalize()
