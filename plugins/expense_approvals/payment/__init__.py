"""Payment files: from a batch that no longer changes to the bytes a bank takes. No web, no database."""
