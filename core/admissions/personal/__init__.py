"""What Joining Q holds about one person, for the one registry of personal data: a file for each subject.

Each names its tables, says what goes into a person's own file, and takes the person out. `tests/arch/test_personal.py` fails on
a table of admissions with something of a person that none of them names.
"""

from core.admissions.personal import applying, assessing, calibration, compact, joining, panels

__all__ = ["applying", "assessing", "calibration", "compact", "joining", "panels"]
