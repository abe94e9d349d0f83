"""Supervision: a third phone joined to a live call, from the request to its end."""
