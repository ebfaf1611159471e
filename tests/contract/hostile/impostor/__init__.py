"""Calls its blueprint something else."""
