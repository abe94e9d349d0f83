"""The error of the lab; its message says what to do."""


class LabError(Exception):
    """The lab cannot be built, or something in it did not happen in time."""
