"""Garbage, half messages, lines of a megabyte, wrong encodings, duplicate headers on the AMI socket."""

import random
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel, FakeState
from adapter.lab.polling import until_seen
from tests.faults.extent import either
from tests.faults.figures import Tell
from tests.faults.fuzzing import NASTY, Ears, chunks, make_input, recorded
from tests.integration.harness import Service

SEED = 20_261_123
INPUTS = either(1_000_000, 10_000)
LOOK_EVERY = 500
OVER_A_SOCKET = either(20_000, 1_000)
RENDER_EVERY = 100


def test_no_input_raises_and_none_leaves_the_model_out_of_order(figures: Tell) -> None:
    """Reader, parse, model, JSON: EventError and FramingError are the only things they raise."""
    ears, began = Ears(), time.process_time()
    for count in range(INPUTS):
        chance = random.Random(SEED + count)  # noqa: S311 - to be made again
        try:
            for chunk in chunks(chance, make_input(chance)):
                ears.hear(chunk)
            if count % LOOK_EVERY == 0:
                ears.take_snapshot()
                ears.look()
            elif count % LOOK_EVERY == 1:
                ears.look()
                ears.end_all()
        except Exception as raised:
            raised.add_note(f"input {count}, seed {SEED + count}")
            raise
    figures(
        f"{INPUTS:,} inputs in {time.process_time() - began:.0f} s of CPU: {ears.taken:,} events taken, "
        f"{ears.malformed:,} malformed, {ears.broken:,} connections given up, 0 raised"
    )
    assert ears.taken > INPUTS // 4, "hardly any input got as far as the model"
    assert ears.malformed > INPUTS // 20


HEADERS = st.sampled_from(
    sorted({line.partition(b": ")[0] for one in recorded() for line in one.split(b"\r\n")})
)
VALUES = st.one_of(st.sampled_from(NASTY), st.binary(max_size=30))
NAMES = st.sampled_from(sorted({one.partition(b"\r\n")[0] for one in recorded()}))
MESSAGES = st.builds(
    lambda name, lines: (
        b"\r\n".join((name, *(header + b": " + value for header, value in lines))) + b"\r\n\r\n"
    ),
    NAMES,
    st.lists(st.tuples(HEADERS, VALUES), max_size=20),
)


@settings(max_examples=either(5_000, 300), deadline=None, derandomize=True)
@given(st.lists(st.one_of(MESSAGES, st.binary(max_size=100)), max_size=10))
def test_no_message_of_known_headers_raises(messages: list[bytes]) -> None:
    """What the recorded traces hold no example of: any header with any value in any event."""
    ears = Ears()
    for message in messages:
        ears.hear(message)
    ears.look()
    ears.take_snapshot()
    ears.look()
    ears.end_all()


@pytest.mark.parametrize("time_of_none", ["nan", "inf", "-inf", "1e18", "-5", "9" * 400, "yesterday"])
async def test_an_event_from_no_time_is_left_out_and_the_list_is_answered(
    service: Service, ami: FakeAmi, time_of_none: str
) -> None:
    """A call shown with such a time would be an error in every list that holds it."""
    call = say.FakeChannel("PJSIP/0003*211-000000aa", "9.1", "9.1", FakeState.RING, caller=("Ann", "777888"))
    told = say.channel_event("Newchannel", 1.0, call)
    ami.connection.send(told.replace(b"Timestamp: 1.000000", f"Timestamp: {time_of_none}".encode()))
    ami.pbx.begin_trunk_call("0003*21")
    await until_seen(lambda: _listed(service, "0003*21"))
    answer = await service.get()
    assert answer.status == 200, answer
    assert not await service.calls("@me/0003*211")


@pytest.mark.parametrize("duration", ["99999999999:00:00", "9" * 400, "-1:00:00", "soon"])
async def test_an_item_of_a_snapshot_from_no_time_is_left_out_and_the_list_is_answered(
    service: Service, ami: FakeAmi, duration: str
) -> None:
    """The others of the snapshot are listed."""
    other = ami.pbx.add_trunk_call("0003*211")
    item = say.listed(ami.pbx.clock(), replace(other, uniqueid="9.1", linkedid="9.1"), "1")
    line = next(line for line in item.split(b"\r\n") if line.startswith(b"Duration: "))
    ami.during_snapshot = [item.replace(line, f"Duration: {duration}".encode())]
    ami.drop()
    await service.until_synced(ami, 1)
    answer = await service.get()
    assert answer.status == 200, answer
    assert len(await service.calls("@me/0003*211")) == 1


async def _listed(service: Service, number: str) -> bool | None:
    answer = await service.get(f"@me/{number}")
    return (answer.status == 200 and bool(answer.json["entry"])) or None


async def test_over_a_real_socket_the_link_survives_or_comes_back(
    service: Service, ami: FakeAmi, agent: FakeChannel, figures: Tell
) -> None:
    """Every list in between is answered, a call after it is seen, and a snapshot heals all."""
    statuses: dict[int, int] = {}
    for count in range(OVER_A_SOCKET):
        chance = random.Random(SEED - count)  # noqa: S311 - to be made again
        for chunk in chunks(chance, make_input(chance)):
            ami.connection.send(chunk)
        if count % RENDER_EVERY == 0:
            answer = await service.get()
            statuses[answer.status] = statuses.get(answer.status, 0) + 1
            assert answer.status in (200, 503), (SEED - count, answer)
            await service.until_link("READY")
    ami.connection.send(b"\r\n\r\n")
    ami.pbx.begin_trunk_call("0003*211")
    await until_seen(lambda: _listed(service, "0003*211"), within=10)
    connections = len(ami.connections)
    ami.drop()
    await service.until_synced(ami, connections)
    assert sorted(call["extension"] for call in await service.calls()) == ["0003*210", "0003*211"]
    assert agent.uniqueid in ami.pbx.channels
    figures(f"{OVER_A_SOCKET:,} inputs over {connections} connections, GET meanwhile: {statuses}")
