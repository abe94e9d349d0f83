"""Why a supervision that may happen does not, as things are with the supervisor or with Asterisk.

    Exception
    ├── SwitchRefused     the mode of a running supervision cannot be changed
    └── SupervisorBusy    the supervisor is in another supervision
"""


class SwitchRefused(Exception):  # noqa: N818 - it is the answer to a request, not a fault of ours
    """Asterisk lacks the dialplan include, without which a running supervision keeps its mode."""


class SupervisorBusy(Exception):  # noqa: N818 - as above
    """The supervisor rings for, or is joined to, another call already."""
