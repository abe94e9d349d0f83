"""Server-sent events: the changes of calls and supervisions."""
