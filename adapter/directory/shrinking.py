"""Whether another reading of the source is one to follow without asking. Pure."""

from adapter.directory.loading import Loaded

SHRINK_LIMIT = 5
"""One of so many extensions may be gone at once; more are a mistake, until the operator says otherwise."""


def doubt(old: Loaded, new: Loaded) -> str:
    """Why the new directory should not take the old one's place by itself; empty where it may.

    Who must not be supervised is guarded by being known: gone from the directory, others could listen to it.
    """
    extensions = new.directory.extensions
    gone = [number for number in old.numbers if number not in extensions]
    if len(gone) * SHRINK_LIMIT > len(old.numbers):
        return f"{len(gone)} of {len(old.numbers)} extensions are gone from it"
    for number in sorted(old.numbers):
        before = old.directory.extensions[number]
        if not before.never_supervised:
            continue
        if number not in extensions:
            return f"{number}, which is never supervised, is gone from it"
        if lost := [device for device in before.devices if device not in extensions[number].devices]:
            return f"{number}, which is never supervised, has no longer the device {lost[0]}"
        if not extensions[number].never_supervised:
            return f"{number} would no longer be never supervised"
    return ""
