"""A private Asterisk: started in a folder of its own, and gone afterwards."""

import asyncio
import contextlib
import os
import secrets
import shutil
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from adapter.lab.configuration import CARRIER_IP, TRUNK_IP, Site, write_configuration
from adapter.lab.errors import LabError
from adapter.lab.installation import Installation, find_asterisk
from adapter.lab.layout import FULL_NUMBERS, Layout
from adapter.lab.ordinary import ORDINARY
from adapter.lab.polling import POLL_INTERVAL_S
from adapter.lab.ports import Ports
from adapter.lab.processes import die_with_parent, end_process, kill_process, last_lines, start_process
from adapter.lab.sip import SipProbe

LAYOUT_VARIABLE = "ADAPTER_LAB_LAYOUT"
LAYOUTS = {layout.name: layout for layout in (FULL_NUMBERS, ORDINARY)}

HOST = "127.0.0.1"
AMI_USERNAME = "uapi"

# It takes half a second; this is for a machine that is busy with something else.
READY_DEADLINE_S = 30.0
LOGIN_DEADLINE_S = 2.0
# As long as Asterisk takes to hang up what is left, and then some.
STOP_GRACE_S = 5.0

# A call of two parties takes four ports.
RTP_PORTS = 400


@dataclass
class _Life:
    """The process of a Pbx, which a restart replaces."""

    process: asyncio.subprocess.Process | None = None


@dataclass(frozen=True)
class Pbx:
    """A running Asterisk. It keeps its addresses when it is stopped and started again."""

    ami_host: str
    ami_port: int
    ami_username: str
    ami_secret: str = field(repr=False)
    sip_host: str
    sip_port: int
    trunk_ip: str
    carrier_ip: str
    carrier_port: int
    folder: Path
    ports: Ports = field(repr=False)
    _command: tuple[str, ...] = field(repr=False)
    ari_port: int | None = None
    layout: Layout = FULL_NUMBERS
    _life: _Life = field(default_factory=_Life, repr=False, compare=False)

    @property
    def pid(self) -> int | None:
        """Return the process id; None while it is stopped."""
        process = self._life.process
        return None if process is None or process.returncode is not None else process.pid

    @property
    def log(self) -> str:
        """Return the last lines that Asterisk has written."""
        return "\n".join((last_lines(self.folder / "output"), last_lines(self.folder / "log/messages.log")))

    async def start(self) -> None:
        """Start it and wait until it answers calls and takes AMI logins.

        Raises LabError if it dies, or does not answer within READY_DEADLINE_S; the message ends with the
        last lines of its log.
        """
        if self.pid is not None:
            raise LabError("Asterisk is running already.")
        self._life.process = await start_process(self._command, self.folder, self.folder / "output")
        try:
            await self._wait_until_ready()
        except BaseException:
            await self.kill()
            raise

    async def stop(self) -> None:
        """End it as an operator would: it says goodbye to AMI clients, but not to the phones in a call."""
        if self._life.process is not None:
            await end_process(self._life.process, STOP_GRACE_S)

    async def kill(self) -> None:
        """End it as a crash would. What it wrote to its database within the last second may be lost."""
        if self._life.process is not None:
            await kill_process(self._life.process)

    async def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_DEADLINE_S
        # From the trunk's address, because whom Asterisk does not know gets no answer.
        probe = SipProbe(self.trunk_ip, self.sip_host, self.sip_port)
        try:
            while not (await self._takes_login() and await self._answers_sip(probe)):
                if self.pid is None:
                    raise LabError(f"Asterisk died as it started:\n{self.log}")
                if time.monotonic() >= deadline:
                    raise LabError(f"Asterisk was not ready after {READY_DEADLINE_S:.0f} s:\n{self.log}")
                await asyncio.sleep(POLL_INTERVAL_S)
        finally:
            probe.close()

    async def _answers_sip(self, probe: SipProbe) -> bool:
        probe.ask()
        await asyncio.sleep(POLL_INTERVAL_S)
        return probe.is_answered()

    async def _takes_login(self) -> bool:
        try:
            async with asyncio.timeout(LOGIN_DEADLINE_S):
                reader, writer = await asyncio.open_connection(self.ami_host, self.ami_port)
                try:
                    login = ("Action: Login", f"Username: {self.ami_username}", f"Secret: {self.ami_secret}")
                    writer.write("\r\n".join((*login, "", "")).encode())
                    await reader.readline()  # the greeting
                    return await reader.readline() == b"Response: Success\r\n"
                finally:
                    writer.close()
                    await writer.wait_closed()
        except (OSError, TimeoutError):
            return False


@contextlib.asynccontextmanager
async def running_asterisk(
    folder: Path,
    *,
    say: Callable[[str], None] | None = None,
    asterisk: Path | None = None,
    numbers: Iterable[str] = (),
    has_ari: bool = False,
    layout: Layout | None = None,
) -> AsyncIterator[Pbx]:
    """Run an Asterisk of our own, on free ports of 127.0.0.1, with everything it writes in `folder`.

    `asterisk` is a program or a Debian folder; without it one is found or made: see find_asterisk.
    `say` gets a line for each step that takes long. `numbers` are those of further phones, besides the ones
    that the layout has: the one that ADAPTER_LAB_LAYOUT names where none is given, or FULL_NUMBERS.
    `has_ari` has it listen for applications as well.
    Raises LabError if there is no Asterisk to be had, or if it does not start.
    """
    installation = await find_asterisk(say or _say_nothing, asterisk)
    pbx = _lay_out(folder.absolute(), installation, numbers, layout or chosen_layout(), has_ari=has_ari)
    try:
        await pbx.start()
        yield pbx
    finally:
        await pbx.stop()


def chosen_layout() -> Layout:
    """The layout that the environment names, or FULL_NUMBERS. Raises LabError where it names none."""
    name = os.environ.get(LAYOUT_VARIABLE) or FULL_NUMBERS.name
    if name not in LAYOUTS:
        raise LabError(f"{LAYOUT_VARIABLE}: {name!r} is no layout; there are {', '.join(LAYOUTS)}.")
    return LAYOUTS[name]


def _lay_out(
    folder: Path, installation: Installation, numbers: Iterable[str], layout: Layout, *, has_ari: bool
) -> Pbx:
    """Choose the ports, write the working folder, and return the Asterisk that may be started in it."""
    ports = Ports()
    rtp_port = ports.take(HOST, RTP_PORTS)
    site = Site(
        host=HOST,
        sip_port=ports.take(HOST),
        ami_port=ports.take(HOST),
        ami_secret=secrets.token_urlsafe(16),
        carrier_port=ports.take(CARRIER_IP),
        rtp_first_port=rtp_port,
        rtp_last_port=rtp_port + RTP_PORTS - 1,
        ari_port=ports.take(HOST) if has_ari else None,
    )
    conf = write_configuration(folder, site, installation, numbers, layout)
    return Pbx(
        ami_host=site.host,
        ami_port=site.ami_port,
        ami_username=AMI_USERNAME,
        ami_secret=site.ami_secret,
        sip_host=site.host,
        sip_port=site.sip_port,
        trunk_ip=TRUNK_IP,
        carrier_ip=CARRIER_IP,
        carrier_port=site.carrier_port,
        folder=folder,
        ports=ports,
        ari_port=site.ari_port,
        layout=layout,
        _command=(*_resolvable_host(), *die_with_parent((*installation.command, "-f", "-C", str(conf)))),
    )


def _resolvable_host() -> tuple[str, ...]:
    """Return what to put before the command so that the machine's name resolves.

    Asterisk looks its own host name up at every call. Where that fails, each call waits for DNS to time
    out. There it gets a name of its own, `localhost`, which leaves the machine's alone.
    """
    try:
        socket.gethostbyname(socket.gethostname())
    except OSError:
        unshare = shutil.which("unshare")
        if unshare is None:
            raise LabError(f"The name of this machine, {socket.gethostname()}, does not resolve.") from None
        as_root = () if os.geteuid() == 0 else ("--map-root-user",)
        return (unshare, *as_root, "--uts", "sh", "-c", 'hostname localhost && exec "$@"', "sh")
    return ()


def _say_nothing(_line: str) -> None:
    pass
