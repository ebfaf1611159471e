"""Tests of $name."""
