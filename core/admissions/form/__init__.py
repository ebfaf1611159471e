"""The application form as data: what a version holds, which answers it takes, and how versions differ."""
