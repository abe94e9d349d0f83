"""What a snapshot says by several of its lines together. Pure."""

from collections.abc import Container, Sequence

from msgspec.structs import replace

from adapter.asterisk.events import ListedChannel

_MAY_WAIT = frozenset({"BridgeWait", "Stasis"})
"""The applications in whose bridges one may wait, and hear nobody."""


def with_waiting(snapshot: Sequence[ListedChannel]) -> Sequence[ListedChannel]:
    """The snapshot with who waits in its bridge, which no line tells alone.

    Asterisk lists what each bridge is for. It may not list one: then an agent who stays on the line
    (AgentLogin) waits where all are agents, and an application's channel waits: nobody is let in to hear
    whoever else is there.
    """
    if not any(
        line.application in _APPLICATIONS or (line.kind is not None and line.kind.is_holding)
        for line in snapshot
    ):
        return snapshot
    agents = {line.bridge for line in snapshot if line.is_agent}
    served = {line.bridge for line in snapshot if line.bridge in agents and not line.is_agent}
    return [
        replace(line, bridge=None, waits_in=line.bridge) if _waits(line, served) else line
        for line in snapshot
    ]


def _waits(line: ListedChannel, served: Container[str | None]) -> bool:
    if line.bridge is None:
        return False
    if line.kind is not None:
        return line.kind.is_holding
    if line.is_agent:
        return line.bridge not in served
    return line.application in _MAY_WAIT


_APPLICATIONS = _MAY_WAIT | {"AgentLogin"}
