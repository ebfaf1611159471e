"""A well-behaved plugin for the whole platform, for tests."""
