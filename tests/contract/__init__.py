"""One test per statement of the wire contract, its docstring quoting it."""
