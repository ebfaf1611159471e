"""Rules as plugins: what is pure."""
