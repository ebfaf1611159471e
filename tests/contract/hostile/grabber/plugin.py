"""Nothing but its table."""
