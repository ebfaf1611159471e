"""What people and organisers type."""
