"""Why a supervision ends whose extension, or whose supervisor, is gone: told once that is certain.

Where a conversation ends Asterisk tells so channel by channel, in any order and within some milliseconds. The
supervisor is cut off at once; the reason waits until Asterisk has told enough, so that nobody is told of the
end of a call that goes on.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from adapter.callcontrol.supervision.register import Register
from adapter.callcontrol.supervision.ringing import Ringing
from adapter.callcontrol.supervision.session import Reason, State
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.calls.model import Calls

CERTAIN_S = 0.5
"""What is left of a call by then goes on: of one that ends all channels are gone within milliseconds."""


class Leaving:
    """Those that end, and of which it is not known yet why."""

    def __init__(
        self,
        calls: Calls,
        register: Register,
        ringing: Ringing,
        *,
        spawn: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"],
    ) -> None:
        self._calls = calls
        self._register = register
        self._ringing = ringing
        self._spawn = spawn

    def extension_gone(self, supervision: Supervision) -> None:
        """The channel that it spied on is gone, or is in another call."""
        self._leave(supervision, Reason.EXTENSION_LEFT)

    def supervisor_gone(self, supervision: Supervision) -> None:
        """The supervisor's channel is gone: by itself, or because the one that it spied on is going."""
        leg = self._calls.leg(supervision.spyee)
        if leg is not None and leg.bridge is not None and not leg.has_left:
            self._register.retire(supervision, Reason.SUPERVISOR_LEFT)
        else:
            self._leave(supervision, Reason.SUPERVISOR_LEFT)

    def look(self) -> None:
        """Tell the reasons that are certain by now."""
        for supervision in [one for one in self._register.live.values() if one.is_leaving]:
            reason = self._reason(supervision)
            if reason is not None:
                self._end(supervision, reason)

    def _leave(self, supervision: Supervision, otherwise: Reason) -> None:
        if supervision.is_leaving:
            return
        supervision.is_leaving = True
        supervision.wake()
        if self._calls.leg(supervision.channel_id) is not None:
            self._ringing.hang_up(supervision.channel_id)
        self.look()
        if supervision.state is not State.ENDED:
            self._spawn(self._tell_at_last(supervision, otherwise))

    def _reason(self, supervision: Supervision) -> Reason | None:
        """Why it ends, where that is certain."""
        call = self._calls.call(supervision.call_id)
        if call is None:
            return Reason.CALL_ENDED
        elsewhere = self._calls.call_of(supervision.spyee)
        if elsewhere is not None and elsewhere is not call:
            return Reason.EXTENSION_LEFT
        spied = call.legs.get(supervision.spyee)
        if spied is not None:
            # The supervisor's channel went first.
            return Reason.EXTENSION_LEFT if spied.has_left else None
        goes_on = any(
            leg.waits_in or leg.is_ringing or self._calls.others(uniqueid)
            for uniqueid, leg in call.legs.items()
        )
        return Reason.EXTENSION_LEFT if goes_on else None

    async def _tell_at_last(self, supervision: Supervision, otherwise: Reason) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(CERTAIN_S):
                await supervision.until(lambda one: one.state is State.ENDED)
        if supervision.state is not State.ENDED:
            self._end(supervision, otherwise)

    def _end(self, supervision: Supervision, reason: Reason) -> None:
        if self._calls.leg(supervision.channel_id) is None:
            self._register.retire(supervision, reason)
        else:
            self._ringing.end(supervision, reason)
