"""What the hostile requests meet, a module for each room of the product."""
