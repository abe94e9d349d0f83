"""Who listens in a supervision: the phones of the extension that was asked for, and nobody else. Pure.

Whoever picks up a phone that rings for somebody else, or is transferred into its place, takes over what
runs there: here that would be the ear at other people's conversation.
"""

from adapter.asterisk.events import OTHER_HALF
from adapter.calls.legs import Leg
from adapter.calls.model import Calls


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
