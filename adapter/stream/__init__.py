"""Calls and supervisions as they change, as a stream of server-sent events."""
