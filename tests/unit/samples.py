"""What the tests are about: one directory, and AMI messages as Asterisk 22 sends them."""

import functools
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapter.ami.reader import Reader
from adapter.asterisk.events import Event, ListedChannel
from adapter.asterisk.features import ALL_FEATURES
from adapter.asterisk.message import read_headers
from adapter.asterisk.parsing import parse, parse_listed, parse_listed_bridge
from adapter.callcontrol.world import Rules, World
from adapter.calls.ids import age_of
from adapter.calls.model import Calls
from adapter.calls.views import PhoneCall, phone_call
from adapter.directory import App, Directory, load_directory
from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami_events import FakeChannel, FakeState

TRACES = Path(__file__).parents[1] / "traces"
Headers = dict[str, str]

SECRET_HASH = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$c2VjcmV0"

DIRECTORY_TEXT = f"""\
organizations:
  - {{id: "3", prefix: "0003", name: Default Organization}}
  - {{id: "4", prefix: "0004", name: Other Organization}}
users:
  - {{id: "12", name: Agent, organization: "3"}}
  - {{id: "13", name: Supervisor, organization: "3"}}
  - {{id: "40", name: Stranger, organization: "4"}}
extensions:
  - {{number: "0003*210", type: phone terminal, owner: "12", caller_id: "Agent <0003*210>"}}
  - {{number: "0003*211", type: phone terminal, owner: "12"}}
  - {{number: "0003*21", type: phone terminal, owner: "12"}}
  - {{number: "0003*024", type: phone terminal, owner: "13", caller_id: "Supervisor <0003*024>"}}
  - {{number: "0003*025", type: phone terminal, owner: "13", dial: PJSIP/second-desk}}
  - {{number: "0003*500", type: queue, owner: "12"}}
  - {{number: "0004*300", type: phone terminal, owner: "40"}}
apps:
  - {{client_id: agent-desktop, secret_hash: "{SECRET_HASH}", account: {{user: "12"}}}}
  - {{client_id: wallboard, secret_hash: "{SECRET_HASH}", account: {{organization: "3"}}}}
  - {{client_id: operator, secret_hash: "{SECRET_HASH}", account: administrator}}
"""


@functools.cache
def directory() -> Directory:
    return load_directory(DIRECTORY_TEXT)


def app(client_id: str, **changed: object) -> App:
    """An App of the administrator's, or another one."""
    values: dict[str, Any] = {"secret_hash": SECRET_HASH, "account": "administrator", **changed}
    return App(client_id=client_id, **values)


# -- messages ------------------------------------------------------------------------------------------


class Pbx:
    """Says what Asterisk says: each method adds the messages of one happening, 0.1 s after the one before."""

    def __init__(self) -> None:
        self.messages: list[Headers] = []
        self._channels: dict[str, FakeChannel] = {}
        self._kinds: dict[str, tuple[str, str]] = {}
        self._bridges = 0
        self._count = 0
        self._at = 1795405388.0

    def new(
        self,
        peer: str,
        *,
        number: str = "",
        exten: str = "s",
        linkedid: str = "",
        uniqueid: str = "",
        state: str = "Down",
        name: str = "",
    ) -> str:
        """A channel of `peer`, or of this name; its uniqueid."""
        uniqueid = uniqueid or f"1795405388.{self._count}"
        self._channels[uniqueid] = FakeChannel(
            name=name or f"{peer}-{self._count:08x}",
            uniqueid=uniqueid,
            linkedid=linkedid or uniqueid,
            state=FakeState[state.upper()],
            caller=(f"Name of {number}", number) if number else ("", ""),
            exten=exten,
            bridge="",
        )
        self._count += 1
        self.tell("Newchannel", uniqueid)
        return uniqueid

    def local(self, exten: str, *, linkedid: str = "", state: str = "Down") -> tuple[str, str]:
        """The two halves of a Local channel; their uniqueids."""
        name = f"Local/{exten}@extensions-{self._count:08x}"
        one = self.new("", name=f"{name};1", exten=exten, linkedid=linkedid, state=state)
        return one, self.new("", name=f"{name};2", exten=exten, linkedid=linkedid or one, state="Ring")

    def dial(self, dialing: str, dialed: str) -> None:
        """`dialing` calls `dialed`, whose phone rings."""
        source = self._channels[dialing]
        self._change(dialed, connected=source.caller)
        self.tell("NewConnectedLine", dialed)
        self._add(say.dial("DialBegin", self._tick(), source, self._channels[dialed], ("DialString", "x")))
        self.state(dialed, "Ringing")

    def state(self, uniqueid: str, state: str) -> None:
        self._change(uniqueid, state=FakeState[state.upper()])
        self.tell("Newstate", uniqueid)

    def answer(self, dialing: str, dialed: str) -> None:
        """`dialed` picks up and both enter a bridge."""
        self.state(dialed, "Up")
        self.end_dial(dialing, dialed, "ANSWER")
        if self._channels[dialing].state is not FakeState.UP:
            self.state(dialing, "Up")
        self.bridge(dialed, dialing)

    def end_dial(self, dialing: str, dialed: str, status: str) -> None:
        """The dialing ended so."""
        source, target = self._channels[dialing], self._channels[dialed]
        self._add(say.dial("DialEnd", self._tick(), source, target, ("DialStatus", status)))

    def bridge(self, *uniqueids: str, kind: str = "basic", technology: str = "simple_bridge") -> str:
        """They enter a bridge of their own; its unique id."""
        self._bridges += 1
        bridge = f"bridge-{self._bridges}"
        for uniqueid in uniqueids:
            self.enter(uniqueid, bridge, kind=kind, technology=technology)
        return bridge

    def enter(
        self, uniqueid: str, bridge: str, *, kind: str = "basic", technology: str = "simple_bridge"
    ) -> None:
        """It leaves the bridge that it is in, and enters this one."""
        self.leave(uniqueid)
        self._change(uniqueid, bridge=bridge)
        self._kinds[bridge] = (kind, technology)
        self._add(say.bridge_enter(self._tick(), self._channels[uniqueid], *self._bridge(bridge)))

    def leave(self, uniqueid: str) -> None:
        """It leaves the bridge that it is in, if any."""
        bridge = self._channels[uniqueid].bridge
        if bridge:
            self._change(uniqueid, bridge="")
            self._add(say.bridge_leave(self._tick(), self._channels[uniqueid], *self._bridge(bridge)))

    def _bridge(self, bridge: str) -> tuple[str, int, tuple[str, str]]:
        """The bridge, how many are in it, and what it is."""
        members = [channel for channel in self._channels.values() if channel.bridge == bridge]
        return bridge, len(members), self._kinds[bridge]

    def park(self, parkee: str, parker: str, space: str = "701") -> None:
        """`parkee` waits in a parking lot; the phone that is dialed as `parker` parked it."""
        self.leave(parkee)
        self.park_in_place(parkee, parker, space)
        self.bridge(parkee, kind="parking", technology="holding_bridge")

    def park_in_place(self, parkee: str, parker: str, space: str) -> None:
        """`parkee` is told to be parked."""
        self._tell_parked("ParkedCall", parkee, parker, space, ("ParkingDuration", "0"))

    def pass_time(self, seconds: float) -> None:
        """Nothing happens for so long."""
        self._at += seconds

    def unpark(self, parkee: str, retriever: str, parker: str, space: str = "701") -> None:
        """`retriever` takes it out of there, and they talk."""
        retrieving = say.channel_headers(self._channels[retriever], "Retriever")
        self._tell_parked("UnParkedCall", parkee, parker, space, *retrieving)
        self.bridge(parkee, retriever)

    def _tell_parked(self, name: str, parkee: str, parker: str, space: str, *more: say.Header) -> None:
        parked = say.channel_headers(self._channels[parkee], "Parkee")
        place = (("ParkerDialString", parker), ("ParkingSpace", space))
        self._add(say.event(name, self._tick(), *parked, *place, *more))

    def blind_transfer(self, transferer: str, transferee: str, exten: str) -> None:
        """`transferer` sends `transferee` on to this number, and leaves."""
        channels = self._channels[transferer], self._channels[transferee]
        self._add(say.blind_transfer(self._tick(), *channels, exten))
        self.leave(transferer)
        self.leave(transferee)

    def join_three(self, transferer: str) -> None:
        """Who consulted by keys makes it a talk of three."""
        who = self._channels[transferer]
        self._add(say.attended_transfer(self._tick(), (who, who), dest=("Threeway",)))

    def end_originate(self, dialed: str) -> None:
        """Whom an Originate rang has picked up."""
        self._add(say.dial("DialEnd", self._tick(), None, self._channels[dialed], ("DialStatus", "ANSWER")))

    def tell_linkedid(self, uniqueid: str, linkedid: str) -> None:
        """An event of the channel tells that it is of this linkedid."""
        self._change(uniqueid, linkedid=linkedid)
        self.tell("NewConnectedLine", uniqueid)

    def transfer(self, first: str, second: str, transferee: str = "") -> None:
        """Who has the channels `first` and `second` connects the other sides of both."""
        lines = self._channels[first], self._channels[second]
        other = self._channels[transferee] if transferee else None
        self._add(say.attended_transfer(self._tick(), lines, transferee=other, dest=("App", "Dial")))

    def tell(self, name: str, uniqueid: str) -> None:
        """An event of this name about the channel: Newstate, Hold, Unhold, MixMonitorStart, ..."""
        self._add(say.channel_event(name, self._tick(), self._channels[uniqueid]))

    def call(self, caller: str, callee: str, *, number: str = "777888") -> tuple[str, str]:
        """An answered call between two peers; the uniqueids of its channels."""
        dialing = self.new(caller, number=number, exten="0003*210", state="Ring")
        dialed = self.new(callee, linkedid=dialing, number=callee.partition("/")[2])
        self.dial(dialing, dialed)
        self.answer(dialing, dialed)
        return dialing, dialed

    def supervise(self, spyee: str, peer: str = "PJSIP/0003*024", uniqueid: str = "uapi-1998") -> str:
        """A barge-in of ours on `spyee`, up to joined; the uniqueid of the supervisor's channel."""
        spyer = self.new(peer, uniqueid=uniqueid, number="0003*024")
        self._change(spyer, caller=("John Doe", "42420042"))
        self.tell("NewCallerid", spyer)
        ringing = self._channels[spyer]
        self._add(say.dial("DialBegin", self._tick(), None, ringing, ("DialString", "0003*024")))
        self.state(spyer, "Ringing")
        self.state(spyer, "Up")
        originate = {"ChannelId": spyer, "Application": "ChanSpy", "Data": f"{spyee},quBE"}
        self._add(say.originate_response(self._tick(), originate, ringing, is_success=True, reason=4))
        self.spy(spyer, spyee)
        return spyer

    def spy(self, spyer: str, spyee: str) -> None:
        self._add(say.spy("ChanSpyStart", self._tick(), self._channels[spyer], self._channels[spyee]))

    def stop_spying(self, spyer: str) -> None:
        self._add(say.spy("ChanSpyStop", self._tick(), self._channels[spyer], None))

    def relink(self, uniqueid: str, linkedid: str) -> None:
        """An attended transfer or a pickup makes the channel part of another conversation."""
        self._change(uniqueid, linkedid=linkedid)
        oldest = self._channels.get(linkedid)
        if oldest is not None and oldest.bridge:
            self.enter(uniqueid, oldest.bridge)
        else:
            self.bridge(uniqueid)

    def hang_up(self, *uniqueids: str, cause: int = 16) -> None:
        for uniqueid in uniqueids:
            self.leave(uniqueid)
            self._add(say.hangup(self._tick(), self._channels.pop(uniqueid), cause))

    def hang_up_all(self) -> None:
        self.hang_up(*self._channels)

    def say(self, name: str, *parts: Headers) -> None:
        """Add one message of these headers, whatever they are."""
        headers = {key: value for part in parts for key, value in part.items()}
        self.messages.append({**_headers(say.event(name, self._tick())), **headers})

    def _add(self, message: bytes) -> None:
        self.messages.append(_headers(message))

    def _tick(self) -> float:
        self._at += 0.1
        return self._at

    def _change(self, uniqueid: str, **fields: Any) -> None:  # noqa: ANN401 - as FakeChannel has them
        self._channels[uniqueid] = replace(self._channels[uniqueid], **fields)


def _headers(message: bytes) -> Headers:
    """The message as our own reader reads it."""
    return dict(read_headers(message.decode().removesuffix("\r\n\r\n")))


ROLES = (
    "", "Dest", "Spyer", "Spyee", "Parkee", "Retriever", "Transferer", "OrigTransferer", "SecondTransferer",
    "Transferee", "TransferTarget",
)  # fmt: skip


def snapshot_after(messages: Iterable[Headers]) -> list[Headers]:
    """What CoreShowChannels would list after `messages`; the newest channel first, as a real one did."""
    channels: dict[str, Headers] = {}
    began: dict[str, float] = {}
    now = 0.0
    for message in messages:
        now = float(message.get("Timestamp", now))
        if message["Event"] == "Newchannel":
            channels[message["Uniqueid"]] = {"Application": "", "ApplicationData": "", "BridgeId": ""}
            began[message["Uniqueid"]] = now
        for role in ROLES:
            channel = channels.get(message.get(role + "Uniqueid", ""))
            if channel is not None and role + "ChannelState" in message:
                channel |= {
                    name.removeprefix(role): message[name]
                    for name in message
                    if name.startswith(role) and "Bridge" not in name
                }
        for uniqueid, application, data in _applications(message):
            if uniqueid in channels:
                channels[uniqueid] |= {"Application": application, "ApplicationData": data}
        _note_bridge(message, channels)
        if message["Event"] == "Hangup":
            del channels[message["Uniqueid"]]
    return [
        {**channel, "Event": "CoreShowChannel", "Duration": f"00:00:{int(now - began[uniqueid]):02}"}
        for uniqueid, channel in reversed(channels.items())
    ]


def _note_bridge(message: Headers, channels: dict[str, Headers]) -> None:
    bridge = message.get("BridgeUniqueid", "")
    if message["Event"] == "BridgeLeave" and channels[message["Uniqueid"]]["BridgeId"] == bridge:
        channels[message["Uniqueid"]]["BridgeId"] = ""
    if message["Event"] == "BridgeEnter":
        channels[message["Uniqueid"]]["BridgeId"] = bridge
        if message["BridgeType"] == "basic" and message["BridgeTechnology"] != "holding_bridge":
            # Asterisk gives all who meet in a conversation the oldest linkedid.
            members = [channel for channel in channels.values() if channel["BridgeId"] == bridge]
            oldest = min((member["Linkedid"] for member in members), key=age_of)
            for member in members:
                member["Linkedid"] = oldest


def _applications(message: Headers) -> Iterable[tuple[str, str, str]]:
    """What channels run from this message on: uniqueid, application and its data."""
    match message["Event"]:
        case "DialBegin" if "Uniqueid" in message:
            technology = message["DestChannel"].partition("/")[0]
            yield message["Uniqueid"], "Dial", f"{technology}/{message['DialString']},60"
            yield message["DestUniqueid"], "AppDial", "(Outgoing Line)"
        case "DialBegin":
            yield message["DestUniqueid"], "AppDial2", "(Outgoing Line)"
        case "DialEnd" if message["DialStatus"] == "ANSWER":
            is_originated = "Uniqueid" not in message
            yield message["DestUniqueid"], "Wait" if is_originated else "AppDial", ""
        case "BridgeEnter" if message["BridgeType"] == "agent_hold":
            yield message["Uniqueid"], "AgentLogin", "1001,s"
        case "UnParkedCall":
            yield message["RetrieverUniqueid"], "ParkedCall", ""
        case "AttendedTransfer" if message.get("DestType") == "App" and "TransfereeUniqueid" in message:
            yield message["TransfereeUniqueid"], message["DestApp"], ""
        case "OriginateResponse" if message["Response"] == "Success":
            yield message["Uniqueid"], message.get("Application", ""), message.get("Data", "")
        case "ChanSpyStart":
            is_ours = message["SpyerUniqueid"].startswith("uapi-")
            # Ours is told an exact channel; a PBX's own feature code usually a prefix.
            spyee = message["SpyeeUniqueid"] if is_ours else message["SpyeeChannel"].rpartition("-")[0]
            yield message["SpyerUniqueid"], "ChanSpy", f"{spyee},quBE"
        case "ChanSpyStop":
            yield message["SpyerUniqueid"], "", ""


def recorded(name: str) -> list[Headers]:
    """The messages of a trace, read by our own reader."""
    stream = (TRACES / name).read_bytes().replace(b"\n", b"\r\n")
    return [message.headers for message in Reader().feed(stream)]


# -- from messages to calls ----------------------------------------------------------------------------


def events(messages: Iterable[Headers]) -> list[Event]:
    return [event for message in messages if (event := parse(message, 0.0)) is not None]


def listed(snapshot: Iterable[Headers], told: Iterable[Headers] = ()) -> list[ListedChannel]:
    """The channels of a snapshot; of the bridges is known what `told` lists, or says as somebody enters."""
    naming = ("BridgeEnter", "BridgeListItem")
    kinds = dict(parse_listed_bridge(message) for message in told if message["Event"] in naming)
    return [parse_listed(headers, kinds) for headers in snapshot if headers["Event"] == "CoreShowChannel"]


def empty_calls() -> Calls:
    return Calls(directory().extension_of_channel)


def world(calls: Calls | None = None, **changed: Any) -> World:  # noqa: ANN401 - as World has them
    """A PBX in order, with the whole include, on which nobody supervises."""
    known = World(
        calls=empty_calls() if calls is None else calls,
        directory=directory(),
        supervisions=(),
        is_ready=True,
        features=ALL_FEATURES,
        rules=Rules(),
        now=1795405400.0,
    )
    return known._replace(**changed)


def calls_after(messages: Iterable[Headers]) -> Calls:
    calls = empty_calls()
    for event in events(messages):
        calls.apply(event)
    return calls


def seen(calls: Calls, is_seen: Callable[[str], bool] = lambda _: True) -> list[PhoneCall]:
    """The calls as they stand for somebody who sees every extension, or those that `is_seen` says."""
    return [found for call in calls.live() if (found := phone_call(call, is_seen)) is not None]


def only_call(calls: Calls) -> PhoneCall:
    (call,) = seen(calls)
    return call
