"""Which partner covers which place, and the map of the United Kingdom in dots. Data in this folder; see NOTICE.md."""
