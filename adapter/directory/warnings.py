"""What a valid directory says that an operator may not mean. Pure; `uapi-adapter check` shows it."""

from collections.abc import Iterator

from adapter.directory.extension import Extension, ExtensionType
from adapter.directory.index import Directory

_WITHOUT_DEVICES = frozenset(
    {ExtensionType.QUEUE, ExtensionType.IVR, ExtensionType.VOICEMAIL, ExtensionType.CONFERENCE}
)
"""Calls of these are on the devices of others."""


def warnings(directory: Directory) -> dict[str, str]:
    """The number of each extension whose guard may be weaker than it looks, and why."""
    return {
        number: " ".join(found)
        for number, extension in directory.extensions.items()
        if (found := list(_doubts(extension)))
    }


def _doubts(extension: Extension) -> Iterator[str]:
    if extension.never_supervised and extension.type in _WITHOUT_DEVICES:
        yield (
            f"never_supervised protects nobody on a {extension.type}: "
            "mark the extensions whose devices take its calls."
        )
    if extension.is_dialed_by_dialplan:
        listed = ", ".join(extension.devices)
        yield (
            f"{extension.dial} leads into your dialplan: what answers there and is not listed ({listed}) "
            "is hung up as a supervisor"
            + (", and its calls are supervised." if extension.never_supervised else ".")
        )
    folded = {device.casefold() for device in extension.devices}
    if len(folded) < len(extension.devices):
        yield "Two of its devices differ only in upper and lower case: Asterisk treats them as two."
