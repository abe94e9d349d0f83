"""`uapi-adapter check`: names what would stop a barge-in on this PBX."""

from collections.abc import Callable

from adapter.ami_settings import make_session
from adapter.directory import ExtensionType
from adapter.directory.file import DirectoryFile
from adapter.settings import Settings
from adapter.tools.check.directory import find_doubts, find_left_out, find_source
from adapter.tools.check.findings import find, has_failure
from adapter.tools.check.gathering import Gatherer
from adapter.tools.check.table import table

Say = Callable[[str], None]


async def run_check(settings: Settings, file: DirectoryFile, listen_s: float, say: Say) -> int:
    """Print a table of findings.

    Returns 1 if one of them stops a barge-in.
    """
    directory = file.current
    phones = [each for each in directory.extensions.values() if each.type is ExtensionType.PHONE_TERMINAL]
    gatherer = Gatherer(f"{settings.ami_host}:{settings.ami_port}", settings.ami_username)
    session = make_session(settings, gatherer.take)
    beside = make_session(settings, lambda _: None)
    try:
        facts = await gatherer.gather(
            session,
            beside=beside,
            connect_s=settings.ami_connect_timeout_s,
            action_s=settings.ami_action_timeout_s,
            phones=phones,
            listen_s=listen_s,
        )
    finally:
        session.close()
    findings = (
        *find(facts),
        *find_doubts(directory),
        *find_source(file.source, file.trouble),
        *find_left_out(file.warnings),
    )
    for line in table(findings):
        say(line)
    return int(has_failure(findings))
