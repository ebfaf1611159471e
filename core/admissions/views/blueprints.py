"""The blueprints of Joining Q, and the filters that its templates share."""

from flask import Blueprint

from core.admissions.form.answers import words_in
from core.web.where import only_at_the_uk_site

central = Blueprint("admissions", __name__, url_prefix="/console/admissions")
"""The central team's pages, at the UK site alone."""
only_at_the_uk_site(central)
central.add_app_template_filter(words_in, "words")
