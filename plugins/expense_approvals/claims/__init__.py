"""What the policy makes of a claim: lines in, allowed pence and reasons out. No web, no database."""
