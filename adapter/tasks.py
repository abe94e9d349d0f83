"""Tasks that run as long as the process does."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)


def run_always(work: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
    """Start a task that ends only when it is cancelled. If a bug ends it, the process ends.

    Without its link an adapter would answer 503 for ever: a restart is better.
    """
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_end_process_on_bug)
    return task


async def cancel(task: "asyncio.Task[None]") -> None:
    """Cancel the task and wait until it has ended."""
    task.cancel()
    await asyncio.wait({task})


def _end_process_on_bug(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and task.exception() is not None:
        log.critical("a task failed", extra={"task": task.get_name()}, exc_info=task.exception())
        raise SystemExit(1)
