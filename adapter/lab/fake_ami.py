"""An AMI server for tests, scripted for what a real Asterisk cannot be made to do on demand.

It is a real TCP server (with TLS on request) on a free port of 127.0.0.1. By default it behaves as Asterisk
22: it accepts a login with the secret, answers pings, lists its channels, rings for an Originate, hangs up. A
test can make it refuse, fall silent, break the connection at any byte, or send anything in any chunks.
`ami.pbx` plays the people at the phones (`pick_up`, `join`, `hang_up`).

    async with FakeAmi() as ami:
        agent = ami.pbx.add_trunk_call()
        ...                                # the adapter connects to ami.port and originates
        [ring] = ami.took("Originate")
        ami.pbx.pick_up(ring["ChannelId"])
        ami.pbx.join(ring["ChannelId"])

The server keeps every action and every byte that arrives: `ami.actions`, `connection.received`.
"""

import asyncio
import hashlib
import re
import secrets
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self, cast

from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami_cut import Cut
from adapter.lab.fake_ami_events import Header
from adapter.lab.fake_ami_pbx import FakePbx
from adapter.lab.fake_ami_presence import FakePresence

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class ReceivedAction:
    """A received action. As in Asterisk, a single CR or LF also ends a header."""

    raw: bytes
    headers: tuple[Header, ...]
    connection: "Connection"
    at: float
    """The time of arrival, by the event loop's clock."""

    @property
    def name(self) -> str:
        return self["Action"]

    def __getitem__(self, name: str) -> str:
        """The first header of this name; empty if there is none."""
        return next((value for header, value in self.headers if header.lower() == name.lower()), "")


Script = Callable[[ReceivedAction], None]
"""A reaction of the server to an action: it may answer now, later or never, or break the connection."""


def ignore(action: ReceivedAction) -> None:
    """Read the action and do not answer."""


def drop(action: ReceivedAction) -> None:
    """Read the action and break the connection."""
    action.connection.drop()


class Connection(asyncio.Protocol):
    """One client's connection to the server."""

    def __init__(self, ami: "FakeAmi") -> None:
        self.received = bytearray()
        self.said_bytes = 0
        """How many bytes were sent to the client."""
        self.began_at = 0.0
        """When the client connected, by the event loop's clock."""
        self.is_open = False
        self.is_logged_in = False
        self.challenge = ""
        """The challenge for the login digest; empty until the client has requested one."""
        self._ami = ami
        self._rest = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.is_open = True
        self.began_at = asyncio.get_running_loop().time()
        self._ami.connections.append(self)
        if self._ami.drops_new_connections:
            self.drop()
        else:
            self.send(self._ami.banner)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.is_open = False

    def data_received(self, data: bytes) -> None:
        cut, self._ami.cut = self._ami.cut, None
        if cut is None or not cut.ends_what_is_heard(data):
            self._ami.cut = cut
            self._hear(data)
            return
        self._hear(cut.heard_of(data))
        if self.is_open:
            self.drop()

    def _hear(self, data: bytes) -> None:
        self.received += data
        self._rest += data
        while self.is_open:
            raw, end, rest = self._rest.partition(_END)
            cut = self._ami.drop_inside
            if cut is not None and f"Action: {cut[0]}\r\n".encode() in raw + end:
                del self.received[len(self.received) - len(self._rest) + cut[1] :]
                self.drop()
                return
            if not end:
                return
            self._rest = rest
            self._ami.take(self._parse(raw + end))

    def _parse(self, raw: bytes) -> ReceivedAction:
        lines = [line for line in re.split(r"\r\n|\r|\n", raw.decode(errors="surrogateescape")) if line]
        headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        return ReceivedAction(raw, headers, self, asyncio.get_running_loop().time())

    def send(self, data: bytes) -> None:
        """Send these bytes, unless the server is mute."""
        if not self.is_open or self._ami.is_mute:
            return
        cut = self._ami.cut
        if cut is not None and cut.ends_what_is_said(data):
            self._ami.cut, data = None, cut.said_of(data)
            self._transport.write(data)
            # The bytes before the cut arrive; after an abort they might not.
            self.hang_up()
            self.is_open = False
        else:
            self._transport.write(data)
        self.said_bytes += len(data)

    async def send_in_chunks(self, chunks: list[bytes]) -> None:
        """Send these bytes so that each chunk arrives separately."""
        for chunk in chunks:
            self.send(chunk)
            await asyncio.sleep(0.002)

    def answer(self, action: ReceivedAction, *headers: Header, response: str = "Success") -> None:
        """Answer an action, at any time after its arrival."""
        self.send(say.message(("Response", response), ("ActionID", action["ActionID"]), *headers))

    def refuse(self, action: ReceivedAction, why: str) -> None:
        """Answer an action with an error."""
        self.answer(action, ("Message", why), response="Error")

    def hang_up(self) -> None:
        """Close the connection after the bytes sent so far."""
        self._transport.close()

    def drop(self) -> None:
        """Break the connection at once."""
        self.is_open = False
        self._transport.abort()


class FakeAmi:
    """The server and the PBX behind it; use it as an async context manager."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.host = "127.0.0.1"
        self.port = 0
        self.username = "uapi"
        self.secret = secrets.token_urlsafe(12)
        self.banner = BANNER
        """The banner; a test can set it to that of any peer."""
        self.accepts_login = True
        self.allows_multiple_login = True
        """Whether the user may have several sessions (`allowmultiplelogin`)."""
        self.drops_new_connections = False
        self.is_mute = False
        self.drop_inside: tuple[str, int] | None = None
        """("Originate", 20): break the connection when 20 bytes of an Originate have been read."""
        self.cut: Cut | None = None
        """Where to break the next connection, once."""
        self.has_include = False
        """Whether the dialplan includes uapi-dialplan.conf."""
        self.include_lacks: set[tuple[str, str]] = set()
        """What that does not have, context and extension: it is an older one."""
        self.scripts: dict[str, Script] = {}
        """Reactions that replace Asterisk's, by the name of the action."""
        self.during_snapshot: list[bytes] = []
        """What to send within a snapshot: the first before its first item, each other one after an item."""
        self.pbx = FakePbx(self.emit)
        self.presence = FakePresence(self.emit, lambda: self.pbx.clock())  # noqa: PLW0108 - a test may set another clock
        self.connections: list[Connection] = []
        self.actions: list[ReceivedAction] = []
        self._tls = tls
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; after a `stop()`, on the same port again."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self), self.host, self.port, ssl=self._tls, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Break every connection and stop listening."""
        if self._server is not None:
            self._server.close()
            self.drop()
            await self._server.wait_closed()
            self._server = None

    def drop(self) -> None:
        """Break every connection; accept new ones."""
        for connection in self.connections:
            if connection.is_open:
                connection.drop()

    # -- what a test asks --------------------------------------------------------------------------

    def took(self, name: str) -> list[ReceivedAction]:
        """All received actions of this name, over all connections."""
        return [action for action in self.actions if action.name == name]

    @property
    def connection(self) -> Connection:
        """The newest connection."""
        return self.connections[-1]

    # -- what it does on an action -----------------------------------------------------------------

    def take(self, action: ReceivedAction) -> None:
        """Keep an action and react to it."""
        self.actions.append(action)
        script = self.scripts.get(action.name) or {
            "Challenge": self.challenge,
            "Login": self.log_in,
            "Ping": self.pong,
            "BridgeList": self.list_bridges,
            "CoreShowChannels": self.list_channels,
            "Originate": self.originate,
            "Hangup": self.take_hangup,
            "Getvar": self.get_variable,
            **(self._with_include if self.has_include else {}),
            **({} if self.presence.devices is None else {"DeviceStateList": self.list_devices}),
            **({} if self.presence.members is None else {"QueueStatus": self.list_queues}),
        }.get(action.name)
        if script is None:
            action.connection.refuse(action, "Invalid/unknown command")
        else:
            script(action)

    def challenge(self, action: ReceivedAction) -> None:
        """Send a challenge for the login digest."""
        action.connection.challenge = f"{secrets.randbelow(10**9):09}"
        action.connection.answer(action, ("Challenge", action.connection.challenge))

    def log_in(self, action: ReceivedAction) -> None:
        """Accept a login with the right user and secret, by digest or in clear text; refuse any other."""
        connection = action.connection
        if not self.allows_multiple_login and any(
            one.is_logged_in and one.is_open for one in self.connections
        ):
            connection.refuse(action, "Login Already In Use")
            connection.hang_up()
            return
        if not self.accepts_login or action["Username"] != self.username or not self._knows_secret(action):
            connection.refuse(action, "Authentication failed")
            connection.hang_up()
            return
        connection.is_logged_in = True
        connection.answer(action, ("Message", "Authentication accepted"))
        booted = (("Uptime", "1234"), ("LastReload", "1234"), ("Status", "Fully Booted"))
        connection.send(say.event("FullyBooted", self.pbx.clock(), *booted, privilege="system,all"))

    def _knows_secret(self, action: ReceivedAction) -> bool:
        challenge = action.connection.challenge
        if action["AuthType"] == "MD5" and challenge:
            proof = f"{challenge}{self.secret}".encode()
            return action["Key"] == hashlib.md5(proof, usedforsecurity=False).hexdigest()
        return action["Secret"] == self.secret

    def pong(self, action: ReceivedAction) -> None:
        """Answer a ping with the server's time."""
        action.connection.answer(action, ("Ping", "Pong"), ("Timestamp", f"{self.pbx.clock():.6f}"))

    def list_bridges(self, action: ReceivedAction) -> None:
        """List the bridges."""
        connection, bridges = action.connection, self.pbx.bridges()
        connection.answer(action, ("EventList", "start"), ("Message", "Bridge listing will follow"))
        for bridge, (members, kind) in bridges.items():
            connection.send(say.listed_bridge(bridge, members, kind, action["ActionID"]))
        ends = (("EventList", "Complete"), ("ListItems", str(len(bridges))))
        connection.send(say.message(("Event", "BridgeListComplete"), ("ActionID", action["ActionID"]), *ends))

    def list_devices(self, action: ReceivedAction) -> None:
        """List the devices."""
        self._list(action, "DeviceState", self.presence.listed_devices(action["ActionID"]))

    def list_queues(self, action: ReceivedAction) -> None:
        """List the members and the callers of all queues."""
        self._list(action, "QueueStatus", self.presence.listed_queues(action["ActionID"]))

    @staticmethod
    def _list(action: ReceivedAction, kind: str, items: Sequence[bytes]) -> None:
        action.connection.answer(action, ("EventList", "start"), ("Message", f"{kind} will follow"))
        ends = (("EventList", "Complete"), ("ListItems", str(len(items))))
        last = say.message(("Event", f"{kind}Complete"), ("ActionID", action["ActionID"]), *ends)
        action.connection.send(b"".join((*items, last)))

    def list_channels(self, action: ReceivedAction) -> None:
        """Send a snapshot, and the messages that the test puts in between."""
        connection, between = action.connection, iter(self.during_snapshot)
        connection.answer(action, ("EventList", "start"), ("Message", "Channels will follow"))
        connection.send(next(between, b""))
        channels = list(self.pbx.channels.values())
        for channel in channels:
            connection.send(say.listed(self.pbx.clock(), channel, action["ActionID"]) + next(between, b""))
        connection.send(
            say.message(
                ("Event", "CoreShowChannelsComplete"),
                ("ActionID", action["ActionID"]),
                ("EventList", "Complete"),
                ("ListItems", str(len(channels))),
            )
        )

    def originate(self, action: ReceivedAction) -> None:
        """Accept an Originate, and ring the phone or play the notice tone."""
        action.connection.answer(action, ("Message", "Originate successfully queued"))
        if say.is_notice(action["ChannelId"]):
            self.pbx.play_notice(say.with_application(action.headers))
        else:
            self.pbx.ring(say.with_application(action.headers))

    def originate_without_phone(self, action: ReceivedAction) -> None:
        """A reaction: accept the Originate, then report no channel, as for an unknown endpoint."""
        action.connection.answer(action, ("Message", "Originate successfully queued"))
        self.emit(
            say.originate_response(
                self.pbx.clock(), say.with_application(action.headers), None, is_success=False, reason=0
            )
        )

    def take_hangup(self, action: ReceivedAction) -> None:
        """Hang up the named channel."""
        if action["Channel"] not in self.pbx.channels:
            action.connection.refuse(action, "No such channel")
            return
        action.connection.answer(action, ("Message", "Channel Hungup"))
        self.pbx.hang_up(action["Channel"], cause=0)

    def get_variable(self, action: ReceivedAction) -> None:
        """Tell what a channel is; and of a function whether it has it, as the include needs it."""
        channel = self.pbx.variables_of(action["Channel"])
        if action["Channel"] and not channel:
            action.connection.refuse(action, "No such channel")
            return
        told = None if channel else self.presence.value_of(action["Variable"])
        if told is not None:
            action.connection.answer(action, ("Variable", action["Variable"]), ("Value", told))
            return
        is_known = self.has_include and action["Variable"].startswith("IF(")
        value = channel.get(action["Variable"], "") if channel else "yes" if is_known else ""
        action.connection.answer(action, ("Variable", action["Variable"]), ("Value", value))

    @property
    def _with_include(self) -> dict[str, Script]:
        return {
            "ShowDialPlan": self.show_dialplan,
            "Setvar": self.set_variable,
            "Redirect": self.redirect,
        }

    def show_dialplan(self, action: ReceivedAction) -> None:
        """Answer whether the extension exists; nobody reads its content."""
        context, exten = action["Context"], action["Extension"]
        if (context, exten) in self.include_lacks:
            action.connection.refuse(action, f"Did not find extension {exten}@{context}")
            return
        action.connection.answer(action, ("EventList", "start"), ("Message", "DialPlan list will follow"))

    def set_variable(self, action: ReceivedAction) -> None:
        """Set a variable of the named channel."""
        if action["Channel"] not in self.pbx.channels:
            action.connection.refuse(action, "No such channel")
            return
        self.pbx.set_variable(action["Channel"], action["Variable"], action["Value"])
        action.connection.answer(action, ("Message", "Variable Set"))

    def redirect(self, action: ReceivedAction) -> None:
        """Restart ChanSpy on the named channel, with the setup of its variables."""
        if action["Channel"] not in self.pbx.channels:
            action.connection.refuse(action, "Channel does not exist: " + action["Channel"])
            return
        action.connection.answer(action, ("Message", "Redirect successful"))
        self.pbx.spy_anew(action["Channel"])

    def emit(self, *events: bytes) -> None:
        """Send events to all clients that have logged in."""
        for connection in self.connections:
            if connection.is_logged_in:
                connection.send(b"".join(events))
