"""The commands of `qplatform`, a file for each matter."""
