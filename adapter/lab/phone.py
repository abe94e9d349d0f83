"""A simulated phone: a SIPp process that sends a tone, and a socket that receives audio."""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

from adapter.lab.ear import Ear
from adapter.lab.errors import LabError
from adapter.lab.journal import FIRST_STEPS, LAST_STEPS, STAGES, Journal, JournalEntry, Step
from adapter.lab.polling import poll_until
from adapter.lab.processes import end_process, last_lines, start_process
from adapter.lab.sip import find_tags, press_key, replaces
from adapter.lab.sipp import is_bound

# It takes a tenth of a second; the limit allows for a busy machine.
LISTENING_DEADLINE_S = 10.0
GOODBYE_DEADLINE_S = 1.0
KEY_DEADLINE_S = 5.0

_SHOWN = frozenset({Step.RINGING, Step.REFUSED, Step.FORWARDED})


class Phone:
    """A simulated phone.

    `number` is its extension, or its public number; `callee` is the number that it calls, empty if it waits
    for calls. It writes each step into its journal. Each wait raises LabError if the step does not come
    within so many seconds, or if the phone's SIPp has died.
    """

    def __init__(
        self,
        *,
        name: str,
        number: str,
        callee: str,
        here: Callable[[str], str],
        server: tuple[str, int],
        ip: str,
        sip_port: int,
        tone_hz: int,
        ear: Ear,
        folder: Path,
    ) -> None:
        self.name = name
        self.number = number
        self.callee = callee
        self._here = here
        self._server = server
        self.ip = ip
        self.sip_port = sip_port
        self.tone_hz = tone_hz
        self.ear = ear
        self._folder = folder
        self._journal = Journal(folder / "journal")
        self._process: asyncio.subprocess.Process | None = None
        self._given: JournalEntry | None = None

    def __repr__(self) -> str:
        return f"<Phone {self.name} {self.number}>"

    @property
    def journal(self) -> tuple[JournalEntry, ...]:
        """Return all steps so far, the oldest first."""
        return self._journal.entries

    @property
    def pid(self) -> int | None:
        """Return the process id of its SIPp; None once that has ended."""
        process = self._process
        return None if process is None or process.returncode is not None else process.pid

    @property
    def is_over(self) -> bool:
        """Whether this caller's only call has ended: its SIPp is about to end."""
        return bool(self.callee) and self._step_of_call(LAST_STEPS) is not None

    @property
    def display(self) -> str:
        """Return what its display showed for the last call: the From header; empty if none came."""
        shown = [entry.text for entry in self.journal if entry.step in _SHOWN]
        return shown[-1] if shown else ""

    @property
    def call_id(self) -> str:
        """Return the SIP Call-ID of the current call.

        That is the call that `ringing` gave out last, or the newest if it never did.
        Raises LabError if there was no call.
        """
        first = self._given or self._newest_call()
        if first is None:
            raise LabError(f"{self.name} has no call. {self._story()}")
        return first.call_id

    async def ringing(self, within: float = 5.0) -> JournalEntry:
        """Wait until a call rings: one that rings now, or one not given out before."""
        entry = await self._wait(self._newest_ring, "ring", within)
        self._given = entry
        return entry

    async def answered(self, within: float = 5.0) -> JournalEntry:
        """Wait until the current call is answered, by this phone or the one it calls."""
        return await self._wait(lambda: self._step_of_call({Step.ANSWERED}), "be answered", within)

    async def ended(self, within: float = 5.0) -> JournalEntry:
        """Wait until the current call is over for this phone; the entry's step tells how."""
        return await self._wait(lambda: self._step_of_call(LAST_STEPS), "see its call end", within)

    async def refused(self, within: float = 5.0) -> JournalEntry:
        """Wait until a refusing phone has refused a call."""
        return await self._wait(lambda: self._step_of_call({Step.REFUSED}), "refuse a call", within)

    async def forwarded(self, within: float = 5.0) -> JournalEntry:
        """Wait until a forwarding phone has sent a call elsewhere."""
        return await self._wait(lambda: self._step_of_call({Step.FORWARDED}), "forward a call", within)

    async def rings_there(self, within: float = 5.0) -> JournalEntry:
        """Wait until the phone that this one calls rings."""
        return await self._wait(lambda: self._step_of_call({Step.RINGS_THERE}), "hear it ring", within)

    async def hears_early(self, within: float = 5.0) -> JournalEntry:
        """Wait until the called side speaks before it answers."""
        return await self._wait(lambda: self._step_of_call({Step.EARLY}), "be told of early media", within)

    async def offered(self, within: float = 5.0) -> JournalEntry:
        """Wait until Asterisk has sent the current call's audio elsewhere; the text is `ADDRESS PORT`."""
        return await self._wait(lambda: self._step_of_call({Step.OFFERED}), "get a new offer", within)

    async def speak_early(self) -> None:
        """Speak before picking up. Raises LabError if the current call does not ring."""
        if self._stage(self.call_id) != Step.RINGING:
            raise LabError(f"{self.name} has nothing to announce. {self._story()}")
        await self._press({"X-Key": "early"}, {Step.EARLY}, "speak early")

    async def hold(self, *, is_silent: bool = False) -> None:
        """Put the current call on hold; silent means to send no music either.

        Raises LabError if Asterisk does not take it.
        """
        await self._press(
            {"X-Key": "media", "X-Direction": "inactive" if is_silent else "sendonly"}, {Step.MEDIA}, "hold"
        )

    async def unhold(self) -> None:
        """Take the current call back from hold."""
        await self._press({"X-Key": "media", "X-Direction": "sendrecv"}, {Step.MEDIA}, "unhold")

    async def mute(self) -> None:
        """Send no audio from now on, as a phone does that sends no packets in silence."""
        await self._press({"X-Key": "mute"}, {Step.MUTED}, "mute")

    async def unmute(self) -> None:
        """Send audio again."""
        await self._press({"X-Key": "unmute"}, {Step.UNMUTED}, "unmute")

    async def type(self, digits: str) -> None:
        """Press these keys of its keypad, one after the other."""
        for digit in digits:
            await self._press({"X-Key": "digit", "X-Digit": digit}, {Step.DIGIT}, f"send {digit}")

    async def transfer(self, number: str) -> None:
        """Transfer the other party to `number` (blind), and hang up once a phone rings there.

        Raises LabError if none rings.
        """
        await self._refer(f"<sip:{self._here(number)}@{self._server[0]}:{self._server[1]}>")

    async def transfer_to(self, consultation: "Phone") -> None:
        """Connect the other party with the party that `consultation` calls (attended transfer).

        `consultation` is this phone's second line: a phone of the same number, whose call is answered or
        rings.
        """
        number, tags = self._here(consultation.callee or consultation.number), consultation.tags
        await self._refer(replaces(number, self._server, consultation.call_id, tags))

    @property
    def tags(self) -> tuple[str, str]:
        """Return the SIP tags of the current call, the phone's and Asterisk's.

        LabError if it is not answered yet.
        """
        entry = self._step_of_call({Step.ANSWERED}) or self._step_of_call({Step.RINGS_THERE})
        tags = find_tags("" if entry is None else entry.text)
        if len(tags) != len(("ours", "theirs")):
            raise LabError(f"{self.name} has nobody at the other end. {self._story()}")
        return tags[0], tags[1]

    def pick_up(self) -> None:
        """Answer the ringing call. Raises LabError if the current call does not ring."""
        call_id = self.call_id
        if self._stage(call_id) != Step.RINGING:
            raise LabError(f"{self.name} has nothing to pick up. {self._story()}")
        press_key(self.ip, self.sip_port, call_id)

    def hang_up(self) -> None:
        """End the current call, or give it up if it is not answered yet.

        Raises LabError if the call is over, or rings: a phone can only pick that up.
        """
        call_id = self.call_id
        if self._stage(call_id) not in {Step.ANSWERED, Step.CALLING}:
            raise LabError(f"{self.name} has nothing to hang up. {self._story()}")
        press_key(self.ip, self.sip_port, call_id)

    async def vanish(self) -> None:
        """End the phone without a BYE, as when its cable is pulled; its calls and registration stay."""
        if self._process is not None:
            await end_process(self._process, grace_s=0.0)

    async def gone(self) -> None:
        """Wait until its SIPp has ended by itself, as that of a caller does; otherwise end it."""
        await poll_until(lambda: True if self.pid is None else None, GOODBYE_DEADLINE_S)
        await self.vanish()

    async def start(self, command: tuple[str, ...]) -> None:
        """Start its SIPp with the command from Phones, and wait until it listens."""
        self._process = await start_process(command, self._folder, self._folder / "output")
        if await poll_until(self._is_listening, LISTENING_DEADLINE_S) is None:
            raise LabError(f"{self.name}: SIPp does not listen. {self._errors()}")

    async def close(self) -> None:
        """Hang up all its calls, and end the phone."""
        try:
            if self.pid is not None:
                await self._say_goodbye()
        finally:
            try:
                await self.vanish()
            finally:
                self._journal.close()
                self.ear.close()

    async def _say_goodbye(self) -> None:
        """Hang up, so that no call without parties stays on the PBX."""
        for call_id in self._talking():
            press_key(self.ip, self.sip_port, call_id)
        # If the PBX is gone, nobody answers the BYE, and this waits for the whole time.
        await poll_until(lambda: None if self._talking() and self.pid else True, GOODBYE_DEADLINE_S)

    def _talking(self) -> tuple[str, ...]:
        up = {Step.ANSWERED, Step.CALLING}
        call_ids = dict.fromkeys(entry.call_id for entry in self.journal)
        return tuple(call_id for call_id in call_ids if self._stage(call_id) in up)

    async def _refer(self, refer_to: str) -> None:
        status = await self._press({"X-Key": "refer", "X-Refer-To": refer_to}, {Step.REFER_STATUS}, "refer")
        if not status.text.startswith(("18", "2")):
            raise LabError(f"{self.name} may not refer: {status.text}. {self._story()}")

    async def _press(self, headers: dict[str, str], steps: set[Step], what: str) -> JournalEntry:
        """Press the key that `headers` name, and wait until one of these steps follows."""
        call_id = self.call_id
        before = len(self.journal)

        def outcome() -> JournalEntry | None:
            new = (entry for entry in self.journal[before:] if entry.call_id == call_id)
            outcomes = {*steps, Step.TURNED_DOWN}
            # The first answer to a referral says that it is being tried.
            return next((one for one in new if one.step in outcomes and one.text != "100 Trying"), None)

        press_key(self.ip, self.sip_port, call_id, headers)
        entry = await self._wait(outcome, what, KEY_DEADLINE_S)
        if entry.step is Step.TURNED_DOWN:
            raise LabError(f"{self.name} may not {what}: {entry.text}. {self._story()}")
        return entry

    async def _wait(self, look: Callable[[], JournalEntry | None], what: str, within: float) -> JournalEntry:
        def look_or_notice_death() -> JournalEntry | None:
            # Check the process first and read its journal afterwards, so that its last steps are not lost.
            alive = self.pid is not None
            entry = look()
            if entry is None and not alive:
                raise LabError(f"{self.name} cannot {what}: its SIPp has ended. {self._errors()}")
            return entry

        entry = await poll_until(look_or_notice_death, within)
        if entry is None:
            raise LabError(f"{self.name} did not {what} within {within:g} s. {self._story()}")
        return entry

    def _is_listening(self) -> bool | None:
        if self.pid is None:
            # A caller whose call has ended has nothing more to do.
            if self.journal:
                return True
            raise LabError(f"{self.name}: SIPp died as it started. {self._errors()}")
        return True if is_bound(self.ip, self.sip_port) else None

    def _newest_call(self) -> JournalEntry | None:
        firsts = [entry for entry in self.journal if entry.step in FIRST_STEPS]
        return firsts[-1] if firsts else None

    def _newest_ring(self) -> JournalEntry | None:
        rings = [entry for entry in self.journal if entry.step == Step.RINGING]
        if not rings:
            return None
        newest = rings[-1]
        still = self._stage(newest.call_id) == Step.RINGING
        return newest if still or newest is not self._given else None

    def _step_of_call(self, steps: Iterable[Step]) -> JournalEntry | None:
        first = self._given or self._newest_call()
        if first is None:
            return None
        entries = (entry for entry in self.journal if entry.call_id == first.call_id and entry.step in steps)
        return next(entries, None)

    def _stage(self, call_id: str) -> Step:
        return [entry.step for entry in self.journal if entry.call_id == call_id and entry.step in STAGES][-1]

    def _story(self) -> str:
        steps = ", ".join(f"{entry.step} {entry.call_id}" for entry in self.journal) or "nothing"
        return f"Its journal says: {steps}. {self._errors()}".rstrip()

    def _errors(self) -> str:
        complaints = last_lines(self._folder / "errors")
        if not complaints and self.pid is None:
            # It may have died before it created its file of errors.
            complaints = last_lines(self._folder / "output")
        return f"SIPp says:\n{complaints}" if complaints else ""
