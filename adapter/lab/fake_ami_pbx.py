"""The PBX behind a fake AMI server: its channels, and what people at the phones do.

Each method changes the channels, which the next snapshot lists, and sends the events of Asterisk 22.
"""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami_events import FakeChannel, FakeState, Header

NO_ANSWER = 19


class FakePbx:
    """The channels of one fake Asterisk; `emit` sends events to all clients that have logged in."""

    def __init__(self, emit: Callable[..., None]) -> None:
        self.clock: Callable[[], float] = time.time
        self.channels: dict[str, FakeChannel] = {}
        self._emit = emit
        self._originates: dict[str, Mapping[str, str]] = {}
        self._variables: dict[str, dict[str, str]] = {}
        self._kinds: dict[str, tuple[str, str]] = {}
        self._serial = 0

    def add_trunk_call(
        self, number: str = "0003*210", caller: Header = ("Customer", "777888")
    ) -> FakeChannel:
        """Add a call of a customer on the trunk and an extension, for the next snapshot.

        Returns the agent's channel.
        """
        customer, agent = self._trunk_channels(number, caller)
        for channel in (customer, agent):
            self.channels[channel.uniqueid] = channel
        return agent

    def begin_trunk_call(
        self, number: str = "0003*210", caller: Header = ("Customer", "777888")
    ) -> FakeChannel:
        """Send the events of the same call, from its first channel to its bridge.

        Returns the agent's channel.
        """
        at, (customer, agent) = self.clock(), self._trunk_channels(number, caller)
        down, ringing = (replace(agent, state=FakeState(state), exten=number) for state in (0, 5))
        ring = replace(customer, state=FakeState.RING)
        self._emit(
            say.channel_event("Newchannel", at, replace(ring, connected=("", ""))),
            say.channel_event("Newchannel", at, replace(down, connected=("", ""), exten="s")),
            say.channel_event("NewConnectedLine", at, down),
            say.dial("DialBegin", at, ring, down, ("DialString", number)),
            say.channel_event("NewConnectedLine", at, ring),
            say.channel_event("Newstate", at, ringing),
            say.dial("DialState", at, ring, ringing, ("DialStatus", "RINGING")),
            say.channel_event("Newstate", at, replace(agent, exten=number)),
            say.dial("DialEnd", at, ring, agent, ("DialStatus", "ANSWER")),
            say.channel_event("Newstate", at, customer),
            say.bridge_enter(at, agent, say.bridge_of(agent), 1),
            say.bridge_enter(at, customer, say.bridge_of(agent), 2),
        )
        self.channels |= {customer.uniqueid: customer, agent.uniqueid: agent}
        return agent

    def ring(self, headers: Mapping[str, str]) -> FakeChannel:
        """Ring the phone that the headers of an Originate name."""
        at = self.clock()
        self._serial += 1
        first = FakeChannel(
            name=_name_of(headers["Channel"], self._serial),
            uniqueid=headers["ChannelId"],
            linkedid=headers["ChannelId"],
            state=FakeState.DOWN,
            caller=("", headers["Channel"].partition("/")[2]),
            began_at=at,
        )
        shown = say.caller_id_of(headers.get("CallerID", ""))
        down = replace(first, caller=shown, connected=shown)
        ringing = replace(down, state=FakeState.RINGING)
        self._originates[first.uniqueid] = headers
        self.channels[first.uniqueid] = ringing
        self._emit(
            say.channel_event("Newchannel", at, first),
            say.channel_event("NewCallerid", at, replace(first, caller=shown)),
            say.channel_event("NewConnectedLine", at, down),
            say.dial("DialBegin", at, None, down, ("DialString", headers["Channel"].partition("/")[2])),
            say.channel_event("Newstate", at, ringing),
            say.dial("DialState", at, None, ringing, ("DialStatus", "RINGING")),
        )
        return ringing

    def pick_up(self, uniqueid: str) -> None:
        """The supervisor picks up: the phone is answered, and ChanSpy has not begun yet."""
        headers, at = self._originates[uniqueid], self.clock()
        channel = replace(
            self.channels[uniqueid],
            state=FakeState.UP,
            application=headers["Application"],
            data=self._told(uniqueid, headers["Data"]),
        )
        self.channels[uniqueid] = channel
        self._emit(
            say.channel_event("Newstate", at, channel),
            say.dial("DialEnd", at, None, channel, ("DialStatus", "ANSWER")),
            say.originate_response(at, headers, channel, is_success=True, reason=4),
        )

    def join(self, uniqueid: str, spyee: str | None = None) -> None:
        """ChanSpy begins on the channel, with the spyee of its setup, or another one."""
        spyer = self.channels[uniqueid]
        self._emit(say.spy("ChanSpyStart", self.clock(), spyer, self.channels[spyee or spyer.spyee]))

    def set_variable(self, uniqueid: str, name: str, value: str) -> None:
        """Set a variable of a channel."""
        self._variables.setdefault(uniqueid, {})[name] = value

    def spy_anew(self, uniqueid: str) -> None:
        """The channel leaves ChanSpy and runs it again with the setup of its variables."""
        at, before = self.clock(), self.channels[uniqueid]
        spyer = self.channels[uniqueid] = replace(before, data=self._told(uniqueid, before.data))
        self._emit(
            say.spy("ChanSpyStop", at, before, self.channels.get(before.spyee)),
            say.spy("ChanSpyStart", at, spyer, self.channels[spyer.spyee]),
        )

    def leave_spy(self, uniqueid: str) -> None:
        """The supervisor's phone hangs up: ChanSpy stops, and the channel stays for a moment."""
        spyer = self.channels[uniqueid]
        self.channels[uniqueid] = replace(spyer, application="", data="")
        self._emit(say.spy("ChanSpyStop", self.clock(), spyer, self.channels.get(spyer.spyee)))

    def play_notice(self, headers: Mapping[str, str]) -> None:
        """Play a notice tone, to its end, to the conversation of the named channel."""
        at, uniqueid = self.clock(), headers["ChannelId"]
        self._serial += 1
        spyee = self.channels[headers["Data"].partition(",")[0]]
        channel = FakeChannel(_name_of(headers["Channel"], self._serial), uniqueid, uniqueid, began_at=at)
        self._emit(
            say.channel_event("Newchannel", at, channel),
            say.originate_response(at, headers, channel, is_success=True, reason=4),
            say.spy("ChanSpyStart", at, channel, spyee),
            say.spy("ChanSpyStop", at, channel, spyee),
            say.hangup(at, channel, 16),
        )

    # -- where a conversation goes -----------------------------------------------------------------

    def leave(self, uniqueid: str) -> None:
        """The channel leaves its bridge."""
        channel = self.channels[uniqueid]
        bridge = say.bridge_now(channel)
        self.channels[uniqueid] = replace(channel, bridge="")
        kind = self._kinds.get(bridge, say.ORDINARY)
        self._emit(say.bridge_leave(self.clock(), channel, bridge, self._members(bridge), kind))

    def bridges(self) -> dict[str, tuple[int, tuple[str, str]]]:
        """The bridges, each with the number of its members, its type and its technology."""
        members = Counter(filter(None, map(say.bridge_now, self.channels.values())))
        return {one: (count, self._kinds.get(one, say.ORDINARY)) for one, count in members.items()}

    def enter(self, uniqueid: str, bridge: str, *, kind: str = "basic", technology: str = "") -> None:
        """The channel enters a bridge; a ConfBridge's `kind` is `base`."""
        mixed = technology or ("simple_bridge" if kind == "basic" else "softmix")
        self._kinds[bridge] = (kind, mixed)
        channel = self.channels[uniqueid] = replace(self.channels[uniqueid], bridge=bridge)
        self._emit(say.bridge_enter(self.clock(), channel, bridge, self._members(bridge), (kind, mixed)))

    def send_on(self, transferer: str, transferee: str, number: str) -> FakeChannel:
        """A blind transfer to an extension, whose phone rings: its channel. Who transferred is there yet."""
        at, agent, customer = self.clock(), self.channels[transferer], self.channels[transferee]
        self._emit(say.blind_transfer(at, agent, customer, number))
        self.leave(transferer)
        self.leave(transferee)
        self._serial += 1
        channel = FakeChannel(
            name=f"PJSIP/{number}-{self._serial:08x}",
            uniqueid=f"{int(at)}.{self._serial}",
            linkedid=customer.linkedid,
            state=FakeState.RINGING,
            caller=("", number),
            connected=customer.caller,
            exten="",
            application="AppDial",
            data="(Outgoing Line)",
            began_at=at,
            bridge="",
        )
        down = replace(channel, state=FakeState.DOWN)
        self.channels[channel.uniqueid] = channel
        self._emit(
            say.channel_event("Newchannel", at, down),
            say.dial("DialBegin", at, customer, down, ("DialString", number)),
            say.channel_event("Newstate", at, channel),
        )
        return channel

    def answer(self, uniqueid: str, caller: str) -> None:
        """A ringing phone is picked up, and talks with its caller."""
        at = self.clock()
        channel = self.channels[uniqueid] = replace(self.channels[uniqueid], state=FakeState.UP)
        self._emit(
            say.channel_event("Newstate", at, channel),
            say.dial("DialEnd", at, self.channels[caller], channel, ("DialStatus", "ANSWER")),
        )
        bridge = str(uuid.uuid5(uuid.NAMESPACE_OID, uniqueid))
        self.enter(uniqueid, bridge)
        self.enter(caller, bridge)

    def variables_of(self, named: str) -> dict[str, str]:
        """The variables of the channel with this name or uniqueid; empty if there is none."""
        for channel in self.channels.values():
            if named in (channel.name, channel.uniqueid):
                bridge = say.bridge_now(channel)
                with_it = [
                    one.name for one in self.channels.values() if bridge and say.bridge_now(one) == bridge
                ]
                return {
                    "UNIQUEID": channel.uniqueid,
                    "CHANNEL(name)": channel.name,
                    "CHANNEL(linkedid)": channel.linkedid,
                    "CHANNEL(appname)": channel.application,
                    "BRIDGEPEER": ",".join(name for name in with_it if name != channel.name),
                }
        return {}

    def _members(self, bridge: str) -> int:
        return sum(say.bridge_now(channel) == bridge for channel in self.channels.values())

    def _told(self, uniqueid: str, data: str) -> str:
        """The setup of ChanSpy: the channel's variables, or the application data."""
        variables = self._variables.get(uniqueid, {})
        spyee, _, options = data.partition(",")
        return f"{variables.get('UAPI_SPYEE', spyee)},{variables.get('UAPI_SPY_OPTIONS', options)}"

    def hang_up(self, uniqueid: str, cause: int = 16) -> None:
        """A channel ends, and with a spyee its spies; a phone that was ringing has failed to be reached."""
        at, channel = self.clock(), self.channels.pop(uniqueid)
        self._variables.pop(uniqueid, None)
        if channel.application == "ChanSpy":
            self._emit(say.spy("ChanSpyStop", at, channel, self.channels.get(channel.spyee)))
        self._emit(say.hangup(at, channel, cause))
        headers = self._originates.pop(uniqueid, None)
        if headers is not None and channel.state is not FakeState.UP:
            reason = 3 if cause == NO_ANSWER else 0
            self._emit(say.originate_response(at, headers, channel, is_success=False, reason=reason))
        for spyer in [one.uniqueid for one in self.channels.values() if one.spyee == uniqueid]:
            self.hang_up(spyer)

    def _trunk_channels(self, number: str, caller: Header) -> tuple[FakeChannel, FakeChannel]:
        self._serial += 2
        at, local = self.clock(), ("Agent", number)
        first = f"{int(at)}.{self._serial}"
        customer = FakeChannel(
            name=f"PJSIP/trunk-{self._serial:08x}",
            uniqueid=first,
            linkedid=first,
            caller=caller,
            connected=local,
            context="from-trunk",
            exten=number,
            application="Dial",
            data=f"PJSIP/{number},60",
            began_at=at,
        )
        agent = FakeChannel(
            name=f"PJSIP/{number}-{self._serial + 1:08x}",
            uniqueid=f"{int(at)}.{self._serial + 1}",
            linkedid=first,
            caller=local,
            connected=caller,
            exten="",
            application="AppDial",
            data="(Outgoing Line)",
            began_at=at,
        )
        return customer, agent


def _name_of(dialed: str, serial: int) -> str:
    """The name of the channel that an Originate to `dialed` makes: of a Local channel, its first half's."""
    if dialed.startswith("Local/"):
        return f"{dialed.removesuffix('/n')}-{serial:08x};1"
    return f"{dialed}-{serial:08x}"
