"""What can go wrong in the lab: one error, whose message says what to do about it."""


class LabError(Exception):
    """The lab cannot be built, or something in it did not happen in time."""
