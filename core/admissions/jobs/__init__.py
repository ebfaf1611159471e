"""What happens in Joining Q by itself: at its hour, or when somebody asked for it."""
