"""Callers wait in queues."""

from adapter.asterisk.events import QueueJoin
from adapter.calls.changes import CallerQueued
from adapter.calls.channels import update
from adapter.calls.membership import touch_conversation
from adapter.calls.state import CallState, Handlers


def queue(state: CallState, event: QueueJoin) -> None:
    """A caller waits in a queue. Its call keeps that queue's name when somebody answers."""
    update(state, event.channel, event.at, "queue")
    leg = state.legs.get(event.channel.uniqueid)
    if leg is not None:
        leg.queue = event.queue
        touch_conversation(state, leg)
    state.emit(CallerQueued(event.channel.uniqueid, event.queue, event.at))


HANDLERS: Handlers = {QueueJoin: queue}
