"""A new directory says anew which channel is whose."""

from adapter.calls.membership import touch_conversation, touch_spied_call
from adapter.calls.parking import with_known_parker
from adapter.calls.state import CallState, ExtensionOf


def apply_directory(state: CallState, extension_of: ExtensionOf) -> None:
    """Find the extension of each leg anew; calls and view ids stay.

    Only the calls of legs with another extension are touched: there are few of them, and many calls.
    """
    state.extension_of = extension_of
    for leg in state.legs.values():
        extension, parking = extension_of(leg.channel.name), leg.parking
        if parking is not None:
            parking = with_known_parker(state, parking)
        if extension != leg.extension or parking != leg.parking:
            leg.extension, leg.parking = extension, parking
            touch_conversation(state, leg)
            if leg.spying is not None:
                touch_spied_call(state, leg)
