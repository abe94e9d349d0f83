"""`/health`: the process is running. `/ready`: it can do its work now."""

from collections.abc import Callable
from typing import Annotated

from aiohttp import web
from msgspec import UNSET, Meta, Struct, UnsetType, field

from adapter.ami.link import Link, LinkState
from adapter.asterisk.features import ALL_FEATURES, NO_FEATURES, PbxFeatures
from adapter.http.answers import json_answer
from adapter.monitoring.counters import Counters
from adapter.presence.model import Presence
from adapter.presence.state import QueueKnowledge

_PRESENT, _OLDER, _MISSING, _UNKNOWN = "present", "older", "missing", "unknown"


def _one_of(*texts: str) -> Meta:
    return Meta(extra_json_schema={"enum": list(texts)})


_Include = Annotated[str, _one_of(_PRESENT, _OLDER, _MISSING, _UNKNOWN)]


def _include(announced: PbxFeatures | None) -> str:
    """What there is of our include, in one word."""
    if announced is None:
        return _UNKNOWN
    if not announced:
        return _MISSING
    return _PRESENT if announced == ALL_FEATURES else _OLDER


_Devices = Annotated[
    Annotated[str, _one_of("known", "unknown")],
    Meta(
        description="Whether Asterisk tells the states of devices. `unknown`: it lacks the module "
        "res_manager_devicestate, and every extension is answered as unknown."
    ),
]
_Queues = Annotated[
    Annotated[str, _one_of(*QueueKnowledge)],
    Meta(
        description="Whether Asterisk tells who waits in queues and who is logged in. `unconfirmed`: it "
        "listed them, and nothing has happened since. `unknown`: the AMI user lacks `read = agent`, or "
        "Asterisk has no queues."
    ),
]


class AsteriskLink(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """The connection to Asterisk's manager interface."""

    state: Annotated[str, _one_of(*LinkState)]
    error: Annotated[str | None, Meta(description="Why the link is down, if that is known.")] = None


class StoreState(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Whether the store answers."""

    status: Annotated[str, _one_of("ok", "failing")]
    error: Annotated[str | None, Meta(description="Why it fails.")] = None


_Store = Annotated[
    StoreState | None, Meta(description="Whether the store answers. Absent if none is set up.")
]


_Source = Annotated[
    Annotated[str, _one_of("followed", "not followed")],
    Meta(
        description="Whether the directory is what its source says; else the last good one is in force. "
        "Absent if there is no source."
    ),
]


class Health(Struct, rename="camel", omit_defaults=True, forbid_unknown_fields=True):
    """The process is running; `link` says whether it can serve calls."""

    status: Annotated[str, _one_of("ok")]
    dialplan_include: Annotated[
        _Include,
        Meta(
            description="Whether Asterisk has the contexts of `uapi-dialplan.conf`: without them no "
            "supervision can be switched or re-attached. `older`: the file lacks some features; "
            "`uapi-adapter check` names them."
        ),
    ]
    link: AsteriskLink
    devices: _Devices
    queues: _Queues
    audit: Annotated[
        Annotated[str, _one_of("ok", "failing")] | None,
        Meta(description="Whether the service can write the audit trail. Absent if none is set up."),
    ] = None
    store: _Store = None
    directory_source: _Source | None = None


class Readiness(Struct, rename="camel", forbid_unknown_fields=True):
    """Whether the service can do its work now: 200 with `ready`, 503 with `not ready`."""

    status: Annotated[str, _one_of("ready", "not ready")]
    link: AsteriskLink
    last_event_age_s: Annotated[
        Annotated[float, Meta(ge=0)] | None, Meta(description="Seconds since the last event of a call.")
    ] = field(name="lastEventAgeS")
    dialplan_include: Annotated[
        _Include, Meta(description="Whether Asterisk has the contexts of `uapi-dialplan.conf`.")
    ]
    devices: _Devices
    queues: _Queues
    store: _Store | UnsetType = UNSET
    directory_source: _Source | UnsetType = UNSET


class HealthPages:
    """The handlers of both addresses. Neither needs a token, neither tells of any call."""

    def __init__(
        self,
        link: Link,
        presence: Presence,
        counters: Counters,
        is_audit_written: Callable[[], bool | None],
        is_directory_current: Callable[[], bool | None],
        *,
        needs_store: bool,
    ) -> None:
        self._link = link
        self._presence = presence
        self._events = counters.events
        self._store = counters.store
        self._needs_store = needs_store
        self._is_trail_written = is_audit_written
        self._is_directory_current = is_directory_current

    async def live(self, _: web.Request) -> web.Response:
        """200 as long as the process answers; a link that is down is no reason to restart it."""
        body = Health(
            status="ok",
            dialplan_include=_include(self._link.announced),
            link=self._of_the_link(),
            devices=self._devices(),
            queues=self._queues(),
        )
        is_audit_written = self._is_trail_written()
        if is_audit_written is not None:
            body.audit = "ok" if is_audit_written else "failing"
        body.store = self._of_the_store()
        body.directory_source = self._of_the_source()
        return json_answer(body)

    async def ready(self, _: web.Request) -> web.Response:
        """200 where calls can be listed and barged in on, else 503.

        The age of the last event is told and decides nothing: at night a PBX says nothing for hours, and
        that it still answers is what READY means. A dialplan include that is not known to be missing is
        not held against it, nor is one of an older version, nor a store that is down if supervisions may
        begin without it, nor a directory that does not follow its source: the last good one is in force.
        """
        announced = self._link.announced
        store = self._of_the_store()
        has_store = store is None or store.error is None or not self._needs_store
        is_ready = self._link.state is LinkState.READY and announced != NO_FEATURES and has_store
        age_s = self._events.last_age_s
        return json_answer(
            Readiness(
                status="ready" if is_ready else "not ready",
                link=self._of_the_link(),
                last_event_age_s=None if age_s is None else round(age_s, 3),
                dialplan_include=_include(announced),
                devices=self._devices(),
                queues=self._queues(),
                store=store or UNSET,
                directory_source=self._of_the_source() or UNSET,
            ),
            status=200 if is_ready else 503,
            headers={"Cache-Control": "no-store"},
        )

    def _of_the_source(self) -> str | None:
        is_current = self._is_directory_current()
        if is_current is None:
            return None
        return "followed" if is_current else "not followed"

    def _of_the_store(self) -> StoreState | None:
        if not self._store.is_set_up:
            return None
        error = self._store.error
        return StoreState("ok" if error is None else "failing", error)

    def _devices(self) -> str:
        is_known = self._link.state is LinkState.READY and self._presence.has_devices
        return "known" if is_known else "unknown"

    def _queues(self) -> str:
        """Neither is held against readiness: calls are listed and barged in on without them."""
        is_up = self._link.state is LinkState.READY
        return self._presence.knowledge if is_up else QueueKnowledge.UNKNOWN

    def _of_the_link(self) -> AsteriskLink:
        return AsteriskLink(self._link.state, self._link.error)
