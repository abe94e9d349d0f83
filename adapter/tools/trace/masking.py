"""Masks the numbers and names of a trace: it can be handed on, and replays in the same way. Pure.

A number always has the same mask, of the same length, digits only. Two numbers never share a mask. The prefix
of an organization (`0003*`) stays, and so do Asterisk's own values: uniqueids, times, states, bridges, places
in the dialplan. A value of an unknown header keeps only its shape.
"""

import re
from collections.abc import Callable, Mapping

from adapter.tools.trace.text import Headers

KEPT = frozenset(
    {
        *("Event", "Response", "Privilege", "Timestamp", "ActionID", "EventList", "ListItems", "SystemName"),
        *("ChannelState", "ChannelStateDesc", "Language", "Context", "Priority", "Application", "Duration"),
        *("Uniqueid", "Linkedid", "UniqueID", "LinkedID", "BridgeUniqueid", "BridgeId", "BridgeID"),
        *("BridgeType", "BridgeTechnology", "BridgeCreator", "BridgeNumChannels", "BridgeVideoSourceMode"),
        *("BridgePreviousVideoSource", "BridgeVideoSource", "SwapUniqueid", "NewUniqueid", "OldUniqueid"),
        *("Cause", "Cause-txt", "TechCause", "DialStatus", "Reason", "Direction", "Digit", "DurationMs"),
        *("IsExternal", "Result", "MusicClass", "Class", "State", "TransferType", "DestType"),
        *("Parkinglot", "ParkingLot", "ParkingSpace", "ParkingTimeout", "ParkingDuration", "Timeout"),
        *("Queue", "Count", "Position", "HoldTime", "TalkTime", "RingTime", "Wait", "Status", "Paused"),
        *("InCall", "Penalty", "LastCall", "LastPause", "LoginTime", "Membership", "CallsTaken"),
        *("Wrapuptime", "Ringinuse"),
        *("Admin", "MarkedUser", "Muted", "Uptime", "LastReload"),
        *("TransferContext", "LocalOneUniqueid", "LocalTwoUniqueid"),
    }
)
"""Headers that never hold a number or a person's name, whatever their role (`Dest...`, `Spyer...`)."""

ROLES = (
    *("Dest", "Spyer", "Spyee", "Transferer", "Transferee", "TransferTarget", "SecondTransferer"),
    *("OrigTransferer", "SecondBridge", "LocalOne", "LocalTwo", "Parkee", "Parker", "Retriever"),
    *("Target", "Orig", "Second", "Forwarder"),
)

_UNIQUEID = re.compile(r"\d{9,}\.\d+(?:;[12])?|uapi-[\w.;-]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGITS = re.compile(r"\d+")
_AFTER_PREFIX = re.compile(r"(\d{1,10}\*)?(\d+)")
_CHANNEL = re.compile(r"([A-Za-z0-9]+)/([^,&]+?)(-[0-9a-f]{8}(?:;[12])?(?:<\w+>)?)?", re.DOTALL)
_WRAPPERS = ("AsyncGoto", "Bridge", "Surrogate")
"""Technologies whose channels stand for another channel; its name follows."""
_NUMBER = re.compile(r"[+*#\d]+")
_WORD = re.compile(r"[^\W\d_]+")
_PLACES = frozenset({"s", "h", "i", "t", "T", "o", "a", "e", "fax", "failed", "spy", "notice", "tone"})
"""Usual extensions of a dialplan, and those of the include; any other name may be a person's."""

_SAYS_NOTHING = ("", "<unknown>", "<none>", "<null>", "(Outgoing Line)", "(None)")


class Masker:
    """Masks messages; it remembers the mask of each number and name."""

    def __init__(self) -> None:
        self._numbers: dict[int, dict[str, str]] = {}
        self._names: dict[str, str] = {}

    def mask(self, headers: Mapping[str, str]) -> Headers:
        """The message with every number and name masked, its headers in the same order."""
        is_spying = headers.get("Application") == "ChanSpy"
        return {name: self._value(name, value, is_spying=is_spying) for name, value in headers.items()}

    def _value(self, name: str, value: str, *, is_spying: bool) -> str:
        base = _base_of(name)
        if name in KEPT or base in KEPT or value in _SAYS_NOTHING:
            return value
        if base in ("ApplicationData", "Data", "AppData") and is_spying:
            # ChanSpy's own: whom, and its options.
            spyee, comma, options = value.partition(",")
            return self._target(spyee) + comma + options
        for pattern, mask in self._KINDS:
            if pattern.search(base):
                return mask(self, value)
        return self._free(value)

    # -- kinds of value ----------------------------------------------------------------------------

    def _number(self, value: str) -> str:
        """Mask the digits of a number; keep the prefix of an organization and all other characters."""
        return _AFTER_PREFIX.sub(lambda found: (found[1] or "") + self._digits(found[2]), value)

    def _name(self, value: str) -> str:
        """Mask a name; a number in its place gets the mask of the number."""
        if _NUMBER.fullmatch(value):
            return self._number(value)
        return self._names.setdefault(value, f"Name {len(self._names) + 1}")

    def _id(self, value: str) -> str:
        """Mask a number, or a name (`mary`, `john.smith`, `John Doe`)."""
        if value == "s":  # a macro of the dialplan, which dials
            return value
        if _NUMBER.fullmatch(value):
            return self._number(value)
        return self._free(value) if _DIGITS.search(value) else self._peer(value)

    def _exten(self, value: str) -> str:
        """Mask a dialed extension, unless it is a usual place in the dialplan."""
        return value if value in _PLACES else self._id(value)

    def _target(self, value: str) -> str:
        """Mask the peer of a channel or dial string; keep the technology and the channel's suffix."""
        if _UNIQUEID.fullmatch(value):
            return value
        channel = _CHANNEL.fullmatch(value)
        if channel is None:
            return self._number(value) if _NUMBER.fullmatch(value) else self._free(value)
        technology, peer, suffix = channel.groups()
        if technology in _WRAPPERS:
            return f"{technology}/{self._target(peer + (suffix or ''))}"
        who, at, where = peer.partition("@")
        return f"{technology}/{self._peer(who)}{at}{self._place(technology, where)}{suffix or ''}"

    def _place(self, technology: str, where: str) -> str:
        """Mask the text after the `@`: a context of the dialplan stays, an address or a trunk does not."""
        is_context = technology == "Local" and "." not in where and not _DIGITS.search(where)
        return where if is_context else self._free(where)

    def _peer(self, who: str) -> str:
        if _NUMBER.fullmatch(who):
            return self._number(who)
        # No dash or blank, because a dash ends the peer in a channel's name.
        return self._name(who).replace(" ", "")

    def _targets(self, value: str) -> str:
        """Mask several targets, joined as in Dial, and Dial's options, which may hold names."""
        targets, comma, options = value.partition(",")
        return "&".join(self._target(each) for each in targets.split("&")) + comma + self._free(options)

    def _free(self, value: str) -> str:
        """Mask any text: digits as numbers, each letter as x; only uniqueids stay."""
        kept: list[str] = []
        at = 0
        for uniqueid in _UNIQUEID.finditer(value):
            kept += [self._scrubbed(value[at : uniqueid.start()]), uniqueid[0]]
            at = uniqueid.end()
        return "".join((*kept, self._scrubbed(value[at:])))

    def _scrubbed(self, value: str) -> str:
        return self._number(_WORD.sub(lambda word: "x" * len(word[0]), value))

    def _digits(self, digits: str) -> str:
        if len(digits) == 1:  # a flag, a count or a key, not a phone number
            return digits
        # Counted in order of appearance: for each length there are as many masks as numbers.
        masks = self._numbers.setdefault(len(digits), {})
        return masks.setdefault(digits, f"{len(masks):0{len(digits)}}")

    _KINDS: tuple[tuple[re.Pattern[str], Callable[["Masker", str], str]], ...] = (
        (re.compile(r"^(?:CallerID|ConnectedLine|Effective\w*|Member|Agent)Name$"), _name),
        (re.compile(r"(?:Num|ANI|DNID|RDNIS|AccountCode|PeerAccount|CallerID)$"), _id),
        (re.compile(r"^Extension$|^DialedNumber$|^Conference$|^BridgeName$"), _id),
        (re.compile(r"Exten$"), _exten),
        (re.compile(r"(?:Channel|Interface|Device|Peer|Location|DialString|ApplicationData)$"), _targets),
    )


def _base_of(name: str) -> str:
    """The name of the header without its roles."""
    for role in ROLES:
        if name.startswith(role) and len(name) > len(role):
            return _base_of(name[len(role) :])
    return name
