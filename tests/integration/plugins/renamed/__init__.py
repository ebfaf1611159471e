"""A plugin whose settings have been renamed since its first version, for tests."""
