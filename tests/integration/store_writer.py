"""Writes row after row into a store, and says of each that it is written: to be killed while it does."""

import asyncio
import sys

from adapter.store.address import read_address
from adapter.store.statements import insert_once
from adapter.store.tables import AUDIT
from tests.integration.stores import running_store


async def write(url: str, count: int) -> None:
    add = insert_once(AUDIT, read_address(url).kind)
    nobody = dict.fromkeys(("app", "supervisor", "extension", "call"))
    async with running_store(url) as store:
        for number in range(count):
            row = {"id": f"{number:07}", "at": number, "event": "request", "line": "{}", **nobody}
            await store.execute(add, row)
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
        await asyncio.Event().wait()


asyncio.run(write(sys.argv[1], int(sys.argv[2])))
