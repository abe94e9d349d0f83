"""A number holds AMI messages: nobody's call becomes that of an App of another organization."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import pytest

from adapter.ami.link import RECONCILE_PAUSE_S, SETTLE_S
from adapter.lab import Pbx, Phone, Phones, running_asterisk, wait_until_heard
from adapter.lab.adapter_process import running_adapter
from adapter.lab.configuration import TEST_AMI_USERNAME
from adapter.lab.polling import poll_until, until_seen
from tests.acceptance.harness import Json, Lab, changed_directory
from tests.acceptance.stories.recorder import Recorder, recording

DEADLINE_S = 3.0
LONGEST = 80
"""chan_pjsip takes no longer number."""
HEALED_WITHIN_S = 2 * (RECONCILE_PAUSE_S + SETTLE_S) + 3
NUMBERS = {
    "an event": "1\r\n\r\nEvent: Hold\r\nChannel: PJSIP/210-1\r\nChannelState: 6\r\nUniqueid: {victim}",
    "its privilege": "\r\n\r\nEvent: Hold\r\nPrivilege: a\r\nChannel: PJSIP/210-\r\nUniqueid: {victim}",
    "another channel": "1\r\nUniqueid: {victim}\r\nLinkedid: {victim}\r\nX: ",
    "a bare line feed": "1\nEvent: Hold\r\nChannel: PJSIP/210-1\r\nChannelState: 6\r\nUniqueid: {victim}",
    "a blank line": "1\r\n\r\nX: ",
}


@contextlib.contextmanager
def calling(pbx: Pbx, callee: str, number: str) -> Iterator[socket.socket]:
    """One INVITE from the trunk for `callee`, with this number as the caller's; at the end it gives up."""
    callee = quote(callee, safe="*")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind((pbx.trunk_ip, 0))
        ip, port = line.getsockname()
        sdp = f"v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"

        def request(method: str, body: str) -> bytes:
            head = (
                f"{method} sip:{callee}@{pbx.sip_host}:{pbx.sip_port} SIP/2.0",
                f"Via: SIP/2.0/UDP {ip}:{port};branch=z9hG4bK{port}",
                "Max-Forwards: 70",
                f"From: <sip:{quote(number, safe='')}@{ip}>;tag=1",
                f"To: <sip:{callee}@{pbx.sip_host}>",
                f"Call-ID: {port}@forged",
                f"CSeq: 1 {method}",
                f"Contact: <sip:x@{ip}:{port}>",
                "Content-Type: application/sdp",
                f"Content-Length: {len(body)}",
            )
            return "\r\n".join((*head, "", body)).encode()

        line.sendto(request("INVITE", sdp), (pbx.sip_host, pbx.sip_port))
        try:
            yield line
        finally:
            line.sendto(request("CANCEL", ""), (pbx.sip_host, pbx.sip_port))


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    """As ever, but an extension of organization 3 has a device of a short name, which fits into a number."""
    line = '{number: "0003*21", type: phone terminal, owner: "12", '
    directory = changed_directory(tmp_path, {line: line + "devices: [PJSIP/0003*21, PJSIP/210], "})
    async with (
        running_asterisk(tmp_path / "asterisk") as pbx,
        running_adapter(pbx, tmp_path / "adapter", directory=directory) as adapter,
        Phones(pbx, tmp_path / "phones") as phones,
    ):
        yield Lab(pbx, adapter, phones, await adapter.token("wallboard"))


@pytest.mark.parametrize("form", NUMBERS)
async def test_a_callers_number_gives_nobody_another_organizations_call(lab: Lab, form: str) -> None:
    """One INVITE: organization 3 sees and hears nothing of organization 4's call; nothing is left of it."""
    called = await lab.phones.callee("0003*211", name="called")
    async with attacked(lab) as attack:
        number = NUMBERS[form].format(victim=attack.victim)
        assert len(number) < LONGEST
        with calling(lab.pbx, "0003*211", number):
            await called.ringing()
            await attack.is_told(number)
            await attack.gets_nothing()


@pytest.mark.parametrize("form", ["an event", "its privilege", "another channel"])
async def test_a_dialed_number_gives_nobody_another_organizations_call(lab: Lab, form: str) -> None:
    """It is told as the extension that the channel is at."""
    async with attacked(lab) as attack:
        number = "7" + NUMBERS[form].format(victim=attack.victim).removeprefix("1")
        assert len(number) < LONGEST
        with calling(lab.pbx, number, "888"):
            await attack.is_told(number)
            await attack.gets_nothing()


async def test_a_number_that_nobody_has_gives_nobody_another_organizations_call(lab: Lab) -> None:
    """Asterisk answers 404; whether it tells of the number or not, nothing comes of it."""
    async with attacked(lab) as attack:
        number = NUMBERS["an event"].format(victim=attack.victim)
        with calling(lab.pbx, number, "888") as line:
            line.settimeout(DEADLINE_S)
            assert b" 404 " in await asyncio.to_thread(line.recv, 4096)
            await attack.gets_nothing()


async def test_a_call_whose_lines_a_number_breaks_is_shown_without_it(lab: Lab) -> None:
    """Asterisk is asked for it by the name in the first lines."""
    called = await lab.phones.callee("0003*211", name="called")
    with calling(lab.pbx, "0003*211", NUMBERS["a blank line"]):
        await called.ringing()
        ringing = {"0003*211": "3"}
        calls = await lab.until_calls(lambda calls: _statuses(calls) == ringing, within=HEALED_WITHIN_S)
        assert "X:" not in str(calls)
    await lab.until_calls(lambda calls: calls == [], within=HEALED_WITHIN_S)


class Attack:
    """A call of organization 4, and what comes of what is done to it."""

    def __init__(self, lab: Lab, of_4: str, call: Json, recorder: Recorder, phones: Sequence[Phone]) -> None:
        self._lab, self._of_4, self._call = lab, of_4, call
        self._recorder, self._phones = recorder, phones
        self.victim = self._uniqueid()
        """The uniqueid of organization 4's phone."""

    def _uniqueid(self) -> str:
        lines = [line for text in self._recorder.messages for line in text.splitlines()]
        return next(
            lines[at + 12].removeprefix("Uniqueid: ")
            for at, line in enumerate(lines)
            if line.startswith("Channel: PJSIP/0004*300")
        )

    async def is_told(self, number: str) -> None:
        """Asterisk has told of the number, as it came."""
        forged = number.strip().replace("\r", "").removesuffix("\n\nX:")
        assert await poll_until(lambda: forged in "\n\n".join(self._recorder.messages) or None, DEADLINE_S)

    async def gets_nothing(self) -> None:
        """Organization 3 neither sees the call nor can have it heard."""
        for mode in ("Monitor", "BargeIn"):
            answer = await self._lab.barge_in(str(self._call["id"]), action=mode)
            assert answer.status == 400, answer
        assert _statuses(await self._lab.calls()).keys() <= {"0003*211"}
        assert await self._lab.adapter.list("@me/@self", self._of_4) == [self._call]
        assert await wait_until_heard(self._phones, {("victim", "customer"), ("customer", "victim")})
        assert self._phones[-1].journal == ()

    async def is_over(self) -> None:
        """Whatever the number has hidden of its own call's end, nothing of it stays."""
        await self._lab.until_calls(lambda calls: calls == [], within=HEALED_WITHIN_S)
        assert await self._lab.adapter.list("@me/@self", self._of_4) == [self._call]
        link = (await self._lab.adapter.request("GET", "/health")).json["link"]
        assert link == {"state": "READY"}


@contextlib.asynccontextmanager
async def attacked(lab: Lab) -> AsyncIterator[Attack]:
    """Organization 4 has a call; the attack is made within, and is over at the end."""
    victim = await lab.phones.callee("0004*300", name="victim")
    customer = await lab.phones.caller("777888", callee="0004*300", name="customer", trunk=True)
    await victim.ringing()
    victim.pick_up()
    await customer.answered()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    of_4 = await lab.adapter.token("stranger")
    [call] = await until_seen(lambda: lab.adapter.list("@me/@self", of_4), bool)
    async with recording(lab.pbx, TEST_AMI_USERNAME) as recorder:
        await recorder.snapshot("now")
        attack = Attack(lab, of_4, call, recorder, (victim, customer, supervisor))
        yield attack
        await attack.is_over()


def _statuses(calls: list[Json]) -> dict[str, str]:
    """Each view's status, by extension."""
    found: dict[str, str] = {}
    for call in calls:
        views = call["phoneCallView"]
        assert isinstance(views, list)
        found |= {str(view["extension"]): str(view["status"]) for view in views}
    return found
