"""The composition root: the only place that knows every room, and what is made in which order.

    make_app(settings) -> directory, tokens, live calls -> feed -> listeners
                          link (AMI in) -> feed;  conductor -> link (AMI out)
                          routes -> uapi handlers

What comes later plugs in here and listens to the feed's changes; nothing in the middle changes for it.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from zoneinfo import ZoneInfo

from aiohttp import web

from adapter.ami.link import Link, LinkState
from adapter.ami_settings import link_settings
from adapter.asterisk.events import ListedChannel
from adapter.audit.file import AuditFile
from adapter.audit.log import AuditLog
from adapter.auth.authentication import Authenticator
from adapter.auth.openid import OpenIdProvider
from adapter.auth.routes import token_routes
from adapter.auth.token_endpoint import TokenEndpoint
from adapter.auth.tokens import Tokens
from adapter.callcontrol.supervision.conductor import Conductor
from adapter.callcontrol.supervision.plan import Follow
from adapter.callcontrol.world import Rules
from adapter.calls.changes import CallChanged, CallEnded, ChannelGone, UnknownChannel, ViewsExhausted
from adapter.calls.model import Calls
from adapter.calls.publisher import Publisher
from adapter.calls.shown_to import ShownTo
from adapter.directory.file import DirectoryFile
from adapter.documentation.page import Documentation
from adapter.http.audit_fields import audit_requests
from adapter.http.bodies import Bodies
from adapter.http.connections import Connections, open_files_limit, share_files
from adapter.http.cors import allow_origins
from adapter.http.error_answers import answer_errors
from adapter.http.places import Places
from adapter.http.refusing import refuse_unreadable
from adapter.http.routes import add_routes
from adapter.monitoring.counters import new_counters
from adapter.monitoring.differences import log_differences
from adapter.monitoring.mounting import mount_operations
from adapter.monitoring.requests import count_requests
from adapter.monitoring.unknown_channels import log_exhausted, log_unknown_channels
from adapter.settings import Settings, naming
from adapter.stream.hub import EventHub
from adapter.stream.routes import event_routes
from adapter.tasks import cancel, run_always
from adapter.uapi.call_actions import CallActions
from adapter.uapi.phone_call_routes import phone_call_routes
from adapter.uapi.phone_calls import PhoneCalls
from adapter.uapi.requests import Requests
from adapter.uapi.revisions import Revisions
from adapter.uapi.supervision_routes import supervision_routes
from adapter.uapi.supervisions import Supervisions

log = logging.getLogger(__name__)

BODY_LIMIT_BYTES = 64 * 1024
KEYS_TIMEOUT_S = 5.0
"""Limit for an OpenID provider to answer with its keys."""

DIRECTORY = web.AppKey("directory", DirectoryFile)
PUBLISHER = web.AppKey("feed", Publisher)
LINK = web.AppKey("link", Link)
CONDUCTOR = web.AppKey("conductor", Conductor)
CONNECTIONS = web.AppKey("connections", Connections)
REVISIONS = web.AppKey("revisions", Revisions)
EVENTS = web.AppKey("events", EventHub)
AUDIT_LOG = web.AppKey("trail", AuditLog)


def make_app(settings: Settings) -> web.Application:
    """The whole adapter, for the process and for the tests alike. Raises DirectoryError.

    Raises OSError where the directory's file cannot be read, or the audit trail's cannot be opened.
    """
    shares = share_files(open_files_limit())
    connections = Connections(settings.idle_timeout_s, settings.request_timeout_s, shares)
    bodies = Bodies(settings.request_timeout_s, shares.bodies)
    counters = new_counters(time.perf_counter)
    trail = make_audit_log(settings)
    app = web.Application(
        middlewares=[
            connections.middleware(),
            count_requests(counters.requests),
            allow_origins(settings.cors_origins),
            answer_errors,
            refuse_unreadable(),
            audit_requests(trail, settings),
        ],
        client_max_size=BODY_LIMIT_BYTES,
    )
    with naming("directory", settings.directory):
        directory = DirectoryFile(settings.directory)
    tokens = make_tokens(settings)
    calls = Calls(directory.current.extension_of_channel)
    publisher = Publisher(calls)

    after_snapshot: list[Callable[[], None]] = []

    def take_snapshot(snapshot: Sequence[ListedChannel], at: float) -> None:
        counters.events.snapshots += 1
        publisher.take_snapshot(snapshot, at)
        for look_anew in after_snapshot:
            look_anew()

    def reconcile(snapshot: Sequence[ListedChannel], at: float, left_alone: frozenset[str]) -> None:
        found = publisher.reconcile(snapshot, at, left_alone)
        counters.events.note_reconciled(found)
        log_differences(found)

    link = Link(
        link_settings(settings),
        take_snapshot,
        counters.events.counting(publisher.take_event),
        reconcile,
    )
    conductor = Conductor(
        calls,
        link.send,
        directory=lambda: directory.current,
        has_include=lambda: link.has_include is True,
        is_ready=lambda: link.state is LinkState.READY,
        rules=Rules(settings.pickup_limit_s, Follow(settings.follow)),
    )
    after_snapshot.append(conductor.on_snapshot)
    shown = ShownTo(calls)
    publisher.subscribe(shown.on_change, CallChanged, CallEnded)
    revisions = Revisions(shown)
    publisher.subscribe(conductor.on_change)
    publisher.subscribe(log_unknown_channels, UnknownChannel)
    publisher.subscribe(log_exhausted, ViewsExhausted)

    app[DIRECTORY], app[PUBLISHER], app[LINK], app[CONDUCTOR] = directory, publisher, link, conductor
    app[CONNECTIONS], app[REVISIONS] = connections, revisions
    app.cleanup_ctx.append(_run_link)
    # Before the handlers are awaited: it answers those that wait for a phone.
    app.on_shutdown.append(_close_conductor)
    watching = mount_operations(
        app,
        counters=counters,
        lag_interval_s=settings.lag_interval_s,
        link=link,
        calls=calls,
        publisher=publisher,
        conductor=conductor,
        is_audit_written=trail.is_written,
    )

    requests = Requests(
        settings,
        Authenticator(tokens, directory, _openid_provider(settings)),
        is_ready=lambda: link.state is LinkState.READY,
    )
    phone_calls = PhoneCalls(settings=settings, requests=requests, shown=shown, revisions=revisions)
    call_actions = CallActions(
        settings=settings,
        requests=requests,
        calls=calls,
        shown=shown,
        conductor=conductor,
        bodies=bodies,
        waits=Places(shares.waits),
    )
    events = EventHub(
        settings=settings, requests=requests, directory=directory, shown=shown, conductor=conductor
    )
    after_snapshot.append(events.on_snapshot)
    publisher.subscribe(call_actions.on_change, ChannelGone)
    publisher.subscribe(events.on_change, CallChanged, CallEnded)
    conductor.subscribe(events.on_supervision)
    conductor.subscribe(trail.on_supervision)
    app[EVENTS], app[AUDIT_LOG] = events, trail
    app.on_shutdown.append(_close_events)  # after the conductor, of which it still tells
    app.on_cleanup.append(_close_trail)
    routes = [
        *phone_call_routes(phone_calls, call_actions, settings),
        *supervision_routes(Supervisions(requests, conductor, ZoneInfo(settings.timezone))),
        *event_routes(events),
        *token_routes(TokenEndpoint(directory, tokens, settings, bodies)),
        *watching,
    ]
    documentation = Documentation(routes, settings.public_url)
    add_routes(app.router, [*routes, *documentation.routes])
    return app


def make_audit_log(settings: Settings) -> AuditLog:
    """The audit trail, into no file where none is set. Raises OSError."""
    if settings.audit_file is None:
        return AuditLog(None, time.time)
    with naming("audit_file", settings.audit_file):
        return AuditLog(AuditFile(settings.audit_file, int(settings.audit_max_mb * 1_000_000)), time.time)


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
    app[LINK].retry()
    if not await app[DIRECTORY].reload():
        return False
    # Nothing is awaited from here on: nobody meets calls that are named after another directory.
    app[PUBLISHER].take_directory(app[DIRECTORY].current.extension_of_channel)
    app[CONDUCTOR].on_directory()
    app[REVISIONS].on_directory()
    app[EVENTS].on_directory()
    return True


async def _run_link(app: web.Application) -> AsyncIterator[None]:
    task = run_always(app[LINK].run(), "ami link")
    yield
    await cancel(task)


async def _close_conductor(app: web.Application) -> None:
    await app[CONDUCTOR].close()


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
