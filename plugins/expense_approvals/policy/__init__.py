"""The expenses policy: rules as data, their history, and what a partner may add. No web, no database."""
