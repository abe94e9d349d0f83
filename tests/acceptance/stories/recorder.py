"""An AMI session beside the adapter's, of the same user: what it is told is what the adapter is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from adapter.ami.reader import parse_message
from adapter.lab import Pbx
from adapter.lab.polling import POLL_INTERVAL_S

ANSWER_DEADLINE_S = 5.0
_END = b"\r\n\r\n"

Headers = dict[str, str]


class Recorder:
    """Keeps every message verbatim, from login on."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.messages: list[str] = []
        self._reader = reader
        self._writer = writer
        self._answers: dict[str, Headers] = {}

    async def ask(self, action_id: str, action: str, **headers: str) -> Headers:
        """Send an action and wait for its answer, the last message where it is a list."""
        lines = [f"Action: {action}", f"ActionID: {action_id}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._answers.pop(action_id, None)
        self._writer.write("\r\n".join((*lines, "", "")).encode())
        async with asyncio.timeout(ANSWER_DEADLINE_S):
            while action_id not in self._answers:
                await asyncio.sleep(POLL_INTERVAL_S)
        return self._answers[action_id]

    async def snapshot(self, step: str) -> int:
        """Have all channels listed under this ActionID; how many there are."""
        return int((await self.ask(step, "CoreShowChannels"))["ListItems"])

    async def listen(self) -> None:
        """Take messages until the connection ends."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                self._take(await self._reader.readuntil(_END))

    def save(self, path: Path) -> None:
        """Write the messages as a trace: lines end with LF, a blank line after each message."""
        path.write_text("".join(f"{message}\n\n" for message in self.messages))

    def _take(self, message: bytes) -> None:
        headers = parse_message(message)
        if "Event" in headers:
            self.messages.append(message.removesuffix(_END).decode().replace("\r\n", "\n"))
        if headers.get("EventList", "no list") in ("no list", "Complete") and (
            "Response" in headers or "EventList" in headers
        ):
            self._answers[headers.get("ActionID", "")] = headers


@contextlib.asynccontextmanager
async def recording(pbx: Pbx, username: str) -> AsyncIterator[Recorder]:
    """Log in as this user and record until the block ends."""
    reader, writer = await asyncio.open_connection(pbx.ami_host, pbx.ami_port)
    await reader.readline()  # the greeting
    recorder = Recorder(reader, writer)
    listening = asyncio.create_task(recorder.listen())
    try:
        await recorder.ask("login", "Login", Username=username, Secret=pbx.ami_secret)
        yield recorder
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        await listening
