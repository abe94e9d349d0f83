"""One AMI connection, from connect to its end, on panoramisk.

panoramisk 1.4 keeps the session (connecting, login, matching answers to actions by ActionID); what it does
that a barge-in must not suffer is overridden here, each with its reason.
"""

import asyncio
import contextlib
import functools
import hashlib
import logging
import os
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any, cast

from panoramisk.actions import Action as PanoramiskAction
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager
from panoramisk.message import Message

from adapter.ami.banner import BANNER_LIMIT_BYTES, is_supported, read_banner
from adapter.ami.errors import (
    SHUTTING_DOWN,
    ActionRefused,
    ActionTimeout,
    LinkDown,
    LinkLost,
    LoginRefused,
)
from adapter.ami.reader import FramingError, Reader
from adapter.asterisk.actions import Action
from adapter.asterisk.message import Message as Received

log = logging.getLogger(__name__)

OnMessage = Callable[[Received], None]


class _EveryAction:
    """Holds every name: panoramisk sends again, after a reconnect, any action that is not among these."""

    def __contains__(self, name: object) -> bool:
        return True


class _Protocol(AMIProtocol):
    """panoramisk's protocol over our reader."""

    factory: "Session | None"
    responses: dict[str, Any]
    transport: asyncio.Transport

    def __init__(self, wanted: Mapping[str, str] | None = None) -> None:
        """Take in the events of these names only; without names, all."""
        self.banner: str | None = None
        """The first line that the peer sent, once it is whole or too long to be Asterisk's."""
        self.greeted = asyncio.Event()
        self._reader = Reader(wanted)
        self._greeting = b""

    def write(self, action: PanoramiskAction, text: str) -> None:
        """Send this text; the action waits for its answer."""
        self.responses[action.id] = action
        if not self.transport.is_closing():
            self.transport.write(text.encode())

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the session, if there is one yet: a peer may hang up before it has taken the connection."""
        if self.factory is not None:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.banner is None:
            data = self._take_banner(data)
        # panoramisk decodes each chunk alone, and whatever raises in here makes asyncio drop the link.
        try:
            messages = self._reader.feed(data)
        except FramingError as garbage:
            log.warning("the AMI peer does not speak AMI", extra={"error": str(garbage)})
            self.transport.abort()
            return
        factory = self.factory
        for message in messages:
            if (message.event_header or message.event) and factory is not None:
                # Every event goes to the listener, those with the ActionID of a pending action too:
                # panoramisk would keep an OriginateResponse for the action's future.
                try:
                    factory.on_message(message)
                except Exception:
                    log.exception("an AMI event could not be taken", extra={"event": message.get("Event")})
            elif message.is_response:
                if message.get("ActionID", "") in self.responses:
                    self.handle_message(Message(message.headers))
            elif factory is not None:
                factory.on_stray(message)

    def _take_banner(self, data: bytes) -> bytes:
        """Keep what belongs to the peer's first line; the bytes behind it."""
        line, end, rest = (self._greeting + data).partition(b"\r\n")
        if not end and len(line) <= BANNER_LIMIT_BYTES:
            self._greeting = line
            return b""
        self.banner = line[:BANNER_LIMIT_BYTES].decode("ascii", "replace")
        self.greeted.set()
        return rest


class Session(Manager):
    """One connection to one AMI; open it once, never again."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        username: str,
        secret: str,
        tls: ssl.SSLContext | None,
        on_message: OnMessage,
        on_stray: OnMessage = lambda _: None,
        wanted: Mapping[str, str] | None = None,
    ) -> None:
        """Hand the events of the `wanted` names to `on_message`; without names, all events.

        `on_stray` gets what is neither an event nor a response: a piece of a message that was cut.
        """
        super().__init__(
            host=host,
            port=port,
            ssl=tls or False,
            encoding="utf-8",
            protocol_factory=functools.partial(_Protocol, wanted),
            forgetable_actions=_EveryAction(),
            log=log,
        )
        # panoramisk is told neither: it would send both in clear to whoever listens there.
        self._username, self._secret = username, secret
        self.loop = asyncio.get_running_loop()
        self.on_message = on_message
        self.on_stray = on_stray
        self.lost: asyncio.Future[None] = self.loop.create_future()

    # -- what panoramisk calls -----------------------------------------------------------------------

    def connection_made(self, f: "asyncio.Future[Any]") -> None:
        """Take the new connection; a failed attempt is the link's to try again, not panoramisk's."""
        if f.cancelled() or f.exception() is not None:
            return
        super().connection_made(f)
        if self.protocol.transport.is_closing():  # it was lost before it was ours
            self.connection_lost(None)

    def connection_lost(self, exc: object) -> None:  # noqa: ARG002 - panoramisk's signature
        """Note the end. panoramisk would connect again by itself, also after `close()`."""
        if not self.lost.done():
            self.lost.set_result(None)

    def ping(self) -> None:
        """Send nothing: panoramisk awaits no pong and so never notices a mute peer; the link does it."""

    # -- what the link calls -------------------------------------------------------------------------

    async def open(self, within_s: float) -> None:
        """Connect and log in.

        Raises LinkDown where nobody answers, or nobody that is an Asterisk of a version that we know;
        LoginRefused where Asterisk refuses the login.
        """
        try:
            async with asyncio.timeout(within_s):
                await self.connect()
                await self._await_banner()
                await self._log_in(within_s)
        except (TimeoutError, ActionTimeout):
            raise LinkDown(f"no AMI login within {within_s} s") from None
        except (OSError, LinkLost) as broken:
            log.warning("Asterisk cannot be reached", extra={"error": str(broken)})
            raise LinkDown(f"no AMI connection: {_reason(broken)}") from None
        except ActionRefused as refused:
            if str(refused) == SHUTTING_DOWN:
                raise LinkDown(SHUTTING_DOWN) from None
            raise LoginRefused(str(refused)) from None

    async def _await_banner(self) -> None:
        """Wait for Asterisk's first line; before that nothing is sent, and to no other peer."""
        greeted = asyncio.ensure_future(self.protocol.greeted.wait())
        try:
            await asyncio.wait({greeted, self.lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            greeted.cancel()
        if self.protocol.banner is None:
            raise LinkLost("the AMI connection broke")
        version = read_banner(self.protocol.banner)
        if version is None:
            raise LinkDown("what listens on the AMI port is no Asterisk")
        if not is_supported(version):
            raise LinkDown(f"this Asterisk is older than 16 (AMI {version})")

    async def _log_in(self, within_s: float) -> None:
        """Prove that we know the secret without sending it: the connection may not be encrypted."""
        asked = await self.request(Action("Challenge", (("AuthType", "MD5"),)), within_s)
        proof = asked.get("Challenge", "") + self._secret
        # AMI knows no other digest.
        key = hashlib.md5(proof.encode(), usedforsecurity=False).hexdigest()
        headers = (("AuthType", "MD5"), ("Username", self._username), ("Key", key), ("Events", "on"))
        await self.request(Action("Login", headers), within_s)

    async def request(self, action: Action, within_s: float) -> dict[str, str]:
        """Send an action; the headers of Asterisk's answer.

        Raises LinkDown where it could not be sent, LinkLost or ActionTimeout where it is unknown whether
        Asterisk took it, ActionRefused where Asterisk said no.
        """
        if self.lost.done() or self.protocol is None:
            raise LinkDown("the AMI connection is gone")
        # as_list=False: the first answer is the answer; what follows are events, and go where events go.
        named = {"ActionID": action.id} if action.id else {}
        waiting = PanoramiskAction({"Action": action.name, **named}, as_list=False)
        future = waiting.future
        self.protocol.write(waiting, action.text(waiting.id))
        try:
            async with asyncio.timeout(within_s):
                answer = await self._answer(future)
        except TimeoutError:
            raise ActionTimeout(f"no answer to {action.name} within {within_s} s") from None
        finally:
            self._forget(future)
        headers = {name: str(value) for name, value in answer.items()}
        if not answer.success:
            raise ActionRefused(headers.get("Message", "no reason given"))
        return headers

    def close(self) -> None:
        """End the connection at once."""
        # Before panoramisk closes it, and not once it is lost: Python 3.11.2 cannot abort TLS that is closed.
        if self.protocol is not None and not self.lost.done():
            self.protocol.transport.abort()
        super().close()
        if not self.lost.done():
            self.lost.set_result(None)

    async def _answer(self, future: "asyncio.Future[Any] | None") -> Message:
        if future is None:
            raise LinkLost("the AMI connection broke")
        await asyncio.wait({future, self.lost}, return_when=asyncio.FIRST_COMPLETED)
        if not future.done():
            raise LinkLost("the AMI connection broke")
        return cast("Message", future.result())

    def _forget(self, future: "asyncio.Future[Any]") -> None:
        # panoramisk keeps an unanswered action for ever, and would swallow its late answers.
        if self.protocol is not None:
            for key in [key for key, kept in self.protocol.responses.items() if kept.future is future]:
                with contextlib.suppress(KeyError):
                    del self.protocol.responses[key]


def _reason(broken: Exception) -> str:
    """Why there is no connection, without the address: strangers may read it in `/health`."""
    if isinstance(broken, ssl.SSLError):
        return str(broken.reason or "TLS failed")
    if isinstance(broken, socket.gaierror):  # its numbers are not errno's
        return "the name of its host cannot be resolved"
    if isinstance(broken, OSError) and broken.errno:
        return os.strerror(broken.errno)
    return type(broken).__name__
