"""Checks secrets, a few at once.

A check takes some 50 ms of one core and 64 MiB on purpose, and strangers can cause checks. Only a few
requests may wait, so that none waits long. Requests from addresses that have sent wrong secrets come last.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

CHECKS_AT_ONCE = 2
WAITING_LIMIT = 20
"""How many checks may wait: about as many as one second allows."""
WAIT_LIMIT_S = 5.0


class TooBusyError(Exception):
    """Too many secrets wait to be checked."""


class Turns:
    """Lets `at_once` tasks run, and some more wait; suspects come last."""

    def __init__(self, at_once: int, waiting_limit: int) -> None:
        self._free = at_once
        self._limit = waiting_limit
        self._suspects: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def turn(self, *, is_suspect: bool) -> AsyncIterator[None]:
        """Wait for a turn and keep it until the block ends. Raises TooBusyError if too many wait."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(is_suspect=is_suspect)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, *, is_suspect: bool) -> None:
        if len(self._suspects) + len(self._others) >= self._limit:
            if is_suspect or not self._suspects:
                raise TooBusyError
            self._suspects.pop().set_exception(TooBusyError())
        turn = asyncio.get_running_loop().create_future()
        waiting = self._suspects if is_suspect else self._others
        waiting.append(turn)
        try:
            async with asyncio.timeout(WAIT_LIMIT_S):
                await turn
        except BaseException as given_up:
            if turn in waiting:
                waiting.remove(turn)
            elif not turn.cancelled() and turn.exception() is None:
                self._pass_on()  # the turn came just when the waiting task was cancelled
            if isinstance(given_up, TimeoutError):
                raise TooBusyError from None
            raise

    def _pass_on(self) -> None:
        waiting = self._others or self._suspects
        if waiting:
            waiting.popleft().set_result(None)
        else:
            self._free += 1


class SecretChecks:
    """Compares secrets with their hashes."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._turns = Turns(CHECKS_AT_ONCE, WAITING_LIMIT)

    async def is_right(self, secret_hash: str, secret: str, *, is_suspect: bool) -> bool:
        """Whether this is the secret. Raises TooBusyError if too many checks wait."""
        async with self._turns.turn(is_suspect=is_suspect):
            return await asyncio.to_thread(self._verify, secret_hash, secret)

    def _verify(self, secret_hash: str, secret: str) -> bool:
        try:
            return self._hasher.verify(secret_hash, secret)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False
