"""The demo: a supervisor barges in on a real call, each step shown and checked."""

import asyncio
import contextlib
import json
import math
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from adapter.lab.adapter_process import Adapter, Answer, running_adapter
from adapter.lab.asterisk import running_asterisk
from adapter.lab.errors import LabError
from adapter.lab.files import DIRECTORY
from adapter.lab.hears import Pair, wait_until_heard
from adapter.lab.packages import SIPP, install_missing
from adapter.lab.phone import Phone
from adapter.lab.phones import Phones
from adapter.lab.polling import until_seen
from adapter.process import terminal

APP = "agent-desktop"
CUSTOMER, AGENT, SUPERVISOR = "777888", "0003*210", "0003*024"
ADDRESS = f"12/{AGENT}"
VIEW_DEADLINE_S = 5.0

BARGE_IN = {
    "action": "BargeIn",
    "sendCallTo": SUPERVISOR,
    "callerId": "John Doe <42420042>",
    "waitForPickup": "20",
    "phoneCallViewId": "01",
}
"""The founding document's request, word for word."""

TALKING: frozenset[Pair] = frozenset({("customer", "agent"), ("agent", "customer")})
BARGED: frozenset[Pair] = TALKING | {
    ("supervisor", "customer"),
    ("supervisor", "agent"),
    ("customer", "supervisor"),
    ("agent", "supervisor"),
}


def say(text: str = "") -> None:
    """Print lines at once."""
    for line in text.split("\n"):
        terminal.say(line)


def main(*, keep: bool) -> int:
    """Play the demo. Returns 0 only if each step succeeded."""
    try:
        asyncio.run(_play(keep=keep))
    except LabError as failed:
        say(f"\nFAILED: {failed}")
        return 1
    except KeyboardInterrupt:
        return 130
    say("\nAll was as promised.")
    return 0


async def _play(*, keep: bool) -> None:
    began = time.monotonic()
    await install_missing(SIPP, say)
    with tempfile.TemporaryDirectory(prefix="uapi-adapter-demo-") as name:
        folder = Path(name)
        _step("A private Asterisk, the adapter beside it, and three phones")
        async with (
            running_asterisk(folder / "asterisk", say=say) as pbx,
            running_adapter(pbx, folder / "adapter") as adapter,
            Phones(pbx, folder / "phones") as phones,
        ):
            say(f"Asterisk: AMI {pbx.ami_host}:{pbx.ami_port}, SIP {pbx.sip_host}:{pbx.sip_port}")
            say(f"adapter:  {adapter.url}, link {(await adapter.request('GET', '/health')).text}")
            await _tell(phones, adapter)
            say(f"\nIt took {time.monotonic() - began:.1f} s.")
            if keep:
                await _keep(phones, adapter)


async def _tell(phones: Phones, adapter: Adapter) -> None:
    token = await adapter.token(APP)
    agent = await phones.callee(AGENT, name="agent")
    supervisor = await phones.callee(SUPERVISOR, name="supervisor")

    _step(f"The customer {CUSTOMER} calls {AGENT} through the trunk; the agent picks up")
    customer = await phones.caller(CUSTOMER, callee=AGENT, name="customer", trunk=True, display="John Doe")
    await agent.ringing()
    await _show_views(adapter, token, "ringing", lambda views: _statuses(views) == {"01": "3"})
    agent.pick_up()
    await agent.answered()
    call = await _show_views(adapter, token, "on the call", lambda views: _statuses(views) == {"01": "5"})
    everyone = (customer, agent, supervisor)
    await _show_hears("Who hears whom, before", everyone, TALKING)

    _step("The founding document's request")
    path = f"/uapi/phoneCalls/{ADDRESS}/{call['id']}"
    say(f"PUT {path}\nAuthorization: Bearer ({APP}'s token)\n\n{json.dumps(BARGE_IN, indent=2)}")
    asked = time.monotonic()
    answer = await adapter.request("PUT", path, token=token, body=BARGE_IN)
    _show_answer(answer)
    _expect(answer.status == 202, "202 Accepted")  # noqa: PLR2004 - the status that the document promises
    rings = await supervisor.ringing()
    after_ms = (rings.at - asked) * 1000
    say(f"\nThe supervisor's phone rang {after_ms:.0f} ms after the request; it shows {_shown(supervisor)}")
    _expect("John Doe" in supervisor.display and "42420042" in supervisor.display, "the requested caller id")
    await _show_views(
        adapter, token, "while the supervisor's phone rings", lambda views: set(views) == {"01"}
    )

    _step("The supervisor picks up")
    supervisor.pick_up()
    await supervisor.answered()
    await _show_views(adapter, token, "barged in", lambda views: set(views) == {"01", "02"})
    await _show_hears("Who hears whom, during", everyone, BARGED)

    _step("The supervisor hangs up; the call goes on")
    supervisor.hang_up()
    await supervisor.ended()
    await _show_views(adapter, token, "the supervisor has left", lambda views: set(views) == {"01"})
    await _show_hears("Who hears whom, after", everyone, TALKING)

    _step("The agent hangs up")
    agent.hang_up()
    await customer.ended()
    await _until_list(adapter, token, lambda entries: not entries, "an empty list")
    say("the list is empty")


async def _keep(phones: Phones, adapter: Adapter) -> None:
    token = await adapter.token(APP)
    agent = await phones.callee("0003*211", name="second agent")
    supervisor = await phones.callee("0003*025", name="second supervisor")
    await phones.caller(CUSTOMER, callee="0003*211", name="second customer", trunk=True, display="John Doe")
    await agent.ringing()
    agent.pick_up()
    await agent.answered()
    calls = await _until_list(adapter, token, lambda entries: len(entries) == 1, "the call", "12/0003*211")
    call_id = calls[0]["id"]
    _step("It stays up until Ctrl-C: a customer talks to 0003*211, and 0003*025 picks up whenever it rings")
    say(f"export TOKEN={token}")
    say(f"curl -H \"Authorization: Bearer $TOKEN\" '{adapter.url}/uapi/phoneCalls/12/@self'")
    body = json.dumps(BARGE_IN | {"sendCallTo": "0003*025"})
    say(
        'curl -X PUT -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" '
        '-H "Prefer: wait=20" '
        f"-d '{body}' '{adapter.url}/uapi/phoneCalls/12/0003*211/{call_id}'"
    )
    say("To end it, while 0003*025 is in the call:")
    say(
        'curl -X DELETE -H "Authorization: Bearer $TOKEN" '
        f"'{adapter.url}/uapi/phoneCalls/12/0003*211/{call_id}?phoneNumber=0003*025'"
    )
    say(f"The Apps and extensions are those of {DIRECTORY}; {adapter.folder} holds the adapter's log.")
    stopped = asyncio.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(ending, stopped.set)
    answering = asyncio.create_task(answer_always(supervisor))
    await stopped.wait()
    answering.cancel()
    await asyncio.wait({answering})


async def answer_always(phone: Phone) -> None:
    """Pick up whenever the phone rings, until it is cancelled or the phone dies."""
    while True:
        await phone.ringing(within=math.inf)
        with contextlib.suppress(LabError):  # the ringing was cancelled in the meantime
            phone.pick_up()
        await phone.ended(within=math.inf)  # until it is answered it rings, and would be picked up again


# -- showing and checking ------------------------------------------------------------------------------


def _step(title: str) -> None:
    say(f"\n== {title}")


def _shown(phone: Phone) -> str:
    """The caller that its display shows; what SIP adds to that is for machines."""
    return phone.display.partition(";tag=")[0]


def _expect(is_so: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not is_so:
        raise LabError(f"expected {what}")


def _show_answer(answer: Answer) -> None:
    shown = {
        name: answer.headers[name] for name in ("Location", "Preference-Applied") if name in answer.headers
    }
    say(f"\n{answer.status} {json.dumps(shown)}\n{json.dumps(answer.json, indent=2)}")


async def _show_hears(title: str, phones: tuple[Phone, ...], expected: frozenset[Pair]) -> None:
    say(f"\n{title}:\n{await wait_until_heard(phones, expected)}")


Views = dict[str, dict[str, object]]


def _views(call: dict[str, object]) -> Views:
    views = call["phoneCallView"]
    if not isinstance(views, list):
        raise LabError(f"no views: {call}")
    return {view["id"]: view for view in views}


def _statuses(views: Views) -> dict[str, object]:
    return {view_id: view["status"] for view_id, view in views.items()}


async def _show_views(
    adapter: Adapter, token: str, when: str, is_so: Callable[[Views], bool]
) -> dict[str, object]:
    entries = await _until_list(
        adapter, token, lambda entries: len(entries) == 1 and is_so(_views(entries[0])), f"the views {when}"
    )
    say(f"\nThe call, {when}:\n{json.dumps(entries[0], indent=2)}")
    return entries[0]


async def _until_list(
    adapter: Adapter,
    token: str,
    is_so: Callable[[list[dict[str, object]]], bool],
    what: str,
    address: str = ADDRESS,
) -> list[dict[str, object]]:
    try:
        return await until_seen(lambda: adapter.list(address, token), is_so, within=VIEW_DEADLINE_S)
    except LabError as failed:
        raise LabError(f"expected {what}; {failed}") from None


if __name__ == "__main__":
    sys.exit(main(keep="--keep" in sys.argv))
