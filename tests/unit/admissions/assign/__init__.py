"""Tests of the plan of assignments."""
