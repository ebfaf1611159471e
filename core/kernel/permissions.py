"""Roles (who somebody is, at one tenant or UK-wide) and permissions (what a route or service asks for)."""

from enum import StrEnum

from core.kernel.text import N_


class Role(StrEnum):
    """The roles of the platform. Each is held at one tenant, or UK-wide where no tenant is named, from a date to a date."""

    MEMBER = "member"
    ASSESSOR = "assessor"
    PARTNER_LEAD = "partner_lead"
    EVENTS_ORGANISER = "events_organiser"
    EXPENSE_APPROVER = "expense_approver"
    FINANCE = "finance"
    CENTRAL_TEAM = "central_team"
    LAB_TEAM = "lab_team"
    AUDITOR = "auditor"


ROLE_TITLES: dict[Role, str] = {
    Role.MEMBER: N_("Member"),
    Role.ASSESSOR: N_("Assessor"),
    Role.PARTNER_LEAD: N_("Partner lead"),
    Role.EVENTS_ORGANISER: N_("Events organiser"),
    Role.EXPENSE_APPROVER: N_("Expense approver"),
    Role.FINANCE: N_("Finance"),
    Role.CENTRAL_TEAM: N_("Central team"),
    Role.LAB_TEAM: N_("Lab team"),
    Role.AUDITOR: N_("Auditor"),
}

UK_WIDE_ONLY = frozenset({Role.CENTRAL_TEAM, Role.LAB_TEAM, Role.AUDITOR, Role.FINANCE})
"""Roles that belong to the central team's side: they make no sense at a single partner's site."""


class Permission(StrEnum):
    """The core's own permissions; plugins name theirs in their manifest as `<plugin>.<action>`."""

    TENANT_MANAGE = "tenant.manage"
    TENANT_MEMBERS_VIEW = "tenant.members.view"
    TENANT_ROLES_MANAGE = "tenant.roles.manage"
    TENANT_AUDIT_VIEW = "tenant.audit.view"
    TENANT_PLUGINS_CONFIGURE = "tenant.plugins.configure"
    TENANT_ADMISSIONS_MANAGE = "tenant.admissions.manage"
    CONSOLE_USE = "console.use"
    CONSOLE_AUDIT_VIEW = "console.audit.view"
    PLUGINS_CONFIGURE = "plugins.configure"
    ROLES_GRANT = "roles.grant"
    WORK_MANAGE = "work.manage"
    ADMISSIONS_CONFIGURE = "admissions.configure"
    ADMISSIONS_ASSESS = "admissions.assess"


_LEAD = frozenset(
    {
        Permission.TENANT_MANAGE,
        Permission.TENANT_MEMBERS_VIEW,
        Permission.TENANT_ROLES_MANAGE,
        Permission.TENANT_AUDIT_VIEW,
        Permission.TENANT_PLUGINS_CONFIGURE,
        Permission.TENANT_ADMISSIONS_MANAGE,
    }
)

ROLE_PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.PARTNER_LEAD: _LEAD,
    Role.CENTRAL_TEAM: _LEAD
    | {
        Permission.CONSOLE_USE,
        Permission.CONSOLE_AUDIT_VIEW,
        Permission.PLUGINS_CONFIGURE,
        Permission.ROLES_GRANT,
        Permission.WORK_MANAGE,
        Permission.ADMISSIONS_CONFIGURE,
    },
    Role.ASSESSOR: frozenset({Permission.ADMISSIONS_ASSESS}),
    Role.AUDITOR: frozenset({Permission.CONSOLE_USE, Permission.CONSOLE_AUDIT_VIEW, Permission.TENANT_AUDIT_VIEW}),
}
"""What each role may do in the core. Plugins add to it by manifest; a role missing here holds no core permission."""
