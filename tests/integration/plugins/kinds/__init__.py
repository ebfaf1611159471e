"""A plugin with a setting of every kind that a form asks for, for tests."""
