"""`uapi-adapter record FILE`: writes a trace from a live link."""

import asyncio
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from adapter.ami.errors import LinkError, LoginRefused
from adapter.ami.session import Session
from adapter.ami_settings import make_session
from adapter.asterisk.message import Message
from adapter.settings import Settings
from adapter.tools.check.advice import advice_for_login
from adapter.tools.trace.masking import Masker
from adapter.tools.trace.recording import Limits, Recorder, create_file, record
from adapter.tools.trace.text import Headers

Say = Callable[[str], None]
ENDINGS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class RecordOptions:
    """The options of the command line."""

    path: Path
    seconds: float | None = None
    is_masked: bool = True
    force: bool = False


async def run_record(settings: Settings, options: RecordOptions, say: Say) -> int:
    """Record until SIGINT or SIGTERM, or for so many seconds. Returns 0 unless the link broke.

    Raises OSError if the file cannot be created, and FileExistsError if it exists.
    """
    if options.path.exists() and not options.force:
        raise FileExistsError(f"{options.path} already exists; --force overwrites it")
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in ENDINGS:
        loop.add_signal_handler(ending, stopped.set)
    session = make_session(settings, _ignore)
    try:
        await session.open(settings.ami_connect_timeout_s)
        return await _record(session, settings, options, stopped, say)
    except LoginRefused as refused:
        say(f"Asterisk refuses the AMI login: {refused}; {advice_for_login(str(refused))}")
    except LinkError as broken:
        say(f"the recording ended: {broken}")
    finally:
        session.close()
        for ending in ENDINGS:
            loop.remove_signal_handler(ending)
    return 1


async def _record(
    session: Session, settings: Settings, options: RecordOptions, stopped: asyncio.Event, say: Say
) -> int:
    limits = Limits(settings.ami_action_timeout_s, settings.ami_ping_interval_s)
    with create_file(options.path, force=options.force) as file:
        recorder = Recorder(file, Masker().mask if options.is_masked else _as_it_is)
        session.on_message = recorder.take

        def begun() -> None:
            how = "masked" if options.is_masked else "as they are"
            say(f"recording to {options.path}, numbers and names {how}")
            if options.seconds is not None:
                timers.append(asyncio.get_running_loop().call_later(options.seconds, stopped.set))

        timers: list[asyncio.TimerHandle] = []
        try:
            await record(session, recorder, limits, stopped, begun)
        except OSError as full:
            say(f"{options.path} can no longer be written: {full.strerror}")
            return 1
        finally:
            for timer in timers:
                timer.cancel()
            say(f"{recorder.count} messages are in {options.path}")
    return 0


def _as_it_is(headers: Mapping[str, str]) -> Headers:
    return dict(headers)


def _ignore(_: Message) -> None:
    """Ignore events until the file exists."""
