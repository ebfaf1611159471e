"""Whose an application is, in the statements about one person that the parts of this room keep."""

import sqlalchemy as sa

from core.admissions.models import Application
from core.people.personal.rows import WHO

APPLICATIONS = sa.select(Application.id).where(Application.account_id == WHO)
"""The ids of the person's own at a site."""
