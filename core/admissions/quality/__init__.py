"""Fairness and quality: from scores and outcomes to a report. Pure: the figures are `measure`'s, the reads are `queries`'."""
