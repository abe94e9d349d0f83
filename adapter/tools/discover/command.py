"""`uapi-adapter discover`: print a directory of what a live Asterisk has."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from adapter.directory import load_directory
from adapter.directory.candidates import Candidates
from adapter.directory.guessing import guess
from adapter.directory.proposing import Proposal, propose
from adapter.directory.writing import NewApp, directory_text
from adapter.settings import Settings
from adapter.tools.discover.asking import DiscoveryError, Told, ask_asterisk

Say = Callable[[str], None]
NOTHING_FOUND = (
    "no extension was found: give phones a hint (exten => 210,hint,PJSIP/210), or write them down by hand"
)


async def run_discover(settings: Settings, say: Say, complain: Say) -> int:
    """Print the directory, all of it or nothing; 1 where Asterisk did not tell."""
    try:
        told = await ask_asterisk(settings)
    except DiscoveryError as failed:
        complain(str(failed))
        return 1
    candidates = guess(told.inventory)
    proposal = propose(candidates)
    text = write_directory(f"{settings.ami_host}:{settings.ami_port}", told, candidates, proposal)
    for line in text.splitlines():
        say(line)
    if not proposal.extensions:
        complain(NOTHING_FOUND)
    return 0


def write_directory(
    address: str, told: Told, candidates: Candidates, proposal: Proposal, apps: Iterable[NewApp] = ()
) -> str:
    """The text of the file. It loads: raises DirectoryError where it would not."""
    head = _head(address, told, proposal)
    text = directory_text(proposal, head=head, queues=candidates.queues, apps=apps)
    load_directory(text)
    return text


def _head(address: str, told: Told, proposal: Proposal) -> Iterator[str]:
    on = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    version = re.split(r"[~+]", told.version, maxsplit=1)[0]
    counts = (
        f"organizations: {len(proposal.organizations)}",
        f"extensions: {len(proposal.extensions)}",
        *([f"left out, see the end: {len(proposal.left_out)}"] if proposal.left_out else ()),
    )
    yield f"What Asterisk {version} at {address} told on {on}. {'; '.join(counts)}."
    yield "Read it before you use it: each guess stands in a comment. `uapi-adapter check` tests it."
    for missing in told.inventory.untold:
        yield f"Asterisk did not tell {missing}."
