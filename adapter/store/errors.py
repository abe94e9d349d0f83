"""What may come of a statement, besides its rows."""


class Disconnected(Exception):  # noqa: N818 - it is what happened, not a fault of ours
    """The database does not answer, or the connection to it is gone; the message says how."""


class Rejected(Exception):  # noqa: N818 - as above
    """The database took the statement and refused these values. Others may be taken."""
