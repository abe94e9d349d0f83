"""Asks Asterisk which phones are registered.

No event of the classes that we ask for tells of a registration that is renewed, so it is asked when somebody
wants to know. One question is under way at a time: a supervisor's phone that is to ring waits for one only.
"""

import asyncio
import time
from collections.abc import Iterable

from cachetools import TTLCache

from adapter.ami.errors import LinkError
from adapter.ami.probe import Ask, get_value
from adapter.asterisk.contacts import (
    Contact,
    contact_functions,
    contact_ids,
    contacts_function,
    read_contact,
)

REMEMBERED_S = 2.0
REMEMBERED_DEVICES = 20_000

Contacts = tuple[Contact, ...]


class ContactBook:
    """The contacts of devices, remembered for a moment."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._known: TTLCache[str, Contacts] = TTLCache(REMEMBERED_DEVICES, REMEMBERED_S, time.monotonic)
        self._turn = asyncio.Lock()

    def forget(self, device: str) -> None:
        """Ask anew: a device that changes may have been registered, or be so no more."""
        self._known.pop(device, None)

    async def look_up(self, devices: Iterable[str], within_s: float) -> dict[str, Contacts]:
        """The contacts of those of the devices of which Asterisk tells, as far as time allows.

        None for a device that has none there, or where Asterisk lacks func_pjsip_aor.
        """
        found: dict[str, Contacts] = {}
        try:
            async with asyncio.timeout(within_s):
                for device in devices:
                    contacts = await self._look_up_one(device)
                    if contacts is not None:
                        found[device] = contacts
        except (TimeoutError, LinkError):
            pass  # what is not found by now is not known
        return found

    async def _look_up_one(self, device: str) -> Contacts | None:
        function = contacts_function(device)
        if function is None:
            return None
        known = self._known.get(device)
        if known is None:
            async with self._turn:
                known = self._known[device] = await self._fetch(function)
        return known

    async def _fetch(self, function: str) -> Contacts:
        return tuple(
            [
                read_contact(one, *[await get_value(self._ask, value) for value in contact_functions(one)])
                for one in contact_ids(await get_value(self._ask, function))
            ]
        )
