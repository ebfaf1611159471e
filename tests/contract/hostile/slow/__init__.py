"""Takes its time."""
