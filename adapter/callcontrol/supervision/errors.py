"""Why a supervision that may happen does not, as things are with the supervisor or with Asterisk."""


class SwitchRefused(Exception):  # noqa: N818 - it is the answer to a request, not a fault of ours
    """Asterisk lacks the dialplan include, without which a running supervision keeps its mode."""


class NoticeRefused(Exception):  # noqa: N818 - as above
    """The organization wants a notice tone, for which Asterisk lacks the dialplan include."""


class ConferenceRefused(Exception):  # noqa: N818 - as above
    """In a conversation of more than two, a barge-in would reach some of them only."""


class SupervisorLeft(Exception):  # noqa: N818 - as above
    """The supervisor hung up while its supervision was to be switched."""


class SupervisorBusy(Exception):  # noqa: N818 - as above
    """The supervisor rings for, or is joined to, another call already."""
