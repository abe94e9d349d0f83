"""Channels of the fake PBX, moved one step at a time: what a phone and a trunk line do before they talk."""

from dataclasses import replace

from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel, FakeState

DOWN, RING, RINGING, UP = FakeState


class Lines:
    """The channels that a test brings up; the adapter hears of every step."""

    def __init__(self, ami: FakeAmi) -> None:
        self._ami = ami
        self._serial = 500

    def begin(
        self,
        peer: str,
        *,
        number: str = "",
        state: FakeState = DOWN,
        caller: tuple[str, str] = ("", ""),
        made_for: FakeChannel | None = None,
    ) -> FakeChannel:
        """A channel of `peer` that asks for `number`, or that Dial made for another channel."""
        self._serial += 1
        at = self._ami.pbx.clock()
        uniqueid = f"{int(at)}.{self._serial}"
        channel = FakeChannel(
            name=f"PJSIP/{peer}-{self._serial:08x}",
            uniqueid=uniqueid,
            linkedid=uniqueid if made_for is None else made_for.linkedid,
            state=state,
            caller=caller,
            exten=number or "s",
            began_at=at,
        )
        self._ami.pbx.channels[uniqueid] = channel
        self._ami.emit(say.channel_event("Newchannel", at, channel))
        return channel

    def become(self, channel: FakeChannel, state: FakeState) -> FakeChannel:
        """The channel's next state."""
        channel = replace(channel, state=state)
        self._ami.pbx.channels[channel.uniqueid] = channel
        self._ami.emit(say.channel_event("Newstate", self._ami.pbx.clock(), channel))
        return channel

    def dial(self, caller: FakeChannel, peer: str, own: tuple[str, str]) -> FakeChannel:
        """The caller dials a peer: a channel that does not ring yet and shows the caller's id."""
        made = self.begin(peer, made_for=caller, caller=own)
        made = replace(made, connected=caller.caller)
        self._ami.pbx.channels[made.uniqueid] = made
        at = self._ami.pbx.clock()
        self._ami.emit(
            say.channel_event("NewConnectedLine", at, made),
            say.dial("DialBegin", at, caller, made, ("DialString", peer)),
        )
        return made

    def connect(
        self, peer: str, called: str, number: str, caller: tuple[str, str], own: tuple[str, str]
    ) -> tuple[FakeChannel, FakeChannel]:
        """A whole call, answered: both channels."""
        calling = self.begin(peer, number=number, state=RING, caller=caller)
        dialed = self.become(self.dial(calling, called, own), RINGING)
        return self.become(calling, UP), self.become(dialed, UP)


def local_call(ami: FakeAmi) -> tuple[FakeChannel, FakeChannel]:
    """0003*210 talks to 0003*211, told live."""
    return Lines(ami).connect(
        "0003*210", "0003*211", "0003*211", ("Agent", "0003*210"), ("Second Agent", "0003*211")
    )


def outgoing_call(ami: FakeAmi) -> tuple[FakeChannel, FakeChannel]:
    """0003*211 talks to 777888 on the public network, told live."""
    return Lines(ami).connect("0003*211", "trunk", "777888", ("Second Agent", "0003*211"), ("", "777888"))
