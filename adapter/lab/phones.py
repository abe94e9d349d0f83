"""The simulated phones around one PBX."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from adapter.lab.asterisk import HOST, Pbx
from adapter.lab.codecs import CODECS
from adapter.lab.ear import Ear
from adapter.lab.errors import LabError
from adapter.lab.numbers import known_phones
from adapter.lab.packages import SIPP, install_missing
from adapter.lab.phone import Phone
from adapter.lab.processes import end_process, last_lines, start_process
from adapter.lab.sipp import PORTS_OF_A_PHONE, scenario_path, sipp_command, write_refusal, write_talker
from adapter.lab.tones import TONES_HZ, make_tone

# It takes a tenth of a second; the limit allows for a busy machine.
REGISTER_DEADLINE_S = 10.0
REGISTRATION_S = 3_600
NO_REGISTRATION_S = 0

# More calls than any test makes, one after the other or at once.
CALLS_OF_A_CALLEE = 1_000_000

# The scenarios that go on with talk.xml.
TALKERS = frozenset({"callee", "caller"})


@dataclass(frozen=True)
class _Part:
    """What a phone plays."""

    role: str
    keywords: Mapping[str, str] = field(default_factory=dict)
    codec: str = "ulaw"
    refusal: str = ""
    rings_first: bool = False
    rings_by: str = "180 Ringing"
    calls: int = CALLS_OF_A_CALLEE

    def scenario(self, folder: Path) -> Path:
        """Return its scenario: a file of sipp-scenarios/, or a changed copy in `folder`."""
        if self.refusal:
            return write_refusal(self.refusal, folder, rings_first=self.rings_first)
        if self.role in TALKERS:
            return write_talker(self.role, CODECS[self.codec], folder, rings_by=self.rings_by)
        return scenario_path(self.role)


class Phones:
    """The phones around one PBX. On exit they hang up, unregister and end.

    Numbers are the directory's, in any layout of the PBX (0003*210), or what the layout has itself (`99210`).

    async with Phones(pbx, folder) as phones:
        agent = await phones.callee("0003*210", name="agent")
    """

    def __init__(self, pbx: Pbx, folder: Path, *, say: Callable[[str], None] | None = None) -> None:
        """Keep the phones' files in `folder`; `say` gets a line if something has to be installed."""
        self._pbx = pbx
        self._base = folder.absolute()
        self._say = say or (lambda _line: None)
        self._phones: list[Phone] = []
        self._registered: list[tuple[str, str]] = []
        self._folders = 0

    async def __aenter__(self) -> Self:
        """Make sure that there is a SIPp.

        Raises LabError if there is none and the user may not install it.
        """
        await install_missing(SIPP, self._say)
        self._base.mkdir(parents=True, exist_ok=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all phones."""
        try:
            # If the PBX is gone, there are no registrations to remove; a cancelled task has no time for it.
            if self._pbx.pid is not None and (kind is None or issubclass(kind, Exception)):
                with contextlib.suppress(*(() if kind is None else (ExceptionGroup,))):
                    await self._unregister()
        finally:
            # If one phone cannot be ended, the others are ended nevertheless.
            ends = [phone.close() for phone in self._phones]
            outcomes = await asyncio.gather(*ends, return_exceptions=True)
        failures = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        if failures and kind is None:
            raise ExceptionGroup("phones that could not be ended", failures)

    async def callee(
        self,
        number: str,
        *,
        name: str,
        carrier: bool = False,
        forward_to: str | None = None,
        codec: str = "ulaw",
        rings_by: str = "180 Ringing",
    ) -> Phone:
        """Return a phone that waits to be called, and rings until it is picked up or given up.

        It is registered for the extension `number`. With `carrier` it plays the public network instead: it
        rings whenever another phone dials 00 and any number. With `forward_to` it never rings, but forwards
        every call to that number. `codec` is one of CODECS, the only one that it offers. Some phones ring
        with `rings_by` = "183 Session Progress" and never with 180.
        """
        part = _Part("callee", codec=codec, rings_by=rings_by)
        if forward_to is not None:
            part = _Part("forward", keywords={"forward_to": self._pbx.layout.here(forward_to)})
        if carrier:
            return await self._start(part, number, name, (self._pbx.carrier_ip, self._pbx.carrier_port))
        return await self._start_registered(part, number, name)

    async def caller(
        self,
        number: str,
        *,
        callee: str,
        name: str,
        trunk: bool = False,
        display: str | None = None,
        codec: str = "ulaw",
    ) -> Phone:
        """Return a phone that is calling `callee`, once.

        With `trunk` the call comes from the public network, and `number` is the customer's; otherwise it
        comes from the extension `number`. The called phone's display shows `display`, or this phone's name.
        """
        if not trunk:
            self._expect_phone(number)
        ip = self._pbx.trunk_ip if trunk else HOST
        keywords = {"callee": self._pbx.layout.here(callee), "display": display or name}
        part = _Part("caller", codec=codec, keywords=keywords, calls=1)
        return await self._start(part, number, name, (ip, None))

    async def refuser(
        self, number: str, refusal: str, *, name: str | None = None, rings_first: bool = False
    ) -> Phone:
        """Return a registered phone that rejects every call with `refusal`, such as "486 Busy Here".

        With `rings_first` it does so after it rang for 0.3 s.
        """
        part = _Part("refuse", refusal=refusal, rings_first=rings_first)
        return await self._start_registered(part, number, name or number)

    async def register(self, number: str, contact: str | None = None) -> str:
        """Register the extension `number` at `contact` (address:port), and return the contact.

        Without one, it registers a port where nobody listens: a phone that is switched off.
        """
        self._expect_phone(number)
        contact = contact or f"{HOST}:{self._pbx.ports.take(HOST)}"
        self._registered.append((number, contact))
        await self._send_register(number, contact, REGISTRATION_S)
        return contact

    def _expect_phone(self, number: str) -> None:
        """Raise LabError if Asterisk would reject this phone (401)."""
        # The configuration of an Asterisk that somebody else started is unknown.
        known = known_phones(self._pbx.folder / "etc")
        if known and self._pbx.layout.endpoint(number) not in known:
            raise LabError(
                f"The lab's Asterisk has no phone {number}: name it in `numbers` of running_asterisk, "
                "or have the fixture uapi_numbers return it."
            )

    async def _start_registered(self, part: "_Part", number: str, name: str) -> Phone:
        phone = await self._start(part, number, name)
        await self.register(number, f"{phone.ip}:{phone.sip_port}")
        return phone

    async def _start(
        self, part: "_Part", number: str, name: str, place: tuple[str, int | None] = (HOST, None)
    ) -> Phone:
        await self._free_name(name)
        folder = self._folder_for(name)
        tone_hz = self._free_tone()
        codec = CODECS[part.codec]
        (folder / codec.tone_file).write_bytes(codec.encoder()(make_tone(tone_hz)))
        ip, sip_port = place
        first_port = self._pbx.ports.take(ip, PORTS_OF_A_PHONE)
        phone = Phone(
            name=name,
            number=number,
            callee=part.keywords.get("callee", ""),
            here=self._pbx.layout.here,
            server=(self._pbx.sip_host, self._pbx.sip_port),
            ip=ip,
            sip_port=sip_port or first_port,
            tone_hz=tone_hz,
            ear=await Ear.open(ip, codec),
            folder=folder,
        )
        # From here on the phone is closed on exit, even if its start fails.
        self._phones.append(phone)
        await phone.start(
            sipp_command(
                part.scenario(folder),
                server=(self._pbx.sip_host, self._pbx.sip_port),
                number=self._pbx.layout.endpoint(number),
                ip=ip,
                sip_port=phone.sip_port,
                first_port=first_port,
                calls=part.calls,
                keywords={
                    "ear": str(phone.ear.port),
                    "format": str(codec.format),
                    "encoding": codec.encoding,
                    **part.keywords,
                },
                goes_on=True,
            )
        )
        return phone

    async def _free_name(self, name: str) -> None:
        """Raise LabError if a phone of this name is in use; wait if it is about to end."""
        for phone in self._phones:
            if phone.name == name and phone.pid is not None:
                if not phone.is_over:
                    raise LabError(f"There is a phone called {name} already.")
                await phone.gone()

    async def _send_register(self, number: str, contact: str, expires_s: int) -> None:
        folder = self._folder_for(f"register {number}")
        first_port = self._pbx.ports.take(HOST, PORTS_OF_A_PHONE)
        command = sipp_command(
            scenario_path("register"),
            server=(self._pbx.sip_host, self._pbx.sip_port),
            number=self._pbx.layout.endpoint(number),
            ip=HOST,
            sip_port=first_port,
            first_port=first_port,
            calls=1,
            keywords={"contact": contact, "expires": str(expires_s)},
        )
        process = await start_process(command, folder, folder / "output")
        try:
            async with asyncio.timeout(REGISTER_DEADLINE_S):
                status = await process.wait()
        except TimeoutError:
            raise LabError(f"{number} got no answer to its REGISTER.") from None
        finally:
            await end_process(process, grace_s=0.0)
        if status != 0:
            raise LabError(f"{number} could not register ({status}).\n{last_lines(folder / 'errors')}")

    async def _unregister(self) -> None:
        async with asyncio.TaskGroup() as together:
            for number, contact in self._registered:
                together.create_task(self._send_register(number, contact, NO_REGISTRATION_S))

    def _folder_for(self, name: str) -> Path:
        # A name is for people and may contain any characters.
        self._folders += 1
        words = "".join(letter if letter.isalnum() else "-" for letter in name)
        folder = self._base / f"{self._folders:02}-{words}"
        folder.mkdir()
        return folder

    def _free_tone(self) -> int:
        taken = {phone.tone_hz for phone in self._phones if phone.pid is not None}
        free = [hz for hz in TONES_HZ if hz not in taken]
        if not free:
            raise LabError(f"More phones than tones: {len(TONES_HZ)} can be told apart.")
        return free[0]
