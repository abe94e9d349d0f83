"""What decisions and operations look at, as it is now. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from adapter.asterisk.features import PbxFeatures
from adapter.callcontrol.records import Record
from adapter.callcontrol.supervision.plan import Follow
from adapter.callcontrol.supervision.session import State
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.calls.model import Calls
from adapter.directory import Directory


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator has set."""

    pickup_limit_s: int = 600
    default_follow: Follow = Follow.EXTENSION
    adapter_name: str = "main"
    """By it an adapter knows its own channels again, also after a restart."""


class World(NamedTuple):
    """The live calls, the directory, the PBX, and the supervisions that may matter; read only."""

    calls: Calls
    directory: Directory
    supervisions: Collection[Supervision]
    is_ready: bool
    """Whether what is known of the calls is what Asterisk has."""
    features: PbxFeatures
    """What the dialplan include can do."""
    rules: Rules
    now: float
    """Seconds since the epoch."""
    records: Mapping[str, Record] = MappingProxyType({})
    """What an earlier process kept of its supervisions."""
    stream_address: str = ""
    """Where Asterisk connects to bring audio (`127.0.0.1:port`); empty where no streams are set up."""
    has_audiosocket: bool = False
    """Whether Asterisk is known to be able to."""

    def supervision_by(self, supervisor: str) -> Supervision | None:
        """The one that has not ended and is by this supervisor."""
        running = (one for one in self.supervisions if one.state is not State.ENDED)
        return next((one for one in running if one.supervisor == supervisor), None)
