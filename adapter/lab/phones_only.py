"""The demo's phones beside an Asterisk that already runs, at loopback addresses of their own.

    python -m adapter.lab.phones_only

A customer calls the agent and stays; the supervisor picks up whenever its phone rings, and leaves after a
while. Who hears whom is measured all the time and shown when it changes. It ends when the customer's call
does, or when somebody's phone fails: whoever started it starts it again.
"""

import asyncio
import math
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from adapter.lab.asterisk import HOST, Pbx
from adapter.lab.configuration import CARRIER_IP, TRUNK_IP
from adapter.lab.demo import AGENT, CUSTOMER, SUPERVISOR, say
from adapter.lab.errors import LabError
from adapter.lab.hears import HearsTable, who_hears_whom
from adapter.lab.phone import Phone
from adapter.lab.phones import Phones
from adapter.lab.ports import Ports

SIP_PORT = 5060

# Long enough to see it ring in the list of calls, or to look at what a barge-in has made of it.
RINGS_S = 1.0
STAYS_S = 60.0

# A phone that talks is heard by somebody; where nobody hears anybody for so long, Asterisk is gone.
SILENCE_LIMIT_S = 10.0


def main() -> int:
    """Play the phones until SIGTERM or Ctrl-C; 0 then, else 1."""
    status = 0
    try:
        asyncio.run(_play())
    except* LabError as failed:
        status = 1
        for error in failed.exceptions:
            say(f"The phones end: {error}")
    return status


async def _play() -> None:
    with tempfile.TemporaryDirectory(prefix="uapi-adapter-phones-") as name:
        folder = Path(name)
        async with Phones(_running_pbx(folder), folder / "phones") as phones:
            calling = asyncio.create_task(_call(phones))
            for ending in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(ending, calling.cancel)
            with suppress(asyncio.CancelledError):
                await calling


def _running_pbx(folder: Path) -> Pbx:
    """Describe the running Asterisk; the phones do not need its AMI."""
    return Pbx(
        ami_host=HOST,
        ami_port=0,
        ami_username="",
        ami_secret="",
        sip_host=HOST,
        sip_port=SIP_PORT,
        trunk_ip=TRUNK_IP,
        carrier_ip=CARRIER_IP,
        carrier_port=SIP_PORT,
        folder=folder,
        ports=_SamePorts(),
        _command=(),
    )


class _SamePorts(Ports):
    """The same ports at every start, so that a phone that is already registered replaces itself."""

    def __init__(self) -> None:
        super().__init__()
        self._next = 20_000


async def _call(phones: Phones) -> None:
    agent = await phones.callee(AGENT, name="agent")
    supervisor = await phones.callee(SUPERVISOR, name="supervisor")
    customer = await phones.caller(CUSTOMER, callee=AGENT, name="customer", trunk=True, display="John Doe")
    say(f"{CUSTOMER} calls {AGENT}; {SUPERVISOR} picks up when it rings and stays for {STAYS_S:.0f} s.")
    async with asyncio.TaskGroup() as together:
        together.create_task(_answer(agent, None))
        together.create_task(_answer(supervisor, STAYS_S))
        together.create_task(_show((customer, agent, supervisor)))
        together.create_task(_stay(customer))


async def _answer(phone: Phone, linger_s: float | None) -> None:
    """Pick up whenever it rings; hang up after `linger_s`."""
    while True:
        shown = await phone.ringing(within=math.inf)
        say(f"{phone.name} {phone.number} rings: {shown.text}")
        await asyncio.sleep(RINGS_S)
        with suppress(LabError):  # it stopped ringing, or the call has ended
            phone.pick_up()
            await phone.answered()
            await phone.ended(within=linger_s or math.inf)
            continue
        with suppress(LabError):
            phone.hang_up()
            await phone.ended()


async def _stay(customer: Phone) -> None:
    last = await customer.ended(within=math.inf)
    raise LabError(f"the customer's call is over: {last.step} {last.text}")


async def _show(phones: tuple[Phone, ...]) -> None:
    """Print who hears whom when it has changed and two measurements in a row agree."""
    shown: HearsTable | None = None
    before: HearsTable | None = None
    heard_at = time.monotonic()
    while True:
        table = await who_hears_whom(phones)
        if table.pairs:
            heard_at = time.monotonic()
        elif time.monotonic() - heard_at > SILENCE_LIMIT_S:
            raise LabError(f"nobody has heard anybody for {SILENCE_LIMIT_S:.0f} s")
        is_steady = before is not None and before.pairs == table.pairs
        if is_steady and (shown is None or shown.pairs != table.pairs):
            say(f"\nWho hears whom:\n{table}\n")
            shown = table
        before = table


if __name__ == "__main__":
    sys.exit(main())
