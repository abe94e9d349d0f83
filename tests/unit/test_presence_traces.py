"""Recorded stories: devices and queues are what Asterisk itself lists at each step."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from adapter.asterisk.presence_events import CallerJoined, PresenceEvent, PresenceSnapshot
from adapter.asterisk.presence_parsing import (
    parse_listed_caller,
    parse_listed_device,
    parse_listed_member,
    parse_presence,
)
from adapter.presence.extension import ExtensionState
from adapter.presence.model import Presence
from adapter.presence.queue import MemberState, member_state
from adapter.presence.state import QueueKnowledge

from .samples import Headers, events, recorded
from .steps import story_names

LISTS = "DeviceStateListComplete"
NAMES = [name for name in story_names() if any(one["Event"] == LISTS for one in recorded(f"{name}.ami"))]
AGENT, COLLEAGUE = "PJSIP/0003*210", "PJSIP/0003*211"
NOW = 2_000_000_000.0
"""Long after all of them."""
DEVICES = ("0003*210", "0003*211", "0003*21", "0003*024")


@dataclass
class Step:
    """What Asterisk told since the step before, and what it listed then."""

    name: str
    happened: list[Headers] = field(default_factory=list)
    listed: list[Headers] = field(default_factory=list)


def steps(name: str) -> Iterator[Step]:
    """The steps of a story, in order."""
    step = Step("")
    for message in recorded(f"{name}.ami"):
        if "Timestamp" in message:
            step.happened.append(message)
        elif message["Event"] == "CoreShowChannelsComplete":
            step.name = message["ActionID"]
            yield step
            step = Step("")
        else:
            step.listed.append(message)


def snapshot(step: Step) -> PresenceSnapshot:
    """What the step lists."""
    of = {name: [one for one in step.listed if one["Event"] == name] for name in LISTED}
    devices = [parse_listed_device(one) for one in of["DeviceStateChange"]]
    return PresenceSnapshot(
        tuple(one for one in devices if one is not None),
        tuple(map(parse_listed_member, of["QueueMember"])),
        tuple(map(parse_listed_caller, of["QueueEntry"])),
    )


LISTED = ("DeviceStateChange", "QueueMember", "QueueEntry")


def presence_events(messages: list[Headers]) -> Iterator[PresenceEvent]:
    """The events of devices and queues, and that a caller joined one, which its call's event says."""
    for message in messages:
        event = parse_presence(message, 0.0)
        if event is not None:
            yield event
        elif message["Event"] == "QueueCallerJoin":
            [joined] = events([message])
            yield CallerJoined(joined.at, message["Queue"], message["Uniqueid"])


def told(presence: Presence) -> dict[str, object]:
    """Everything but what only the list or only the events tell: since when, and why somebody is paused."""
    queues = presence.queues or {}
    return {
        "devices": {name: presence.extension([f"PJSIP/{name}"]) for name in DEVICES},
        "members": {
            (queue.name, one.interface): (one.state, one.is_paused, one.is_in_call)
            for queue in queues.values()
            for one in queue.members.values()
        },
        "callers": {(queue.name, one) for queue in queues.values() for one in queue.callers},
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_events_lead_to_what_asterisk_lists(name: str) -> None:
    """From the first list on, at each step: an unbroken link shows what a new one would."""
    first, *later = steps(name)
    unbroken = Presence()
    unbroken.reset(snapshot(first), 0.0)
    for step in later:
        for event in presence_events(step.happened):
            unbroken.apply(event)
        anew = Presence()
        anew.reset(snapshot(step), 0.0)
        assert told(unbroken) == told(anew), step.name
    assert unbroken.knowledge is QueueKnowledge.KNOWN


def at_steps(name: str) -> dict[str, Presence]:
    """The model at each step of a story, by the events from the first list on."""
    found: dict[str, Presence] = {}
    for step in steps(name):
        presence = Presence()
        known, since = None, []
        for earlier in steps(name):
            if known is None:
                known = snapshot(earlier)
            else:
                since += list(presence_events(earlier.happened))
            if earlier.name == step.name:
                break
        assert known is not None
        presence.reset(known, 0.0)
        for event in since:
            presence.apply(event)
        found[step.name] = presence
    return found


def test_a_phone_is_idle_rings_is_busy_is_held_and_is_idle_again() -> None:
    """Who holds is busy, who is held is on hold: so Asterisk has it."""
    shown = {
        step: (presence.extension([AGENT]), presence.extension([COLLEAGUE]))
        for step, presence in at_steps("presence-of-a-phone").items()
    }
    idle, ringing, busy = ExtensionState.IDLE, ExtensionState.RINGING, ExtensionState.BUSY
    held, away = ExtensionState.ON_HOLD, ExtensionState.UNAVAILABLE
    assert shown == {
        "idle": (idle, away),
        "ringing": (ringing, busy),
        "busy": (busy, busy),
        "held": (held, busy),
        "idle again": (idle, away),
        "over": (idle, away),
    }


def test_a_caller_waits_for_a_member_who_is_paused() -> None:
    """The member is paused, then in a call, then ready; the caller waits, and waits no more."""
    shown = {}
    for step, presence in at_steps("queue-paused-agent").items():
        assert presence.queues is not None
        queue = presence.queues["0003*501"]
        shown[step] = (member_state(queue.members[AGENT], NOW), len(queue.callers))
    assert shown == {
        "waiting": (MemberState.PAUSED, 1),
        "talking": (MemberState.IN_CALL, 0),
        "over": (MemberState.READY, 0),
    }
