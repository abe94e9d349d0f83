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


class LoginRefused(LinkError):  # noqa: N818 - as above
    """Asterisk refused the AMI login."""


class ActionRefused(LinkError):  # noqa: N818 - as above
    """Asterisk refused an action."""
