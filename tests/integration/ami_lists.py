"""Scripts for the fake Asterisk: it tells what it has, whole or not."""

from collections.abc import Callable, Iterable

from adapter.lab.fake_ami import ReceivedAction, Script
from adapter.lab.fake_ami_events import Header, message

LISTS = {
    "ExtensionStateList": ("ExtensionStatus", "ExtensionStateListComplete"),
    "DeviceStateList": ("DeviceStateChange", "DeviceStateListComplete"),
    "VoicemailUsersList": ("VoicemailUserEntry", "VoicemailUserEntryComplete"),
    "QueueStatus": ("QueueMember", "QueueStatusComplete"),
    "DBGetTree": ("DBGetTreeResponse", "DBGetTreeComplete"),
    "DBGet": ("DBGetResponse", "DBGetComplete"),
}


def listed(*items: Iterable[Header], announced: int | None = None, ends: bool = True) -> Script:
    """A script: answer with the items, in as many events, and with the end of the list."""

    def script(action: ReceivedAction) -> None:
        event, end = LISTS[action.name]
        own = ("ActionID", action["ActionID"])
        action.connection.answer(action, ("EventList", "start"))
        for item in items:
            action.connection.send(message(("Event", event), own, *item))
        if ends:
            count = len(items) if announced is None else announced
            closing = (("EventList", "Complete"), ("ListItems", str(count)))
            action.connection.send(message(("Event", end), own, *closing))

    return script


def refused(why: str) -> Script:
    return lambda action: action.connection.refuse(action, why)


def valued(value_of: Callable[[str], str]) -> Script:
    return lambda action: action.connection.answer(action, ("Value", value_of(action["Variable"])))


def hint(number: str = "210", devices: str = "PJSIP/210") -> tuple[Header, ...]:
    return ("Exten", number), ("Context", "internal"), ("Hint", devices)
