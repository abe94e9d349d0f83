"""A stream with a notice tone, and a stream whose adapter stops or is killed."""

import itertools
import time
from pathlib import Path
from typing import Any

import pytest

from adapter.lab import Phones, running_asterisk
from adapter.lab.adapter_process import running_adapter
from adapter.lab.polling import until_seen
from adapter.lab.tones import tone_level
from tests.acceptance.harness import Lab, changed_directory
from tests.acceptance.streams.listener import APP, audio_of, listening
from tests.acceptance.supervision.hearing import until_right

ACCEPTED = 202
SETTINGS = {"ADAPTER_AUDIOSOCKET_PORT": "0"}
NOTICE_HZ = 1_000


@pytest.mark.parametrize("is_killed", [False, True])
async def test_a_stream_ends_with_its_adapter(tmp_path: Path, *, is_killed: bool) -> None:
    """Stopped, it says so; killed, the WebSocket breaks. No channel of it stays, and the talk goes on."""
    directory = changed_directory(tmp_path, {APP: f"{APP}    media: [phone, stream]\n"})
    async with running_asterisk(tmp_path / "asterisk") as pbx, Phones(pbx, tmp_path / "phones") as phones:
        first = running_adapter(pbx, tmp_path / "one", directory=directory, settings=SETTINGS)
        async with first as adapter:
            lab = Lab(pbx, adapter, phones, await adapter.token("wallboard"))
            talk = await lab.talk()
            answer = await lab.barge_in(talk.call_id, media="stream")
            assert answer.status == ACCEPTED, answer.text
            async with listening(lab, audio_of(answer)) as listener:
                everyone: Any = (talk.caller, talk.callee, listener)
                names = [one.name for one in everyone]
                await until_right(everyone, set(itertools.permutations(names, 2)), time.time())
                if is_killed:
                    adapter.process.kill()
                else:
                    adapter.process.terminate()
                    await listener.until_told("ended", reason="shutdown")

                async def is_closed() -> bool:
                    return listener.socket.closed

                await until_seen(is_closed, bool, within=3.0, log=lambda: str(listener.told))
        async with running_adapter(pbx, tmp_path / "two", directory=directory, settings=SETTINGS) as adapter:
            lab = Lab(pbx, adapter, phones, await adapter.token("wallboard"))
            await lab.until_views(talk.call_id, {"01"})
            pair = (talk.caller.name, talk.callee.name)
            await until_right((talk.caller, talk.callee), {pair, pair[::-1]}, time.time())


async def test_both_parties_hear_the_notice_tone_before_a_stream_is_right(tmp_path: Path) -> None:
    """As with a phone, where the organization wants one."""
    changes = {
        APP: f"{APP}    media: [phone, stream]\n",
        'prefix: "0003"': 'prefix: "0003"\n    notice_tone: true',
    }
    directory = changed_directory(tmp_path, changes)
    async with (
        running_asterisk(tmp_path / "asterisk") as pbx,
        Phones(pbx, tmp_path / "phones") as phones,
        running_adapter(pbx, tmp_path / "one", directory=directory, settings=SETTINGS) as adapter,
    ):
        lab = Lab(pbx, adapter, phones, await adapter.token("wallboard"))
        talk = await lab.talk()
        since = time.time()
        answer = await lab.barge_in(talk.call_id, media="stream")
        assert answer.status == ACCEPTED, answer.text
        async with listening(lab, audio_of(answer)) as listener:
            everyone: Any = (talk.caller, talk.callee, listener)
            names = [one.name for one in everyone]
            await listener.until_told("joined")
            for phone in (talk.caller, talk.callee):

                async def loudest(ear: Any = phone.ear) -> float:  # noqa: ANN401 - an ear
                    blocks = [audio for _, audio in ear.arrived(since)]
                    pairs = [b"".join(blocks[at : at + 2]) for at in range(0, len(blocks) - 1, 2)]
                    return max((tone_level(each, NOTICE_HZ) for each in pairs), default=0.0)

                await until_seen(loudest, lambda level: level > 0.05, within=3.0, log=lambda: adapter.log)
            await until_right(everyone, set(itertools.permutations(names, 2)), time.time())
