"""The running process: an application on a socket, until a signal ends it."""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Awaitable, Callable

from aiohttp import web

from adapter.app import CONNECTIONS, make_app, reload_directory
from adapter.asterisk.message import READER
from adapter.http.server import HttpRunner
from adapter.monitoring.access_log import AccessLog
from adapter.process.systemd import READY, STOPPING, tell_systemd
from adapter.settings import Settings, naming, systemd_socket
from adapter.tasks import cancel, run_always

log = logging.getLogger(__name__)

SHUTDOWN_LIMIT_S = 10.0


class Reloads:
    """Reads the directory on request.

    After a request during a read it reads once more: the file may have changed.
    """

    def __init__(self, reload: Callable[[], Awaitable[object]]) -> None:
        self._reload = reload
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Request a reload of the directory."""
        self._asked.set()

    async def run(self) -> None:
        """Carry out the requested reloads, until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            try:
                await self._reload()
            except Exception:  # whatever the file holds, the service goes on with the old directory
                log.exception("the directory was not reloaded")


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP reloads the directory. Raises DirectoryError, OSError."""
    app = make_app(settings)
    runner = HttpRunner(app, app[CONNECTIONS], shutdown_timeout=SHUTDOWN_LIMIT_S, access_log_class=AccessLog)
    await runner.setup()
    watching = run_always(app[CONNECTIONS].watch(runner), "connections")
    reloads = Reloads(lambda: reload_directory(app))
    reloading = run_always(reloads.run(), "directory reload")
    try:
        site = web.TCPSite(runner, settings.listen_host, settings.listen_port)
        with naming("listen_host", settings.listen_host):
            await site.start()
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for ending in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(ending, stopped.set)
        loop.add_signal_handler(signal.SIGHUP, reloads.ask)
        for host, port, *_ in runner.addresses:
            log.info("listening", extra={"host": host, "port": port, "ami_reader": READER})
        # The objects that exist now stay for good. If each full collection examined them, it would stop
        # everything for 40 ms and more, and full collections come often while streams are open.
        gc.collect()
        gc.freeze()
        tell_systemd(READY, systemd_socket())
        await stopped.wait()
        log.info("stopping")
        tell_systemd(STOPPING, systemd_socket())
    finally:
        await cancel(reloading)
        await cancel(watching)
        await runner.cleanup()


def run(settings: Settings) -> None:
    """Serve in a new event loop, uvloop's if the platform has it."""
    if sys.platform == "win32":
        asyncio.run(serve(settings))
    else:
        import uvloop  # noqa: PLC0415 - there is none on Windows

        uvloop.run(serve(settings))
