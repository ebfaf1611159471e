"""What the platform knows of this plugin before any of its code runs."""

from core.sdk import N_, Manifest, PermissionSpec, Role

APPROVE = "expense_approvals.approve"
APPROVE_REFERRED = "expense_approvals.approve_referred"
BUDGETS = "expense_approvals.budgets"
PAY = "expense_approvals.pay"
POLICY = "expense_approvals.policy"
TIGHTEN = "expense_approvals.tighten"

MANIFEST = Manifest(
    name="expense_approvals",
    title=N_("Expense approvals"),
    summary=N_(
        "Travel and out-of-pocket costs of members who are not in paid employment: agreed beforehand, within a budget."
    ),
    version="1.0.0",
    sdk=(1, 0),
    url_name="expenses",
    permissions=(
        PermissionSpec(
            APPROVE,
            N_("Decide what is agreed before a cost, for others"),
            (Role.EXPENSE_APPROVER, Role.PARTNER_LEAD, Role.CENTRAL_TEAM),
        ),
        PermissionSpec(
            APPROVE_REFERRED, N_("Decide what a check has referred to the central team"), (Role.CENTRAL_TEAM,)
        ),
        PermissionSpec(
            BUDGETS, N_("Set budgets and say which activities they cover"), (Role.PARTNER_LEAD, Role.CENTRAL_TEAM)
        ),
        PermissionSpec(
            PAY, N_("Prepare payments, or release what somebody else prepared"), (Role.PARTNER_LEAD, Role.CENTRAL_TEAM)
        ),
        PermissionSpec(POLICY, N_("Write and publish the national expenses policy"), (Role.CENTRAL_TEAM,)),
        PermissionSpec(
            TIGHTEN, N_("Add a site’s own rules to the expenses policy"), (Role.PARTNER_LEAD, Role.CENTRAL_TEAM)
        ),
    ),
)
