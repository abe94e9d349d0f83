"""Hangs the store on the application: opened before anything else runs, closed after everything else."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import web

from adapter.monitoring.counters import StoreCounters
from adapter.settings import Settings
from adapter.store.address import read_address
from adapter.store.answers import StoredAnswers
from adapter.store.audit_rows import AuditRows
from adapter.store.opening import make_store
from adapter.store.supervision_records import SupervisionRecords
from adapter.storing import StoreError
from adapter.tasks import cancel, run_always


@dataclass(frozen=True, slots=True)
class MountedStore:
    """What is kept, for the rooms that have it kept."""

    answers: StoredAnswers
    audit: AuditRows
    supervisions: SupervisionRecords


def mount_store(app: web.Application, url: str, settings: Settings, counters: StoreCounters) -> MountedStore:
    """The store at this address. At the start of the application it raises StoreError where it is none.

    A server that does not answer then is waited for while the service runs: it comes up without it. A file
    that cannot be opened is a mistake of the settings.
    """
    address = read_address(url)
    store = make_store(address, settings.store_timeout_s, counters)
    answers = StoredAnswers(store, address.kind, is_required=settings.store_required)
    supervisions = SupervisionRecords(store, address.kind, is_required=settings.store_required)
    store.when_up(answers.tidy)
    store.when_up(supervisions.load)

    async def run(_: web.Application) -> AsyncIterator[None]:
        await store.open()
        if address.kind == "sqlite" and store.error is not None:
            raise StoreError(f"ADAPTER_STORE={address}: {store.error}")
        task = run_always(store.run(), "store")
        yield
        await cancel(task)
        await store.close()

    app.cleanup_ctx.append(run)
    return MountedStore(answers, AuditRows(store, address.kind), supervisions)
