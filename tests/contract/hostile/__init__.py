"""Plugins that mean harm or are badly broken. No installation finds them; only the tests load them, one by one."""
