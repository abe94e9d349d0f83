"""The audit trail: who requested which supervision, and how it ended."""
