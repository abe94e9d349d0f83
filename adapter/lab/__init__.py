"""A private Asterisk and simulated phones, for the demo and for tests with real calls.

    async with running_asterisk(folder) as pbx, Phones(pbx, folder / "phones") as phones:
        agent = await phones.callee("0003*210", name="agent")
        customer = await phones.caller("777888", callee="0003*210", name="customer", trunk=True)
        await agent.ringing()
        agent.pick_up()
        print(await wait_until_heard((agent, customer), {("agent", "customer"), ("customer", "agent")}))

It needs Linux, a checkout of the repository, SIPp and an Asterisk; it says what is missing, and gets that
itself where it may.
"""

from adapter.lab.asterisk import Pbx, running_asterisk
from adapter.lab.errors import LabError
from adapter.lab.hears import HearsTable, wait_until_heard, who_hears_whom
from adapter.lab.journal import JournalEntry, Step
from adapter.lab.phone import Phone
from adapter.lab.phones import Phones

__all__ = [
    "HearsTable",
    "JournalEntry",
    "LabError",
    "Pbx",
    "Phone",
    "Phones",
    "Step",
    "running_asterisk",
    "wait_until_heard",
    "who_hears_whom",
]
