"""The devices and queues of a fake PBX: what it lists, and what it says when they change.

Left alone it is an Asterisk without the modules for that: it refuses the lists, as a PBX does that was set up
for an older adapter.

    ami.presence.devices = {"PJSIP/0003*210": "NOT_INUSE"}   # before the adapter connects
    ami.presence.change("PJSIP/0003*210", "RINGING")
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami_events import FakeChannel, Header

AGENT = "agent,all"
"""The class of what is said of queues."""
_NUMBERS = (
    *("UNKNOWN", "NOT_INUSE", "INUSE", "BUSY", "INVALID", "UNAVAILABLE"),
    *("RINGING", "RINGINUSE", "ONHOLD"),
)


@dataclass(frozen=True, slots=True)
class FakeMember:
    """Who is logged in to a queue."""

    queue: str
    interface: str
    state: str = "NOT_INUSE"
    is_paused: bool = False
    is_in_call: bool = False
    last_call: int = 0
    wrapup_s: int = 0


class FakePresence:
    """The devices and queues of one fake Asterisk; `emit` says events to whoever is logged in."""

    def __init__(self, emit: Callable[..., None], clock: Callable[[], float]) -> None:
        self.devices: dict[str, str] | None = None
        """The state of each device; None where the list is refused."""
        self.contacts: dict[str, dict[str, dict[str, str]]] = {}
        """Of each endpoint its contacts by id, and of each contact its values by name."""
        self.members: list[FakeMember] | None = None
        """The members of all queues; None where the list is refused."""
        self.callers: list[tuple[str, FakeChannel, int]] = []
        """Who waits: the queue, the channel, and for how many seconds it has by now."""
        self.tells_of_queues = True
        """Whether its AMI user has the class `agent`."""
        self._emit = emit
        self._clock = clock

    # -- what it lists -----------------------------------------------------------------------------

    def listed_devices(self, action_id: str) -> Sequence[bytes]:
        """Each item of the list of devices."""
        devices = {} if self.devices is None else self.devices
        return [
            say.message(
                ("Event", "DeviceStateChange"), ("ActionID", action_id), ("Device", device), ("State", state)
            )
            for device, state in devices.items()
        ]

    def listed_queues(self, action_id: str) -> Sequence[bytes]:
        """Each item of the list of queues; Asterisk writes the ActionID last."""
        of_request = ("ActionID", action_id)
        items = [
            say.message(("Event", "QueueMember"), *_member(member, is_listed=True), of_request)
            for member in self.members or ()
        ]
        for queue, channel, waited_s in self.callers:
            caller = (
                ("Queue", queue),
                ("Position", "1"),
                ("Channel", channel.name),
                ("Uniqueid", channel.uniqueid),
                ("CallerIDNum", channel.caller[1] or "unknown"),
                ("CallerIDName", channel.caller[0] or "unknown"),
                ("ConnectedLineNum", "unknown"),
                ("ConnectedLineName", "unknown"),
                ("Wait", str(waited_s)),
                ("Priority", "0"),
            )
            items.append(say.message(("Event", "QueueEntry"), *caller, of_request))
        return items

    def value_of(self, function: str) -> str | None:
        """The value of a dialplan function that tells of contacts; None for another function."""
        name, _, arguments = function.removesuffix(")").partition("(")
        subject, _, field = arguments.rpartition(",")
        if name == "PJSIP_AOR":
            return ",".join(self.contacts.get(subject, ()))
        if name == "PJSIP_CONTACT":
            known = {key: values for contacts in self.contacts.values() for key, values in contacts.items()}
            return known.get(subject, {}).get(field, "")
        return None

    # -- what happens ------------------------------------------------------------------------------

    def change(self, device: str, state: str) -> None:
        """A device is in another state, and Asterisk tells of it, and of its member in each queue."""
        self.devices = {**(self.devices or {}), device: state}
        self._emit(say.event("DeviceStateChange", self._clock(), ("Device", device), ("State", state)))
        for member in self.members or ():
            if member.interface == device:
                self.change_member(replace(member, state=state))

    def change_member(self, member: FakeMember, event: str = "QueueMemberStatus") -> None:
        """A member changed, was added (`QueueMemberAdded`) or is gone (`QueueMemberRemoved`)."""
        others = [
            one
            for one in self.members or ()
            if (one.queue, one.interface) != (member.queue, member.interface)
        ]
        self.members = others if event == "QueueMemberRemoved" else [*others, member]
        self._say(event, *_member(member, is_listed=False))

    def connect(self, channel: FakeChannel, member: FakeMember, event: str = "AgentConnect") -> None:
        """A member talks to the caller now, or no more (`AgentComplete`)."""
        told = (("Queue", member.queue), ("Interface", member.interface), ("MemberName", member.interface))
        self._say(event, *say.channel_headers(channel), *say.channel_headers(channel, "Dest"), *told)

    def join(self, channel: FakeChannel, queue: str) -> None:
        """A caller waits in the queue."""
        self.callers.append((queue, channel, 0))
        self._say("QueueCallerJoin", *say.channel_headers(channel), *_place(queue), ("Count", "1"))

    def leave(self, channel: FakeChannel, queue: str, *, abandons: bool = False) -> None:
        """It waits no more."""
        self.callers = [one for one in self.callers if one[1].uniqueid != channel.uniqueid]
        told = (*say.channel_headers(channel), *_place(queue))
        if abandons:
            self._say("QueueCallerAbandon", *told, ("OriginalPosition", "1"), ("HoldTime", "3"))
        self._say("QueueCallerLeave", *told, ("Count", "0"))

    def _say(self, event: str, *headers: Header) -> None:
        if self.tells_of_queues:
            self._emit(say.event(event, self._clock(), *headers, privilege=AGENT))


def _place(queue: str) -> tuple[Header, ...]:
    return (("Queue", queue), ("Position", "1"))


def _member(member: FakeMember, *, is_listed: bool) -> tuple[Header, ...]:
    return (
        ("Queue", member.queue),
        ("Name" if is_listed else "MemberName", member.interface),
        ("Location" if is_listed else "Interface", member.interface),
        ("StateInterface", member.interface),
        ("Membership", "static"),
        ("Penalty", "0"),
        ("CallsTaken", "0"),
        ("LastCall", str(member.last_call)),
        ("LastPause", "0"),
        ("LoginTime", "0"),
        ("InCall", str(int(member.is_in_call))),
        ("Status", str(_NUMBERS.index(member.state))),
        ("Paused", str(int(member.is_paused))),
        ("PausedReason", ""),
        ("Wrapuptime", str(member.wrapup_s)),
    )
