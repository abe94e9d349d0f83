"""The examples, run as a reader would: against the adapter, beside a PBX whose phone picks up or does not."""

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi, ReceivedAction
from adapter.lab.processes import Ended, run_process
from tests.contract.client import Wire
from tests.contract.lines import local_call

EXAMPLES = Path(__file__).parents[2] / "examples"
COMMANDS = {
    "curl": [str(EXAMPLES / "barge-in.sh")],
    "python": [sys.executable, str(EXAMPLES / "barge_in.py")],
}
SECRET = "demo-secret"
LIMIT_S = 20.0
USER_BUSY = 17

pytestmark = pytest.mark.parametrize("example", COMMANDS)


async def run(example: str, *arguments: str, secret: str = SECRET, **environment: str) -> Ended:
    """Run an example with nothing in its environment but what it needs."""
    assert shutil.which("curl"), "curl is missing, and the examples need it: apt-get install curl"
    environment |= {
        "PATH": os.environ["PATH"],
        "UAPI_CLIENT_ID": "wallboard",
        "UAPI_CLIENT_SECRET": secret,
    }
    return await run_process(*COMMANDS[example], *arguments, within=LIMIT_S, environment=environment)


def answer_phones(ami: FakeAmi, cause: int | None = None) -> None:
    """From now on the supervisor picks up and is joined, or the phone ends with a cause."""

    def answer(action: ReceivedAction) -> None:
        ami.originate(action)
        if cause is not None:
            ami.pbx.hang_up(action["ChannelId"], cause)
            return
        ami.pbx.pick_up(action["ChannelId"])
        ami.pbx.join(action["ChannelId"])

    ami.scripts["Originate"] = answer


async def test_the_supervisor_joins(wire: Wire, ami: FakeAmi, example: str) -> None:
    """Every step is told, the phone rang once as the founding document has it, and the status is 0."""
    answer_phones(ami)
    ended = await run(example, wire.origin, "0003*210", "0003*024")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "token: granted to wallboard",
        f"call: {await wire.call_id()}, view 01",
        "asking: 0003*024",
        "joined: 0003*024 talks with 0003*210, view 02",
    ]
    [action] = ami.took("Originate")
    assert (action["Channel"], action["Timeout"]) == ("PJSIP/0003*024", "20000")
    assert action["CallerID"] == '"Barge In" <42420042>'


async def test_a_supervisor_who_has_joined_is_not_said_to_ring(
    wire: Wire, ami: FakeAmi, example: str
) -> None:
    """Asked for again it is in the conversation at once, and no phone rings twice."""
    answer_phones(ami)
    await run(example, wire.origin, "0003*210", "0003*024")
    ended = await run(example, wire.origin, "0003*210", "0003*024")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines()[2:] == [
        "asking: 0003*024",
        "joined: 0003*024 talks with 0003*210, view 02",
    ]
    assert len(ami.took("Originate")) == 1


async def test_everything_may_come_from_the_environment(wire: Wire, ami: FakeAmi, example: str) -> None:
    """And the view is the one of the extension: of a local call's callee the second."""
    answer_phones(ami)
    local_call(ami)
    call_id = await wire.call_id("@me/0003*211")
    environment = {"UAPI_URL": wire.origin + "/", "UAPI_EXTENSION": "0003*211", "UAPI_SUPERVISOR": "0003*025"}
    ended = await run(example, **environment)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines()[1:] == [
        f"call: {call_id}, view 02",
        "asking: 0003*025",
        "joined: 0003*025 talks with 0003*211, view 03",
    ]


async def test_a_supervisor_who_is_busy(wire: Wire, ami: FakeAmi, example: str) -> None:
    """The service's own reason on stderr, and 1."""
    answer_phones(ami, USER_BUSY)
    ended = await run(example, wire.origin, "0003*210", "0003*024")
    assert (ended.status, ended.out.splitlines()[-1]) == (1, "asking: 0003*024")
    assert ended.err.endswith("409 pc_sendcallto_busy: The extension in sendCallTo is busy.\n")


@pytest.mark.parametrize(
    ("arguments", "secret", "says"),
    [
        (("0003*210", "0003*024"), "wrong", "401 invalid_client"),
        (("0003*211", "0003*024"), SECRET, "there is no live call of 0003*211"),
        (("0003*999", "0003*024"), SECRET, "400 extension_invalid: "),
        (("0003*210", "0003*500"), SECRET, "400 pc_sendcallto_invalid: "),
        (("210", "0003*024"), SECRET, "write the extension in full"),
    ],
)
async def test_what_cannot_be_is_explained(
    wire: Wire, ami: FakeAmi, *, example: str, arguments: tuple[str, ...], secret: str, says: str
) -> None:
    """One line on stderr, 1, and no phone rings."""
    ended = await run(example, wire.origin, *arguments, secret=secret)
    assert ended.status == 1
    assert says in ended.err
    assert len(ended.err.splitlines()) == 1
    assert not ami.took("Originate")


async def test_what_another_service_answers_acts_on_no_terminal(example: str) -> None:
    """A reason with control characters is shown with them escaped."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = json.dumps({"error": "\x1b[2J\u202e"}).encode()
        writer.write(
            b"HTTP/1.1 400 Bad\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        ended = await run(example, f"http://127.0.0.1:{port}", "0003*210", "0003*024")
    assert (ended.status, r"400 \x1b[2J\u202e" in ended.err) == (1, True), ended


async def test_nobody_listens_there(example: str) -> None:
    """1, and the address that did not answer."""
    ended = await run(example, "http://127.0.0.1:1", "0003*210", "0003*024")
    assert ended.status == 1
    assert "http://127.0.0.1:1" in ended.err
    assert "did not answer" in ended.err


async def test_without_arguments_it_says_what_it_needs(example: str) -> None:
    """Not 0, and a word on how to use it."""
    ended = await run(example)
    assert ended.status in (1, 2)
    assert "usage" in ended.err.lower()
