"""Joining Q: windows, application forms, panels, assessments, decisions."""
