"""What a plugin's migrations may use beyond Alembic: kept apart, since nothing else should load that."""

from core.data.immutable import refuse

__all__ = ["refuse"]
