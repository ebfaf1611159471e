"""The letters that Joining Q writes, by what they are about."""
