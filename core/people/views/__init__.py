"""The pages of accounts (`blueprint`, /account/) and of one's own items (`me`, /me/).

The pages that every site has about itself are hung on the sites' own blueprint (`notices`). Importing them also declares the room's daily jobs (`housekeeping`), so that web and worker know the same.
"""

from core.people import housekeeping
from core.people.views import data, entry, notices, own
from core.people.views.base import blueprint
from core.people.views.me import blueprint as me

__all__ = ["blueprint", "data", "entry", "housekeeping", "me", "notices", "own"]
