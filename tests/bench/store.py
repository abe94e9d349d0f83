"""From the PUT to the INVITE with a store, against the same service without one, asked in turn."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from adapter.lab import Pbx, Phones, running_asterisk
from adapter.lab.adapter_process import running_adapter
from tests.acceptance.harness import Lab
from tests.bench.barge_in import QUIET_S, BusyPhone, put_to_invite, put_words
from tests.bench.figures import Figure, percentile
from tests.bench.service import HIGH, Client
from tests.databases.servers import PostgreSql, running

SAMPLES = 200
SUPERVISOR = "0003*024"
GOALS_MS = {"SQLite": 1.0, "PostgreSQL": 2.0}


async def _measure(
    pbx: Pbx, phones: Phones, folder: Path, stores: dict[str, str], samples: int
) -> dict[str, list[float]]:
    """Seconds from asking each adapter to the INVITE."""
    taken: dict[str, list[float]] = {name: [] for name in stores}
    async with AsyncExitStack() as stack:
        clients: dict[str, tuple[Client, bytes]] = {}
        for number, (name, store) in enumerate(stores.items()):
            # A name of its own: none takes another's channels for what it left itself.
            settings = {
                **HIGH,
                "ADAPTER_NAME": f"bench{number}",
                **({"ADAPTER_STORE": store} if store else {}),
            }
            adapter = await stack.enter_async_context(
                running_adapter(pbx, folder / f"adapter{number}", settings=settings)
            )
            lab = Lab(pbx, adapter, phones, await adapter.token("wallboard"))
            if not clients:
                talk = await lab.talk()
            port = int(adapter.url.rpartition(":")[2])
            client = await Client.open(port)
            stack.callback(client.close)
            clients[name] = (client, put_words(port, lab.token, talk.call_id))
        loop = asyncio.get_running_loop()
        transport, phone = await loop.create_datagram_endpoint(BusyPhone, local_addr=("127.0.0.1", 0))
        stack.callback(transport.close)
        await phones.register(SUPERVISOR, f"127.0.0.1:{transport.get_extra_info('sockname')[1]}")
        for _ in range(samples + 1):
            for name, (client, words) in clients.items():
                taken[name].append(await put_to_invite(client, words, phone))
                await asyncio.sleep(QUIET_S)
    return {name: times[1:] for name, times in taken.items()}


async def _run(folder: Path, samples: int, postgresql: str) -> list[Figure]:
    stores = {"none": "", "SQLite": f"sqlite:///{folder / 'store.sqlite'}", "PostgreSQL": postgresql}
    async with running_asterisk(folder / "asterisk") as pbx, Phones(pbx, folder / "phones") as phones:
        taken = await _measure(pbx, phones, folder, stores, samples)
    without = taken["none"]
    theirs = percentile(without, 0.5)
    figures = []
    for store, goal_ms in GOALS_MS.items():
        mine = percentile(taken[store], 0.5)
        figures.append(
            Figure(
                f"PUT BargeIn to INVITE with {store} as the store, median overhead",
                "the same without a store",
                mine * 1e3,
                theirs * 1e3,
                "ms",
                (mine - theirs) * 1e3,
                ((min(taken[store]) - theirs) * 1e3, (max(taken[store]) - theirs) * 1e3),
                goal_ms,
                is_floor=False,
                value_unit="ms",
                note=f"n = {len(without)} each, in turn; p99 {percentile(taken[store], 0.99) * 1e3:.1f} ms"
                f" against {percentile(without, 0.99) * 1e3:.1f}",
            )
        )
    return figures


def run(samples: int = SAMPLES) -> list[Figure]:
    """On a real Asterisk, a file of SQLite and a PostgreSQL that syncs to the disk."""
    with tempfile.TemporaryDirectory() as folder, running(PostgreSql(fsync=True)) as server:
        return asyncio.run(_run(Path(folder), samples, server.create_database().url))
