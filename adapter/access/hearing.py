"""Who may hear and be heard. Pure.

Whoever picks up a phone that rings for somebody else, or is transferred into its place, takes over what
runs there: here that would be the ear at other people's conversation.
"""

from adapter.asterisk.naming import OTHER_HALF
from adapter.calls.legs import Leg
from adapter.calls.model import Calls
from adapter.directory import Directory, ExtensionType


def may_hear(directory: Directory, supervisor: str, extension: str) -> bool:
    """Whether this extension is one that may supervise that one."""
    hearing = directory.extensions.get(supervisor)
    return (
        hearing is not None
        and hearing.type is ExtensionType.PHONE_TERMINAL
        and hearing.prefix == extension.partition("*")[0]
    )


def may_be_heard(directory: Directory, leg: Leg) -> bool:
    """Whether this party may take part in a conversation that is supervised."""
    extension = directory.extensions.get(leg.extension or "")
    return extension is None or not extension.never_supervised


def unexpected_listeners(calls: Calls, channel_id: str, supervisor: str) -> list[Leg]:
    """Those who listen through this channel of ours and are no phone of the supervisor."""
    own = calls.leg(channel_id)
    # Behind a Local channel are the phones that it rings.
    listening = [*([] if own is None else [own]), *calls.others(channel_id + OTHER_HALF)]
    return [leg for leg in listening if not _is_phone_of(supervisor, leg)]


def is_listening(calls: Calls, channel_id: str) -> bool:
    """Whether somebody stands behind our Local channel."""
    return bool(calls.others(channel_id + OTHER_HALF))


def _is_phone_of(supervisor: str, leg: Leg) -> bool:
    if leg.extension is not None:
        return leg.extension == supervisor
    return leg.is_local_half
