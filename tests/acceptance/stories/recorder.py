"""An AMI session beside the adapter's, of the same user: what it is told is what the adapter is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from adapter.asterisk.message import read_headers
from adapter.lab import Pbx

ANSWER_DEADLINE_S = 5.0
_END = b"\r\n\r\n"

Headers = dict[str, str]


class Recorder:
    """Keeps every message verbatim, from login on."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.messages: list[str] = []
        self._reader = reader
        self._writer = writer
        self._answers: dict[str, asyncio.Future[Headers]] = {}

    async def ask(self, action_id: str, action: str, **headers: str) -> Headers:
        """Send an action and wait for its answer, the last message where it is a list."""
        lines = [f"Action: {action}", f"ActionID: {action_id}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        answer: asyncio.Future[Headers] = asyncio.get_running_loop().create_future()
        self._answers[action_id] = answer
        self._writer.write("\r\n".join((*lines, "", "")).encode())
        async with asyncio.timeout(ANSWER_DEADLINE_S):
            return await answer

    async def snapshot(self, step: str) -> int:
        """Have all that there is listed under this ActionID; how many channels there are."""
        await self.ask(step, "DeviceStateList")
        await self.ask(step, "QueueStatus")
        await self.ask(step, "BridgeList")
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
        headers = read_headers(message.removesuffix(_END).decode())
        if "Event" in headers:
            self.messages.append(message.removesuffix(_END).decode().replace("\r\n", "\n"))
        # A list begins with an answer that says so, and ends with an event that does.
        is_answer = "Response" in headers and "Event" not in headers and "EventList" not in headers
        if is_answer or headers.get("EventList") == "Complete":
            self._answers.pop(headers["ActionID"]).set_result(headers)


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
