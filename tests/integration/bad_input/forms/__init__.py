"""Every form with what nobody should send, and forms that somebody else's change overtook."""
