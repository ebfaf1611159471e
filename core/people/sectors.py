"""Where in health and care somebody does most of their improvement work: the same list as the application form's question."""

from core.kernel.text import N_

SECTORS: dict[str, str] = {
    "hospital": N_("Hospital care"),
    "primary_care": N_("General practice, dentistry, pharmacy or optometry"),
    "community": N_("Community health services"),
    "mental_health": N_("Mental health or learning disability services"),
    "ambulance": N_("Ambulance services"),
    "social_care": N_("Social care"),
    "public_health": N_("Public health"),
    "commissioning": N_("Planning or commissioning of services"),
    "national_body": N_("Government, a regulator or a national body"),
    "university": N_("University or research"),
    "voluntary": N_("Charity or community group"),
    "private": N_("Private company or self-employed"),
    "lived_experience": N_("As a patient, carer or member of the public"),
    "elsewhere": N_("Somewhere else"),
}
UNTOLD = ""
"""Nobody has to say."""
