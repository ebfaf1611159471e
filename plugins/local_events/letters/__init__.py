"""The letters, in their readers' languages."""
