"""What people type into the pages of Joining Q, by page."""
