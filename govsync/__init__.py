"""The quarterly sync of grades with the government: a persisted state machine (ADR 0006)."""
