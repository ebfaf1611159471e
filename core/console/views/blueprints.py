"""The two blueprints, each reachable only where it belongs: the console at the UK site, management at a partner's."""

from flask import Blueprint

from core.web.where import only_at_partners_sites, only_at_the_uk_site

console = Blueprint("console", __name__, url_prefix="/console")
only_at_the_uk_site(console)
manage = Blueprint("manage", __name__, url_prefix="/manage")
"""The UK site is managed in the console."""
only_at_partners_sites(manage)
