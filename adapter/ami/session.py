"""One AMI connection, from connect to its end, on panoramisk.

panoramisk 1.4 keeps the session (connecting, login, matching answers to actions by ActionID); what it does
that a barge-in must not suffer is overridden here, each with its reason.
"""

import asyncio
import contextlib
import functools
import logging
import os
import socket
import ssl
from collections.abc import Callable, Iterable
from typing import Any, cast

from panoramisk.actions import Action as PanoramiskAction
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager
from panoramisk.message import Message

from adapter.ami.errors import ActionRefused, ActionTimeout, LinkDown, LinkLost, LoginRefused
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

    def __init__(self, wanted: Iterable[str] | None = None) -> None:
        """Take in the events of these names only; without names, all."""
        self._reader = Reader(wanted)

    def send(self, data: Any, as_list: bool | None = None) -> "asyncio.Future[Any]":  # noqa: ANN401, FBT001 - panoramisk's signature
        """Write one action. panoramisk's own way logs an action that fails, with its secret."""
        action = data if isinstance(data, PanoramiskAction) else PanoramiskAction(data)
        action.as_list = as_list
        self.write(action, str(action))
        return cast("asyncio.Future[Any]", action.future)

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
        # panoramisk decodes each chunk alone, and whatever raises in here makes asyncio drop the link.
        try:
            messages = self._reader.feed(data)
        except FramingError as garbage:
            log.warning("the AMI peer does not speak AMI", extra={"error": str(garbage)})
            self.transport.abort()
            return
        for message in messages:
            if message.event and self.factory is not None:
                # Every event goes to the listener, those with the ActionID of a pending action too:
                # panoramisk would keep an OriginateResponse for the action's future.
                try:
                    self.factory.on_message(message)
                except Exception:
                    log.exception("an AMI event could not be taken", extra={"event": message.get("Event")})
            elif message.get("ActionID", "") in self.responses:
                self.handle_message(Message(message.headers))


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
        wanted: Iterable[str] | None = None,
    ) -> None:
        """Hand the events of the `wanted` names to `on_message`; without names, all events."""
        super().__init__(
            host=host,
            port=port,
            username=username,
            secret=secret,
            ssl=tls or False,
            encoding="utf-8",
            protocol_factory=functools.partial(_Protocol, wanted),
            forgetable_actions=_EveryAction(),
            log=log,
        )
        self.loop = asyncio.get_running_loop()
        self.on_message = on_message
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
        """Connect and log in. Raises LinkDown where nobody answers, LoginRefused where Asterisk says no."""
        try:
            async with asyncio.timeout(within_s):
                await self.connect()
                answer = await self._answer(self.authenticated_future)
        except TimeoutError:
            raise LinkDown(f"no AMI login within {within_s} s") from None
        except (OSError, LinkLost) as broken:
            log.warning("Asterisk cannot be reached", extra={"error": str(broken)})
            raise LinkDown(f"no AMI connection: {_reason(broken)}") from None
        if not answer.success:
            raise LoginRefused(answer.message or "Authentication failed")

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
