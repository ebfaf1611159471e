"""The database: engine, scoped sessions, the isolation guard, audit, idempotency and migrations."""
