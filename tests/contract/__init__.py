"""The contract of plugins: over every plugin, over the one that `new` writes, and over hostile ones."""
