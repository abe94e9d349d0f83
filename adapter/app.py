"""The composition root: the only place that knows every room, and what is made in which order.

    make_app(settings) -> directory, tokens
                          one PBX: its link, its live calls, what is done with them
                          routes -> handlers

What comes later plugs in here and subscribes to the PBX's changes; nothing in the middle changes for it.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aiohttp import web

from adapter.ami_settings import link_settings
from adapter.audit.file import AuditFile
from adapter.audit.log import AuditLog, AuditTable
from adapter.auth.authentication import Authenticator
from adapter.auth.openid import OpenIdProvider
from adapter.auth.routes import token_routes
from adapter.auth.token_endpoint import TokenEndpoint
from adapter.auth.tokens import Tokens
from adapter.callcontrol.supervision.plan import Follow
from adapter.callcontrol.world import Rules
from adapter.calls.changes import CallChanged, CallEnded
from adapter.directory.file import DirectoryFile
from adapter.directory.last_good import LastGood
from adapter.directory.source import Source, SourceDown
from adapter.documentation.page import Documentation
from adapter.http.audit_fields import audit_requests
from adapter.http.bodies import Bodies
from adapter.http.connections import Connections, open_files_limit, share_files
from adapter.http.cors import allow_origins
from adapter.http.error_answers import answer_errors
from adapter.http.idempotency import IdempotencyStore
from adapter.http.places import Places
from adapter.http.refusing import refuse_unreadable
from adapter.http.routes import add_routes
from adapter.media.streams import Streams
from adapter.monitoring.counters import StoreCounters, new_counters
from adapter.monitoring.mounting import mount_operations
from adapter.monitoring.requests import count_requests
from adapter.pbx import Pbx
from adapter.settings import Settings, naming
from adapter.storing import StoreError
from adapter.stream.hub import EventHub
from adapter.stream.routes import event_routes
from adapter.tasks import cancel, run_always
from adapter.uapi.call_actions import CallActions
from adapter.uapi.phone_call_routes import phone_call_routes
from adapter.uapi.phone_calls import PhoneCalls
from adapter.uapi.presence_routes import presence_routes
from adapter.uapi.presences import Presences
from adapter.uapi.requests import Requests
from adapter.uapi.revisions import Revisions
from adapter.uapi.stream_telling import StreamTelling
from adapter.uapi.supervision_actions import SupervisionActions
from adapter.uapi.supervision_audio import SupervisionAudio
from adapter.uapi.supervision_routes import supervision_routes
from adapter.uapi.supervisions import Supervisions

if TYPE_CHECKING:
    from adapter.store.mounting import MountedStore
    from adapter.store.supervision_records import SupervisionRecords

log = logging.getLogger(__name__)

BODY_LIMIT_BYTES = 64 * 1024
KEYS_TIMEOUT_S = 5.0
"""Limit for an OpenID provider to answer with its keys."""

DIRECTORY = web.AppKey("directory", DirectoryFile)
PBX = web.AppKey("pbx", Pbx)
CONNECTIONS = web.AppKey("connections", Connections)
REVISIONS = web.AppKey("revisions", Revisions)
EVENTS = web.AppKey("events", EventHub)
AUDIT_LOG = web.AppKey("audit_log", AuditLog)


def make_app(settings: Settings) -> web.Application:
    """The whole adapter, for the process and for the tests alike. Raises DirectoryError, SourceDown.

    Raises OSError where the directory's file cannot be read, or the audit trail's cannot be opened, and
    StoreError where what the store needs is not installed.
    """
    shares = share_files(open_files_limit())
    connections = Connections(settings.idle_timeout_s, settings.request_timeout_s, shares)
    bodies = Bodies(settings.request_timeout_s, shares.bodies)
    counters = new_counters(time.perf_counter)
    app = web.Application(
        middlewares=[
            connections.middleware(),
            count_requests(counters.requests),
            allow_origins(settings.cors_origins),
            answer_errors,
            refuse_unreadable(),
        ],
        client_max_size=BODY_LIMIT_BYTES,
    )
    # First of all that runs: who asks for a supervision, and what Asterisk shows, meets what was kept.
    kept = _mount_store(app, settings, counters.store)
    trail = make_audit_log(settings, kept.audit if kept else None)
    app.middlewares.append(audit_requests(trail, settings))
    directory = make_directory(settings, keeps_copy=True)
    tokens = make_tokens(settings)
    pbx = Pbx(
        link_settings(settings),
        lambda: directory.current,
        Rules(settings.pickup_limit_s, Follow(settings.follow), settings.name),
        counters.events.counting,
    )
    if kept is not None:
        _keep_supervisions(pbx, kept.supervisions)
    revisions = Revisions(pbx.shown)
    app[DIRECTORY], app[PBX] = directory, pbx
    app[CONNECTIONS], app[REVISIONS] = connections, revisions
    streams = _mount_streams(app, settings, pbx)
    app.cleanup_ctx.append(_run_pbx)
    if settings.directory_source is not None:
        app.cleanup_ctx.append(_following_source(settings.directory_source_interval_s))
    # Before the handlers are awaited: it answers those that wait for a phone.
    app.on_shutdown.append(_close_pbx)
    watching = mount_operations(
        app,
        counters=counters,
        lag_interval_s=settings.lag_interval_s,
        pbx=pbx,
        is_audit_written=trail.is_written,
        needs_store=settings.store_required,
        is_directory_current=lambda: directory.is_current,
    )

    requests = Requests(
        settings,
        Authenticator(tokens, directory, _openid_provider(settings)),
        is_ready=lambda: pbx.is_ready,
    )
    phone_calls = PhoneCalls(settings=settings, requests=requests, shown=pbx.shown, revisions=revisions)
    call_actions = CallActions(
        settings=settings,
        requests=requests,
        shown=pbx.shown,
        supervisions=SupervisionActions(pbx.operations, kept.supervisions if kept else None),
        bodies=bodies,
        waits=Places(shares.waits),
        idempotency=IdempotencyStore(kept.answers if kept else None),
    )
    events = EventHub(
        settings=settings,
        requests=requests,
        directory=directory,
        shown=pbx.shown,
        supervisions=pbx.operations.supervisions,
    )
    pbx.after_snapshot(events.on_snapshot)
    pbx.publisher.subscribe(events.on_change, CallChanged, CallEnded)
    pbx.operations.supervisions.subscribe(events.on_supervision)
    pbx.operations.supervisions.subscribe(trail.on_supervision)
    app[EVENTS], app[AUDIT_LOG] = events, trail
    app.on_shutdown.append(_close_events)  # after the PBX, of which it still tells
    app.on_cleanup.append(_close_trail)
    routes = [
        *phone_call_routes(phone_calls, call_actions, settings),
        *presence_routes(
            Presences(requests, pbx.presence, pbx.contacts.look_up, ZoneInfo(settings.timezone))
        ),
        *supervision_routes(
            Supervisions(requests, pbx.operations.supervisions, ZoneInfo(settings.timezone)),
            SupervisionAudio(requests, pbx.operations, streams, settings.cors_origins, trail.note_audio),
        ),
        *event_routes(events),
        *token_routes(TokenEndpoint(directory, tokens, settings, bodies)),
        *watching,
    ]
    documentation = Documentation(routes, settings.public_url)
    add_routes(app.router, [*routes, *documentation.routes])
    return app


def make_directory(settings: Settings, *, keeps_copy: bool = False) -> DirectoryFile:
    """The directory, with what its source has. Raises DirectoryError, OSError, and SourceDown.

    The service keeps the source's last good copy (`keeps_copy`); a command only uses it.
    """
    source = (
        None if settings.directory_source is None else _source(settings.directory_source.get_secret_value())
    )
    path = settings.directory_copy
    last_good = None if path is None else LastGood(path, is_written=keeps_copy)
    with naming("directory", settings.directory):
        return DirectoryFile(settings.directory, source, last_good)


def _source(address: str) -> Source:
    """The database that extensions come from; without one none of its libraries is imported."""
    try:
        from adapter.sources.address import read_address  # noqa: PLC0415 - only where one is set
        from adapter.sources.sql import SqlSource  # noqa: PLC0415 - as above
    except ModuleNotFoundError as missing:
        hint = "pip install 'uapi-adapter[sources]'"
        raise SourceDown(f"the package {missing.name} is not installed: {hint}") from missing
    try:
        return SqlSource(read_address(address))
    except ValueError as malformed:
        raise SourceDown(str(malformed)) from None


def make_audit_log(settings: Settings, table: AuditTable | None) -> AuditLog:
    """The audit trail, into no file where none is set. Raises OSError."""
    if settings.audit_file is None:
        return AuditLog(None, time.time, table)
    with naming("audit_file", settings.audit_file):
        file = AuditFile(settings.audit_file, int(settings.audit_max_mb * 1_000_000))
    return AuditLog(file, time.time, table)


def make_tokens(settings: Settings) -> Tokens:
    """The tokens of this service, for whoever issues or reads them."""
    return Tokens(
        settings.token_key.get_secret_value(),
        settings.token_lifetime_s,
        [key.get_secret_value() for key in settings.token_old_keys],
        settings.token_leeway_s,
    )


async def reload_directory(app: web.Application) -> bool:
    """Read the directory again and name the live calls' extensions after it; a bad file changes nothing.

    The audit trail begins its file anew, should somebody have moved it away. A link that waits to connect
    tries at once: the operator may have mended manager.conf.
    """
    app[AUDIT_LOG].reopen()
    app[PBX].link.retry()
    if not await app[DIRECTORY].reload():
        return False
    _take_directory(app)
    return True


async def look_at_source(app: web.Application) -> bool:
    """Have the directory follow its source, if that has changed; whether it had."""
    if not await app[DIRECTORY].look():
        return False
    _take_directory(app)
    return True


def _take_directory(app: web.Application) -> None:
    """Have all follow the directory at once: nobody meets calls that are named after another one."""
    app[PBX].take_directory()
    app[REVISIONS].on_directory()
    app[EVENTS].on_directory()


def _following_source(interval_s: float) -> Callable[[web.Application], AsyncIterator[None]]:
    async def follow(app: web.Application) -> None:
        while True:
            await asyncio.sleep(interval_s)
            try:
                await look_at_source(app)
            except Exception:  # whatever a database says: the service goes on with what it knows
                log.exception("the directory's source was not read")

    async def run(app: web.Application) -> AsyncIterator[None]:
        task = run_always(follow(app), "directory source")
        yield
        await cancel(task)

    return run


def _mount_store(app: web.Application, settings: Settings, counters: StoreCounters) -> "MountedStore | None":
    """What is kept in a database, where one is set; without it none of its libraries is imported.

    Raises StoreError where they are not installed.
    """
    if settings.store is None:
        return None
    try:
        from adapter.store.mounting import mount_store  # noqa: PLC0415 - only here, and only where it is set
    except ModuleNotFoundError as missing:
        raise StoreError.not_installed(missing.name) from missing
    return mount_store(app, settings.store.get_secret_value(), settings, counters)


def _keep_supervisions(pbx: Pbx, records: "SupervisionRecords") -> None:
    """Have it known after a restart whose the supervisions are."""

    def tidy() -> None:
        records.tidy({one.id for one in pbx.operations.supervisions.live.values()})

    def on_known() -> None:
        pbx.operations.on_records()
        if pbx.is_ready:
            tidy()

    pbx.records = records.known
    pbx.operations.supervisions.subscribe(records.on_supervision)
    pbx.after_snapshot(tidy)
    records.when_known(on_known)


def _mount_streams(app: web.Application, settings: Settings, pbx: Pbx) -> Streams | None:
    """The streams of supervisions, where they are set up: Asterisk is listened for before it is linked."""
    if settings.audiosocket_port is None:
        return None
    streams = Streams(port=settings.audiosocket_port)

    async def run(_app: web.Application) -> AsyncIterator[None]:
        with naming("audiosocket_port", settings.audiosocket_port):
            await streams.__aenter__()
        try:
            pbx.stream_address = streams.address
            yield
        finally:
            pbx.stream_address = ""
            await streams.__aexit__(None, None, None)

    app.cleanup_ctx.append(run)
    pbx.operations.supervisions.subscribe(StreamTelling(streams).on_supervision)
    return streams


async def _run_pbx(app: web.Application) -> AsyncIterator[None]:
    task = run_always(app[PBX].run(), "ami link")
    yield
    await cancel(task)


async def _close_pbx(app: web.Application) -> None:
    await app[PBX].close()


async def _close_events(app: web.Application) -> None:
    app[EVENTS].close()


async def _close_trail(app: web.Application) -> None:
    await asyncio.to_thread(app[AUDIT_LOG].close)


def _openid_provider(settings: Settings) -> OpenIdProvider | None:
    if not (settings.openid_issuer and settings.openid_jwks_url and settings.openid_audience):
        return None
    return OpenIdProvider(
        issuer=settings.openid_issuer,
        audience=settings.openid_audience,
        claim=settings.openid_claim,
        keys_url=settings.openid_jwks_url,
        leeway_s=settings.token_leeway_s,
        timeout_s=KEYS_TIMEOUT_S,
    )
