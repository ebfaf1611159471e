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
    actions={
        "expense_approvals.open_budget": N_("Opened a budget"),
        "expense_approvals.change_limit": N_("Changed the limit of a budget"),
        "expense_approvals.add_activity": N_("Added an activity"),
        "expense_approvals.change_activity": N_("Changed an activity"),
        "expense_approvals.declare": N_("Declared to be in no paid employment for an activity"),
        "expense_approvals.take_back": N_("Took a declaration about paid employment back"),
        "expense_approvals.ask": N_("Asked for costs to be agreed"),
        "expense_approvals.ask_for_more": N_("Asked for more costs to be agreed"),
        "expense_approvals.answer": N_("Answered a question about costs to be agreed"),
        "expense_approvals.approve": N_("Agreed to costs"),
        "expense_approvals.part_approve": N_("Agreed to part of the costs"),
        "expense_approvals.query": N_("Asked a question about costs to be agreed"),
        "expense_approvals.decline": N_("Declined to agree to costs"),
        "expense_approvals.revoke": N_("Took the agreement to costs back"),
        "expense_approvals.withdraw": N_("Withdrew costs that were to be agreed"),
        "expense_approvals.expire": N_("Let agreed costs expire"),
        "expense_approvals.use": N_("Used agreed costs up"),
        "expense_approvals.claim_begin": N_("Began a claim"),
        "expense_approvals.claim_submit": N_("Submitted a claim"),
        "expense_approvals.claim_answer": N_("Answered a question about a claim"),
        "expense_approvals.claim_withdraw": N_("Withdrew a claim"),
        "expense_approvals.claim_check": N_("Checked a claim"),
        "expense_approvals.claim_query": N_("Asked a question about a claim"),
        "expense_approvals.claim_first_approve": N_("Approved a claim as the first of two"),
        "expense_approvals.claim_approve": N_("Approved a claim"),
        "expense_approvals.claim_part_approve": N_("Approved part of a claim"),
        "expense_approvals.claim_reject": N_("Rejected a claim"),
        "expense_approvals.claim_pay": N_("Paid a claim"),
        "expense_approvals.claim_bounce": N_("Noted that the bank sent a claim’s payment back"),
        "expense_approvals.adjustment_make": N_("Made an adjustment of a claim"),
        "expense_approvals.adjustment_approve": N_("Approved an adjustment"),
        "expense_approvals.adjustment_decline": N_("Declined an adjustment"),
        "expense_approvals.adjustment_pay": N_("Paid an adjustment"),
        "expense_approvals.adjustment_bounce": N_("Noted that the bank sent an adjustment’s payment back"),
        "expense_approvals.prepare_batch": N_("Prepared a batch of payments"),
        "expense_approvals.cancel_batch": N_("Cancelled a batch of payments"),
        "expense_approvals.release_batch": N_("Released a batch of payments"),
        "expense_approvals.export_batch": N_("Took the bank’s file of a batch"),
        "expense_approvals.settle_batch": N_("Entered what the bank paid of a batch"),
        "expense_approvals.bank_details": N_("Gave the account to be paid into"),
        "expense_approvals.payer_account": N_("Gave the account that payments are made from"),
        "expense_approvals.stand_in": N_("Named somebody to stand in as approver"),
        "expense_approvals.stand_in_over": N_("Ended a standing in"),
        "expense_approvals.draft_policy": N_("Began a draft of the expenses policy"),
        "expense_approvals.save_policy": N_("Changed a draft of the expenses policy"),
        "expense_approvals.discard_policy": N_("Discarded a draft of the expenses policy"),
        "expense_approvals.publish_policy": N_("Published the expenses policy"),
        "expense_approvals.site_rules": N_("Published a site’s own rules for expenses"),
        "expense_approvals.retire": N_("Took people out of old expenses"),
    },
)
