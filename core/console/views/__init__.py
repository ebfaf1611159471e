"""The pages of the console and of partners' management."""

from core.console.views import audit, health, manage, manage_roles, people, roles, tenants
from core.console.views.blueprints import console as console_blueprint
from core.console.views.blueprints import manage as manage_blueprint

__all__ = [
    "audit",
    "console_blueprint",
    "health",
    "manage",
    "manage_blueprint",
    "manage_roles",
    "people",
    "roles",
    "tenants",
]
