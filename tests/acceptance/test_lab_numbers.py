"""Phones of one's own in the lab: numbers that asterisk-conf/ does not have."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapter.lab import DIRECTORY, LabError, Pbx, Phones, phones_of, running_asterisk, wait_until_heard


@pytest.fixture
async def pbx(tmp_path: Path) -> AsyncIterator[Pbx]:
    numbers = ("200", "acme-24", "0005*100", "0003*210")
    async with running_asterisk(tmp_path / "asterisk", numbers=numbers) as running:
        yield running


@pytest.mark.parametrize("number", ["200", "acme-24", "0005*100", "0003*210"])
async def test_a_number_of_ones_own_can_be_called_and_calls(pbx: Pbx, tmp_path: Path, number: str) -> None:
    """From the public network and from a phone of the lab's; those of the lab are as they were."""
    async with Phones(pbx, tmp_path / "phones") as phones:
        desk = await phones.callee(number, name="desk")
        customer = await phones.caller("777888", callee=number, name="customer", trunk=True)
        await desk.ringing()
        desk.pick_up()
        await customer.answered()
        await wait_until_heard((desk, customer), set(itertools.permutations(("desk", "customer"), 2)))
        customer.hang_up()
        await customer.ended()
        other = await phones.callee("0003*211", name="other")
        await phones.caller(number, callee="0003*211", name="caller")
        await other.ringing()
        name = "Anna Agent" if number == "0003*210" else number
        assert f'"{name}" <sip:' in other.display


async def test_a_number_that_asterisk_has_no_phone_for_is_told_in_plain_words(
    pbx: Pbx, tmp_path: Path
) -> None:
    """Before Asterisk turns the phone away, and with what to do."""
    told = "has no phone 0009\\*100: name it in `numbers` of running_asterisk"
    async with Phones(pbx, tmp_path / "phones") as phones:
        with pytest.raises(LabError, match=told):
            await phones.callee("0009*100", name="callee")
        with pytest.raises(LabError, match=told):
            await phones.caller("0009*100", callee="0003*210", name="caller")
        await phones.caller("0009*100", callee="0003*210", name="customer", trunk=True)


async def test_what_is_no_number_is_refused(tmp_path: Path) -> None:
    """It would be another line of Asterisk's configuration."""
    with pytest.raises(LabError, match="Not a number"):
        async with running_asterisk(tmp_path / "asterisk", numbers=("200\n[evil]",)):
            pytest.fail("it cannot have started")


def test_the_phones_of_a_directory_are_those_of_its_phone_terminals(tmp_path: Path) -> None:
    """Each PJSIP device by its name; a queue has none."""
    text = DIRECTORY.read_text().replace(
        '"0003*211", type: phone terminal',
        '"0003*211", type: phone terminal, devices: [PJSIP/acme-24, SIP/24]',
    )
    (tmp_path / "directory.yaml").write_text(text)
    phones = phones_of(tmp_path / "directory.yaml")
    assert {"0003*210", "acme-24", "0004*300"} <= set(phones)
    assert not {"0003*211", "0003*500", "24"} & set(phones)
