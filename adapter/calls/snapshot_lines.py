"""What a snapshot says by several of its lines together. Pure."""

from collections.abc import Sequence

from msgspec.structs import replace

from adapter.asterisk.events import ListedChannel


def with_agents(snapshot: Sequence[ListedChannel]) -> Sequence[ListedChannel]:
    """The snapshot with where agents wait for their next callers (AgentLogin), which no line tells alone.

    All of them wait in one bridge, in which there is nobody else; a caller is in one with the agent's.
    """
    agents = [line for line in snapshot if line.application == "AgentLogin"]
    if not agents:
        return snapshot
    bridges = {line.bridge for line in agents}
    talking = {line.bridge for line in snapshot if line.bridge in bridges and not line.is_agent}
    return [
        replace(line, bridge=None, waits_in=line.bridge)
        if line.is_agent and line.bridge not in talking
        else line
        for line in snapshot
    ]
