"""A private Asterisk and simulated phones, for the demo and for tests with real calls.

    async with running_asterisk(folder) as pbx, Phones(pbx, folder / "phones") as phones:
        agent = await phones.callee("0003*210", name="agent")
        customer = await phones.caller("777888", callee="0003*210", name="customer", trunk=True)
        await agent.ringing()
        agent.pick_up()
        print(await wait_until_heard((agent, customer), {("agent", "customer"), ("customer", "agent")}))

The lab needs Linux, SIPp and an Asterisk. It names what is missing, and installs it if it may. The fixtures
for pytest are in `plugin`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapter.lab.adapter_process import Adapter, Answer, running_adapter
    from adapter.lab.asterisk import Pbx, running_asterisk
    from adapter.lab.errors import LabError
    from adapter.lab.files import DIRECTORY
    from adapter.lab.hears import HearsTable, wait_until_heard, who_hears_whom
    from adapter.lab.journal import JournalEntry, Step
    from adapter.lab.layout import FULL_NUMBERS, Layout
    from adapter.lab.numbers import phones_of
    from adapter.lab.ordinary import ORDINARY
    from adapter.lab.phone import Phone
    from adapter.lab.phones import Phones

__all__ = [
    "DIRECTORY",
    "FULL_NUMBERS",
    "ORDINARY",
    "Adapter",
    "Answer",
    "HearsTable",
    "JournalEntry",
    "LabError",
    "Layout",
    "Pbx",
    "Phone",
    "Phones",
    "Step",
    "phones_of",
    "running_adapter",
    "running_asterisk",
    "wait_until_heard",
    "who_hears_whom",
]

_HOMES = {
    "adapter_process": ("Adapter", "Answer", "running_adapter"),
    "asterisk": ("Pbx", "running_asterisk"),
    "errors": ("LabError",),
    "files": ("DIRECTORY",),
    "hears": ("HearsTable", "wait_until_heard", "who_hears_whom"),
    "journal": ("JournalEntry", "Step"),
    "layout": ("FULL_NUMBERS", "Layout"),
    "numbers": ("phones_of",),
    "ordinary": ("ORDINARY",),
    "phone": ("Phone",),
    "phones": ("Phones",),
}


def __getattr__(name: str) -> object:
    """Import each name when it is first used: pytest imports this package for its plugin in every run."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
