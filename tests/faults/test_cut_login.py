"""The AMI link is cut at any byte of its login and snapshot, while a supervisor is joined.

Whatever was cut off: the supervision goes on, nothing is asked of anybody's phone, and the list is right once
the link is READY.
"""

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_cut import Cut
from adapter.lab.polling import poll_until, until
from tests.faults.extent import sampled
from tests.faults.figures import Tell
from tests.faults.one_call import SUPERVISOR, answer_phone, forget_the_past, ours, until_supervised
from tests.integration.harness import Service

PART_HEARD, PART_SAID = 25, 50


async def test_a_login_cut_at_any_byte_is_begun_again_and_ends_no_supervision(
    service: Service, ami: FakeAmi, figures: Tell
) -> None:
    """Half a login is no login, half a snapshot no snapshot; joined stays joined."""
    assert (await service.barge_in()).status == 202
    await until(lambda: ours(ami))
    answer_phone(ami)
    await until_supervised(service, [SUPERVISOR])
    ami.drop()
    await service.until_synced(ami, 1)
    heard, said = len(ami.connection.received), ami.connection.said_bytes
    cuts = [
        *sampled([Cut(heard=size) for size in range(1, heard + 1)], PART_HEARD),
        *sampled([Cut(said=size) for size in range(1, said + 1)], PART_SAID),
    ]
    for cut in cuts:
        forget_the_past(ami)
        ami.cut = cut
        ami.drop()
        assert await poll_until(lambda: len(ami.connections) > 1 or None, 5.0)
        await until(lambda: ami.cut is None)
        await service.until_link("READY")
        await until_supervised(service, [SUPERVISOR])
        assert len(ours(ami)) == 1
        assert not ami.took("Originate")
        assert not ami.took("Hangup")
    figures(f"{len(cuts)} cuts in {heard} + {said} bytes")
