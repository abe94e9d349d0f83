"""A test with real calls, to copy into another project: a supervisor barges in, and the audio is measured.

    pip install 'uapi-adapter[lab]'
    python -m pytest test_barge_in.py

The fixtures `uapi_...` come with the package; docs/lab.md describes them.
"""

import itertools
from collections.abc import Awaitable, Callable

import pytest

from adapter.lab import Adapter, HearsTable, Phone, Phones

AGENT, SUPERVISOR, CUSTOMER = "0003*210", "0003*024", "777888"

Hears = Callable[..., Awaitable[HearsTable]]


def all_hear_all(*phones: Phone) -> set[tuple[str, str]]:
    """Every pair of (listener, speaker)."""
    return set(itertools.permutations((phone.name for phone in phones), 2))


@pytest.mark.asyncio
async def test_a_supervisor_joins_the_conversation_and_leaves_it_as_it_was(
    uapi_phones: Phones, uapi_adapter: Adapter, uapi_token: str, uapi_hears: Hears
) -> None:
    """Two parties hear each other; with the supervisor all three do; afterwards the two again."""
    agent = await uapi_phones.callee(AGENT, name="agent")
    supervisor = await uapi_phones.callee(SUPERVISOR, name="supervisor")
    customer = await uapi_phones.caller(CUSTOMER, callee=AGENT, name="customer", trunk=True)
    everyone = (customer, agent, supervisor)
    await agent.ringing()
    agent.pick_up()
    await customer.answered()
    await uapi_hears(everyone, all_hear_all(customer, agent))

    [call] = await uapi_adapter.list(f"@me/{AGENT}", uapi_token)
    answer = await uapi_adapter.request(
        "PUT",
        f"/uapi/phoneCalls/@me/{AGENT}/{call['id']}",
        token=uapi_token,
        body={
            "action": "BargeIn",
            "sendCallTo": SUPERVISOR,
            "callerId": "John Doe <42420042>",
            "waitForPickup": "20",
            "phoneCallViewId": "01",
        },
    )
    assert answer.status == 202, answer.text
    await supervisor.ringing()
    assert "42420042" in supervisor.display
    supervisor.pick_up()
    await uapi_hears(everyone, all_hear_all(*everyone))

    supervisor.hang_up()
    await supervisor.ended()
    await uapi_hears(everyone, all_hear_all(customer, agent))
