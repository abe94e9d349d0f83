"""The directory in force: its file is read at the start and on request, its source again and again."""

import asyncio
import gc
import logging
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from adapter.directory import Directory, DirectoryError
from adapter.directory.last_good import LastGood
from adapter.directory.loading import Loaded, load
from adapter.directory.shrinking import doubt
from adapter.directory.source import Reading, Source, SourceDown
from adapter.regular_file import open_regular

log = logging.getLogger(__name__)

LIMIT_BYTES = 64 * 1024 * 1024
"""More than a directory of 500,000 extensions takes."""


PROBLEMS_SHOWN = 20
"""So many problems of a source are logged one by one."""


class DirectoryFile:
    """The directory that is in force, the file that it comes from, and the source beside that."""

    def __init__(self, path: Path, source: Source | None = None, last_good: LastGood | None = None) -> None:
        """Read both. Raises OSError where the file cannot be read, DirectoryError where it is no directory.

        Raises SourceDown where the source cannot be read and there is no copy of it to go on with.
        """
        self._path = path
        self._source = source
        self._last_good = last_good
        self._one_at_a_time = asyncio.Lock()
        self._text = _read_text(path)
        self.trouble = ""
        """Why the directory in force is not what the source says now; empty while it is."""
        if source is None:
            self._reading, self._loaded = None, _load(self._text, None)
        else:
            self._reading, self._loaded = self._begin(source)
        log_warnings(self._loaded.warnings)

    def _begin(self, source: Source) -> tuple[Reading, Loaded]:
        """What the source says, or its last good copy where that is to be believed rather."""
        copy = None if self._last_good is None else self._last_good.read(source.shown)
        try:
            reading = _in_a_thread(source)
            loaded = _load(self._text, reading)
        except (SourceDown, DirectoryError) as failed:
            if copy is None:
                raise
            last = _load(self._text, copy.reading)
            self._note(f"{_shown(failed)}; the extensions are those of {copy.shown_time}")
            return copy.reading, last
        if copy is not None and (found := self._doubt_since(copy.reading, loaded)):
            self._note(found)
            return copy.reading, _load(self._text, copy.reading)
        self._keep(reading)
        return reading, loaded

    def _doubt_since(self, before: Reading, loaded: Loaded) -> str:
        try:
            return _doubted(_load(self._text, before), loaded)
        except DirectoryError:  # the file has changed meanwhile, and not to fit the copy
            return ""

    @property
    def current(self) -> Directory:
        """The directory in force; another object as soon as another one is."""
        return self._loaded.directory

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was left out of the source, and what the file says of extensions that are not there."""
        return self._loaded.warnings

    @property
    def source(self) -> str | None:
        """The source, for people; None where there is none."""
        return None if self._source is None else self._source.shown

    @property
    def is_current(self) -> bool | None:
        """Whether the directory is what its source says; None where there is no source."""
        return None if self._source is None else not self.trouble

    async def reload(self) -> bool:
        """Read the file again, and the source; a bad one is logged, line by line, and changes nothing.

        It is read in a thread, and in force at once when the whole of it is found good. The operator asks for
        it: a source that has become smaller is believed. One that cannot be read is as it was.
        """
        async with self._one_at_a_time:
            try:
                text = await asyncio.to_thread(_read_text, self._path)
                reading = await self._read_source(None) or self._reading
                loaded = await asyncio.to_thread(_load, text, reading)
            except (DirectoryError, OSError) as bad:
                for problem in bad.problems if isinstance(bad, DirectoryError) else (str(bad),):
                    log.error("the directory was not reloaded", extra={"problem": problem})  # noqa: TRY400 - the operator's file, no bug to trace
                return False
            self._text = text
            await self._follow(loaded, reading)
        log.info("the directory was reloaded", extra={"extensions": len(self.current.extensions)})
        return True

    async def look(self) -> bool:
        """Read the source again; whether another directory is in force now. What is doubtful is not."""
        async with self._one_at_a_time:
            reading = await self._read_source(self._reading.fingerprint if self._reading else None)
            if reading is None:
                return False
            try:
                loaded = await asyncio.to_thread(_load, self._text, reading)
            except DirectoryError as bad:
                self._note(_shown(bad))
                return False
            if found := _doubted(self._loaded, loaded):
                self._note(found)
                return False
            await self._follow(loaded, reading)
        log.info("the directory follows its source", extra={"extensions": len(self.current.extensions)})
        return True

    async def _read_source(self, unless: str | None) -> Reading | None:
        """What the source says; None where that is nothing new, or nothing at all."""
        if self._source is None:
            return None
        try:
            reading = await asyncio.to_thread(self._source.read, unless)
        except SourceDown as down:
            self._note(str(down))
            return None
        if reading is None:
            self._note("")
        return reading

    async def _follow(self, loaded: Loaded, reading: Reading | None) -> None:
        if reading is not None and reading is not self._reading:
            self._note("")
            await asyncio.to_thread(self._keep, reading)
        if loaded.warnings != self._loaded.warnings:
            log_warnings(loaded.warnings)
        self._loaded, self._reading = loaded, reading

    def _keep(self, reading: Reading) -> None:
        if self._source is not None and self._last_good is not None:
            self._last_good.write(self._source.shown, reading)

    def _note(self, trouble: str) -> None:
        """Log what is wrong with the source once, and once that it is well again."""
        if trouble and trouble != self.trouble:
            log.error("the directory does not follow its source", extra={"problem": trouble})
        elif self.trouble and not trouble:
            log.info("the directory follows its source again")
        self.trouble = trouble


def _doubted(before: Loaded, after: Loaded) -> str:
    """Why the source is not believed, and what the operator can do; empty where it is."""
    found = doubt(before, after)
    return found and f"{found}: to accept that, reload the directory (SIGHUP)"


def _shown(failed: SourceDown | DirectoryError) -> str:
    if isinstance(failed, DirectoryError):
        return "; ".join(failed.problems[:PROBLEMS_SHOWN])
    return str(failed)


def log_warnings(warnings: Sequence[str]) -> None:
    """Log the first of them, and how many more there are."""
    for warning in warnings[:PROBLEMS_SHOWN]:
        log.warning("left out of the directory", extra={"problem": warning})
    if (more := len(warnings) - PROBLEMS_SHOWN) > 0:
        log.warning("more is left out of the directory: see uapi-adapter check", extra={"more": more})


def _in_a_thread(source: Source) -> Reading:
    """Read it where no event loop runs yet: at the start nobody waits. Raises SourceDown."""
    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(source.read, None).result()
    if reading is None:
        raise SourceDown(f"{source.shown} says nothing")
    return reading


def _load(text: str, reading: Reading | None) -> Loaded:
    with collecting_no_garbage():
        return load(text, None if reading is None else reading.candidates)


def _read_text(path: Path) -> str:
    with open(open_regular(path, os.O_RDONLY), encoding="utf-8") as file:  # noqa: PTH123 - it is open already
        try:
            text = file.read(LIMIT_BYTES)
        except UnicodeDecodeError as no_text:
            raise DirectoryError([f"{path}: {no_text}"]) from None
    if len(text) == LIMIT_BYTES:
        raise DirectoryError([f"{path}: the file is larger than {LIMIT_BYTES} characters"])
    return text


@contextmanager
def collecting_no_garbage() -> Iterator[None]:
    """Have no garbage looked for meanwhile: what is made is no garbage, and each look stops all threads."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
