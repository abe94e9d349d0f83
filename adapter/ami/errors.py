"""What can go wrong on the AMI link.

LinkError
├── LinkDown         there is no usable connection; nothing was sent
├── LinkLost         the connection broke after the action was sent: whether Asterisk took it is unknown
├── ActionTimeout    Asterisk did not answer the action in time: as unknown
├── LoginRefused     Asterisk does not accept the user or the secret
└── ActionRefused    Asterisk answered that it will not do it
"""


class LinkError(Exception):
    """Something about the AMI link."""


class LinkDown(LinkError):  # noqa: N818 - a state of the link, named as the link names it
    """The AMI link is not ready."""


class LinkLost(LinkError):  # noqa: N818 - as above
    """The AMI connection broke."""


class ActionTimeout(LinkError):  # noqa: N818 - as above
    """Asterisk did not answer an action in time."""


IN_USE = "Login Already In Use"
"""Asterisk's answer where the AMI user has a session and `allowmultiplelogin` is `no`."""

SHUTTING_DOWN = "Asterisk is shutting down"
"""Asterisk's answer to every action in its last moment."""

_KNOWN_REFUSALS = {
    "Authentication failed": "",
    "Permission denied": "",
    IN_USE: " (manager.conf has allowmultiplelogin = no)",
}
"""Refusals that Asterisk is known to send, and what we add to them."""


def known_refusal(text: str) -> str:
    """Asterisk's refusal as a stranger may read it; nothing for a text that is not known to be Asterisk's."""
    for known, addition in _KNOWN_REFUSALS.items():
        if text.lower() == known.lower():
            return f": {known}{addition}"
    return ""


class LoginRefused(LinkError):  # noqa: N818 - as above
    """Asterisk refused the AMI login."""

    @property
    def is_in_use(self) -> bool:
        """Whether the AMI user may have one session only, and has it: perhaps a dead one of ours."""
        return str(self).lower() == IN_USE.lower()


class ActionRefused(LinkError):  # noqa: N818 - as above
    """Asterisk refused an action."""


_GONE = ("no such channel", "channel does not exist", "channel not existent")
"""How Asterisk refuses what is about a channel that has ended."""


def says_gone(failed: Exception) -> bool:
    """Whether an action was refused because there is no such channel any more."""
    return isinstance(failed, ActionRefused) and str(failed).lower().startswith(_GONE)
