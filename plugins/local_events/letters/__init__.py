"""The letters, in their readers' languages."""

from core.sdk import TenantSnapshot


def language_for(site: TenantSnapshot, locale: str) -> str:
    """The language in which a site writes to somebody: theirs where the site has it, else its own first."""
    return locale if locale in site.languages else site.languages[0]
