"""Finds what would stop a barge-in: gathers facts of a PBX with the adapter's own rights, and judges them."""
