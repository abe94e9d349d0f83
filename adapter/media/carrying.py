"""One stream: the client's WebSocket, Asterisk's leg, and the audio between them."""

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

from aiohttp import ClientConnectionError, WebSocketError, WSCloseCode, WSMessage, WSMsgType

from adapter.media.allowance import Allowance
from adapter.media.carried import Carried, Ender
from adapter.media.client_socket import CLOSE_WITHIN_S, ClientSocket
from adapter.media.leg import Leg
from adapter.media.messages import Ended, Opened, StreamMessage, write_message
from adapter.media.outbox import Outbox
from adapter.media.pacing import Pacer
from adapter.media.reframing import FRAME_S, SAMPLE_BYTES, Reframer, frame_bytes

OFFERED_WITHIN_S = 10.0
"""How long a client waits for Asterisk to be asked to connect."""
REASON_WITHIN_S = 1.0
"""If Asterisk's leg ends first, so long the stream waits to be withdrawn: that reason says more."""
STUCK_S = 10.0
"""How long a client may read nothing while there is audio for it."""


class _End(NamedTuple):
    by: Ender
    reason: str
    code: int


class Stream:
    """A stream while its client is connected."""

    def __init__(self, client: ClientSocket, rate: int, is_offered: Callable[[], bool]) -> None:
        """`is_offered` tells whether Asterisk may still connect."""
        self.rate = rate
        self._client = client
        self._is_offered = is_offered
        self._loop = asyncio.get_running_loop()
        self._outbox = Outbox()
        self._woken = asyncio.Event()
        self._leg: Leg | None = None
        self._was_attached = False
        self._pacer = Pacer(frame_bytes(rate))
        self._from_asterisk = Reframer(frame_bytes(rate))
        self._from_client = Reframer(frame_bytes(rate))
        self._pacing: asyncio.TimerHandle | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._end: _End | None = None
        self._to_client = 0
        self._sending_since: float | None = None

    async def run(self) -> Carried:
        """Move audio until the stream ends; the client's connection is closed by then."""
        self.tell(Opened(self.rate))
        self._be_patient(OFFERED_WITHIN_S, "asteriskNotConnected")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._send(), name="stream to client")
                await self._receive()
        finally:
            self._detach()
            self._stop_patience()
            if self._end is None:  # cancelled
                self._client.abort()
        return Carried(
            self._end.by if self._end else Ender.CLIENT,
            self._end.reason if self._end else "clientGone",
            to_client_s=self._to_client * FRAME_S,
            from_client_s=self._pacer.sent * FRAME_S,
            dropped_s=(self._pacer.dropped + self._outbox.dropped) * FRAME_S,
        )

    @property
    def is_flowing(self) -> bool:
        """Whether Asterisk's leg is connected."""
        return self._leg is not None

    def tell(self, message: StreamMessage) -> None:
        """Send the client a message, before any audio that waits."""
        if self._end is None:
            self._outbox.texts.append(write_message(message))
            self._woken.set()

    def end(self, by: Ender, reason: str, code: int = WSCloseCode.OK) -> None:
        """End the stream: Asterisk's leg at once, then the client, who is told why. The first end counts."""
        if self._end is not None:
            return
        is_leg_gone = self._was_attached and self._leg is None
        self._end = _End(Ender.ASTERISK if is_leg_gone and by is Ender.ADAPTER else by, reason, code)
        self._detach()
        self._stop_patience()
        self._outbox.audio.clear()
        self._outbox.texts.append(write_message(Ended(reason)))
        self._woken.set()
        # What is said now may wait behind what a slow client has not read.
        self._patience = self._loop.call_later(CLOSE_WITHIN_S, self._abandon)

    # -- Asterisk's side ------------------------------------------------------------------------

    def attach(self, leg: Leg) -> None:
        """Asterisk has connected; an earlier leg is hung up."""
        self._detach()
        self._stop_patience()
        self._leg = leg
        self._was_attached = True
        self._from_asterisk, self._from_client = (Reframer(frame_bytes(self.rate)) for _ in range(2))
        self._pacer.begin(time.monotonic())
        self._pace()

    def on_audio(self, leg: Leg, audio: bytes) -> None:
        """Asterisk has sent this."""
        if leg is self._leg:
            for frame in self._from_asterisk.feed(audio):
                self._outbox.put_audio(frame)
            self._woken.set()

    def on_leg_ended(self, leg: Leg, reason: str) -> None:
        """Asterisk has ended its leg. The stream ends, unless another leg or a better reason comes soon."""
        if leg is self._leg:
            self._detach()
            self._be_patient(REASON_WITHIN_S, reason)

    def on_offer_expired(self) -> None:
        """Asterisk has not connected in time."""
        if self._leg is None:
            self._be_patient(REASON_WITHIN_S, "asteriskNotConnected")

    def _be_patient(self, wait_s: float, reason: str) -> None:
        """End the stream after so long, if there is still no leg and none is expected."""
        if self._end is None:
            self._stop_patience()
            self._patience = self._loop.call_later(wait_s, self._give_up, reason)

    def _give_up(self, reason: str) -> None:
        if self._leg is None and not self._is_offered():
            self.end(Ender.ASTERISK, reason, WSCloseCode.INTERNAL_ERROR)

    def _stop_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _detach(self) -> None:
        if self._pacing is not None:
            self._pacing.cancel()
            self._pacing = None
        if self._leg is not None:
            self._leg.hang_up()
            self._leg = None

    def _pace(self) -> None:
        """Send what is due, and wake when the next is."""
        now = time.monotonic()
        self._send_due(now)
        if self._sending_since is not None and now - self._sending_since > STUCK_S:
            self.end(Ender.CLIENT, "clientReadsNothing", WSCloseCode.POLICY_VIOLATION)
        else:
            self._pacing = self._loop.call_later(max(0.0, self._pacer.wake_at - now), self._pace)

    def _send_due(self, now: float) -> None:
        if self._leg is None:
            return
        if self._leg.is_behind:
            self._pacer.skip_due(now)
        elif due := self._pacer.take_due(now):
            self._leg.send(due)

    # -- the client's side ----------------------------------------------------------------------

    async def _receive(self) -> None:
        """Read what the client sends, until its connection is over."""
        allowance = Allowance(time.monotonic())
        while True:
            message = await self._client.receive()
            if message.type is WSMsgType.BINARY:
                self._take(message.data, allowance)
            elif message.type is WSMsgType.TEXT:
                self.end(Ender.CLIENT, "textForAudio", WSCloseCode.UNSUPPORTED_DATA)
            else:
                reason = _how_it_ended(message)
                self.end(Ender.CLIENT, reason)
                if reason == "clientGone":
                    self._client.abort()
                return

    def _take(self, audio: bytes, allowance: Allowance) -> None:
        if self._end is not None:
            return
        now = time.monotonic()
        if len(audio) % SAMPLE_BYTES:
            self.end(Ender.CLIENT, "halfSample", WSCloseCode.INVALID_TEXT)
        elif not allowance.take(len(audio) / SAMPLE_BYTES / self.rate, now):
            self.end(Ender.CLIENT, "tooFast", WSCloseCode.POLICY_VIOLATION)
        elif self._leg is not None:
            for frame in self._from_client.feed(audio):
                self._pacer.put(frame)
            self._send_due(now)

    async def _send(self) -> None:
        """Send what waits for the client until the stream ends; then close its connection."""
        try:
            while self._end is None or self._outbox.texts:
                await self._woken.wait()
                self._woken.clear()
                await self._send_waiting()
        except (ConnectionError, ClientConnectionError):
            self.end(Ender.CLIENT, "clientGone")
        if self._end is not None:
            await self._client.close(self._end.code, self._end.reason)

    async def _send_waiting(self) -> None:
        texts, audio, client = self._outbox.texts, self._outbox.audio, self._client
        while texts or audio:
            self._sending_since = time.monotonic()
            if texts:
                await client.send_text(texts.popleft())
            else:
                await client.send_audio(audio.popleft())
                self._to_client += 1
        self._sending_since = None

    def _abandon(self) -> None:
        if self._sending_since is not None:
            self._client.abort()


def _how_it_ended(message: WSMessage) -> str:
    """What a message says that is no audio and no text."""
    if message.type is not WSMsgType.ERROR:
        return "clientClosed"
    if not isinstance(message.data, WebSocketError):
        return "clientGone"
    return "messageTooLarge" if message.data.code == WSCloseCode.MESSAGE_TOO_BIG else "protocolError"
