"""Nothing but its migration."""
