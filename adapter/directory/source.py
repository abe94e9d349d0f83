"""Where extensions come from besides the directory's file, as the directory knows it. Pure."""

from dataclasses import dataclass
from typing import Protocol

from adapter.directory.candidates import Candidates


class SourceDown(Exception):  # noqa: N818 - it is what happened, not a fault of ours
    """The source cannot be read now; the message says why, without a password."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source said."""

    candidates: Candidates
    fingerprint: str
    """Another one where it says anything else."""


class Source(Protocol):
    """A database, or a PBX, that has extensions. Its calls block: they are made in a thread."""

    @property
    def shown(self) -> str:
        """What it is and where, for people; without a password."""

    def read(self, unless: str | None) -> Reading | None:
        """What it says now; None where its fingerprint is still `unless`. Raises SourceDown.

        It answers within seconds, whatever happens.
        """
