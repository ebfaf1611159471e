"""Measurement for Joining Q, pure plain Python: agreement, reliability, severity, rates, disclosure control, spread.

Every result names the coefficient it is, and says with a `Caution` when there is too little to go by. "Not able to
score" is None all the way through: it is never a number, and never changes an average.
"""
