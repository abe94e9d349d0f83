"""A phone that takes another's place by itself: an INVITE with Replaces (RFC 3891)."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from typing import cast

import pytest
import pytest_asyncio

from adapter.lab import running_asterisk
from adapter.lab.adapter_process import running_adapter
from adapter.lab.polling import poll_until
from tests.acceptance.harness import changed_directory
from tests.acceptance.stories.story import Stage
from tests.acceptance.supervision.asking import address_of, reason_of_end, until_joined
from tests.acceptance.supervision.hearing import until_right
from tests.acceptance.supervision.self_answering import HOST, SelfAnsweringPhone
from tests.acceptance.supervision.test_modes import ACCEPTED, talking
from tests.acceptance.supervision.test_nobody_else import each_other
from tests.acceptance.transfers.pbx_changes import reconfigure

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEVICE = "acme-24"


class Intruder(asyncio.DatagramProtocol):
    """Sends one INVITE, and keeps the statuses that come."""

    def __init__(self) -> None:
        self.statuses: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer what a phone answers."""
        text = data.decode()
        if text.startswith("SIP/2.0"):
            self.statuses.append(text[8:11])
        else:
            headers = "".join(re.findall(r"(?m)^(?:Via|From|To|Call-ID|CSeq): [^\r\n]*\r\n", text))
            self._transport.sendto(f"SIP/2.0 200 OK\r\n{headers}Content-Length: 0\r\n\r\n".encode(), addr)

    def take_over(self, invite: str, number: str, sip: tuple[str, int], rtp_port: int) -> None:
        """Ask for the place of the phone that answered this INVITE of Asterisk's."""
        [call_id] = re.findall(r"(?m)^Call-ID: ([^\r\n]*)", invite)
        [tag] = re.findall(r"(?m)^From: [^\r\n]*;tag=([^\r\n;]*)", invite)
        port = self._transport.get_extra_info("sockname")[1]
        body = "\r\n".join(
            ("v=0", f"o=- 1 1 IN IP4 {HOST}", "s=-", f"c=IN IP4 {HOST}", "t=0 0",
             f"m=audio {rtp_port} RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "")
        )  # fmt: skip
        request = (
            f"INVITE sip:0003*210@{sip[0]}:{sip[1]} SIP/2.0",
            f"Via: SIP/2.0/UDP {HOST}:{port};branch=z9hG4bK-intruder",
            f"From: <sip:{number}@{HOST}>;tag=intruder",
            f"To: <sip:0003*210@{sip[0]}>",
            "Call-ID: intruder",
            "CSeq: 1 INVITE",
            f"Contact: <sip:{number}@{HOST}:{port}>",
            "Max-Forwards: 70",
            f"Replaces: {call_id};to-tag={tag};from-tag=self",
            "Supported: replaces",
            "Content-Type: application/sdp",
            f"Content-Length: {len(body)}",
            "",
            body,
        )
        self._transport.sendto("\r\n".join(request).encode(), sip)

    def close(self) -> None:
        """Be gone."""
        self._transport.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The supervisor has an endpoint with a plain name."""
    folder = tmp_path_factory.mktemp("replaces")
    old = 'number: "0003*024", type: phone terminal'
    directory = changed_directory(folder, {old: f"{old}, dial: PJSIP/{DEVICE}, auto_answer: call-info"})
    async with running_asterisk(folder / "asterisk") as pbx:
        trunk = "; -------------------------------------------------------------------- trunks\n"
        endpoint = f"[{DEVICE}](phone)\naors = {DEVICE}\n[{DEVICE}](contacts)\n"
        await reconfigure(pbx, {"pjsip.conf": (trunk, endpoint + trunk)})
        async with running_adapter(pbx, folder / "adapter", directory=directory) as adapter:
            yield Stage(pbx, adapter, await adapter.token("wallboard"), folder, is_recording=False)


async def test_who_takes_the_supervisors_place_by_replaces_speaks_to_nobody(stage: Stage) -> None:
    """The phone's end is the end of the supervision; agent and customer talk on, undisturbed."""
    async with stage.tell("replaces", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        phone = await SelfAnsweringPhone.open()
        _, intruder = await asyncio.get_running_loop().create_datagram_endpoint(
            Intruder, local_addr=(HOST, 0)
        )
        try:
            await story.lab.phones.register(DEVICE, phone.contact)
            accepted = await story.lab.barge_in(call_id)
            assert accepted.status == ACCEPTED, accepted.text
            await until_joined(story.lab, address_of(accepted))
            sip = (stage.pbx.sip_host, stage.pbx.sip_port)
            intruder.take_over(phone.invites[-1], "0003*211", sip, phone.ear.port)
            assert await poll_until(lambda: "200" in intruder.statuses or None, 2.0), intruder.statuses
            assert await reason_of_end(story.lab, address_of(accepted)) == "taken"
            since = time.time()
            await until_right((agent, customer), each_other(agent, customer), since)
            assert await poll_until(lambda: not phone.ear.arrived(time.time() - 0.3) or None, 2.0)
            await story.hang_up(customer, agent)
        finally:
            phone.close()
            intruder.close()
