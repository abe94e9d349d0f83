"""The audit trail: who asked for which supervision, and what came of it."""
