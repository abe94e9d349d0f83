"""What would stop a barge-in: facts of a PBX, gathered with the adapter's own rights, and what they mean."""
