"""Plain Python shared by every room: no Flask, no SQLAlchemy, no I/O."""
