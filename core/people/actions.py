"""What this room writes into the audit trail, by the words that its readers see."""

from core.kernel.text import N_

ACTIONS: dict[str, str] = {
    "account.register": N_("Made an account"),
    "account.confirm": N_("Confirmed an email address"),
    "account.details": N_("Changed their own details"),
    "account.email_asked": N_("Asked to change their email address"),
    "account.email": N_("Changed their email address"),
    "account.password": N_("Changed their password"),
    "account.sign_out_everywhere": N_("Signed out everywhere"),
    "account.close": N_("Closed somebody’s account"),
    "account.close_own": N_("Closed their own account"),
    "account.reopen": N_("Opened an account again"),
    "account.erase": N_("Erased a person’s data at a site"),
    "account.erased": N_("Erased a person’s data"),
    "plugin.gone": N_("Noted that nothing is left of what a plugin held"),
    "account.export": N_("Took a copy of their own data"),
    "calendar.make": N_("Made a private calendar address"),
    "calendar.end": N_("Ended a private calendar address"),
    "member.join": N_("Became a member"),
    "member.leave": N_("Ended a membership"),
    "member.move": N_("Moved to another partner"),
    "role.grant": N_("Gave a role"),
    "role.end": N_("Ended a role"),
}
