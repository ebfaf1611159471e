"""The rule packs."""
