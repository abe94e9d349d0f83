"""Who may hear and be heard. Pure.

If somebody else picks up the supervisor's ringing phone, or is transferred into its place, that person gets
the supervisor's channel and would hear the supervised conversation.
"""

from uuid import UUID

from adapter.asterisk.naming import OTHER_HALF, is_stream_channel
from adapter.calls.legs import Leg
from adapter.calls.model import Calls
from adapter.directory import Directory, ExtensionType


def may_hear(directory: Directory, supervisor: str, extension: str) -> bool:
    """Whether `supervisor` may supervise this extension."""
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


def unexpected_listeners(
    calls: Calls, channel_id: str, supervisor: str, stream: UUID | None = None
) -> list[Leg]:
    """The channels that listen through this channel of the adapter and are not the supervisor's.

    They are the supervisor's phones, or the one channel that brings this stream.
    """
    own = calls.leg(channel_id)
    if stream is not None:
        return [] if own is None or is_stream_channel(own.channel.name, stream) else [own]
    # If it is a Local channel, the phones that it rings listen through it.
    listening = [*([] if own is None else [own]), *calls.others(channel_id + OTHER_HALF)]
    return [leg for leg in listening if not _is_phone_of(supervisor, leg)]


def is_listening(calls: Calls, channel_id: str) -> bool:
    """Whether a phone has answered behind this Local channel of the adapter."""
    return bool(calls.others(channel_id + OTHER_HALF))


def _is_phone_of(supervisor: str, leg: Leg) -> bool:
    if leg.extension is not None:
        return leg.extension == supervisor
    return leg.is_local_half
