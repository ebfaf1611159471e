"""Who assesses which application: a plan from plain values, made without touching anything.

The caller turns its rows into `Assessor` and `Application`, shows the `Plan`, and stores `plan.added` when told to.
"""

from core.admissions.assign.model import Application, Assessor, Assignment, Measures, Plan, Shortfall, Words
from core.admissions.assign.plan import plan

__all__ = ["Application", "Assessor", "Assignment", "Measures", "Plan", "Shortfall", "Words", "plan"]
