"""What can be asked of an Asterisk with the adapter's own rights, and changes nothing there.

Each probe takes the function that sends an action and gives the headers of the answer.
"""

import time
from collections.abc import Awaitable, Callable, Mapping

from adapter.ami.errors import ActionRefused
from adapter.asterisk.actions import Action, ping
from adapter.asterisk.features import NO_FEATURES, PARTS, Feature, PbxFeatures, features_of_parts
from adapter.asterisk.naming import FEATURES_CONTEXT

Ask = Callable[[Action], Awaitable[Mapping[str, str]]]

_NOT_THERE = "did not find"
"""How Asterisk's refusal of ShowDialPlan begins where there is no such context or extension."""


async def has_extension(ask: Callable[[Action], Awaitable[object]], context: str, exten: str) -> bool:
    """Whether the dialplan has this extension in this context.

    ShowDialPlan needs `reporting` (or `config`), as the snapshot does. Raises ActionRefused where the AMI
    user may not ask, else whatever `ask` raises.
    """
    try:
        await ask(Action("ShowDialPlan", (("Context", context), ("Extension", exten))))
    except ActionRefused as refused:
        if str(refused).lower().startswith(_NOT_THERE):
            return False
        raise
    return True


async def find_features(ask: Ask) -> PbxFeatures:
    """What the dialplan's uapi-dialplan.conf can do, as it announces it; an older one announces nothing.

    Nothing where the dialplan does not include it, or Asterisk cannot run it. Raises as `has_extension` does.
    """
    found = frozenset([one for one in Feature if await has_extension(ask, FEATURES_CONTEXT, one)])
    if not found:
        found = features_of_parts([part for part in PARTS if await has_extension(ask, *part)])
    return found if found and await has_func_logic(ask) else NO_FEATURES


async def has_func_logic(ask: Ask) -> bool:
    """Whether Asterisk has IMPORT, by which the include knows whom it is about to spy on.

    IF is of the same module and reads no channel. Raises as `get_value` does.
    """
    return await get_value(ask, "IF(1?yes:no)") == "yes"


async def has_audiosocket(ask: Ask) -> bool:
    """Whether Asterisk is known to be able to bring audio to a socket: it has had that since 18.

    IFMODULE is of func_module; DEVICE_STATE, of func_devstate, knows which kinds of channels there are.
    Without both nothing tells, and it counts as no. Raises as `get_value` does.
    """
    told = await get_value(ask, "IFMODULE(chan_audiosocket.so)")
    if told in ("0", "1"):
        return told == "1"
    return await get_value(ask, "DEVICE_STATE(AudioSocket/none)") not in ("", "INVALID")


async def get_value(ask: Ask, function: str) -> str:
    """The value of a dialplan function, like `IFMODULE(app_chanspy.so)`; empty where there is no such one.

    Needs `call` or `reporting`. Raises ActionRefused where Asterisk does not allow this one.
    """
    return (await ask(Action("Getvar", (("Variable", function),)))).get("Value", "")


async def knows_endpoint(ask: Ask, endpoint: str) -> bool:
    """Whether chan_pjsip has this endpoint. Needs `reporting`. Raises ActionRefused where one may not ask.

    If it has, Asterisk sends an OPTIONS to each phone that is registered there, as it does to qualify it.
    """
    try:
        await ask(Action("PJSIPQualify", (("Endpoint", endpoint),)))
    except ActionRefused as refused:
        if str(refused).lower().startswith("unable to retrieve endpoint"):
            return False
        raise
    return True


async def allowed_actions(ask: Ask) -> dict[str, frozenset[str]]:
    """The actions that the AMI user may send, each with the classes of which any one suffices (`write`)."""
    found: dict[str, frozenset[str]] = {}
    for name, described in (await ask(Action("ListCommands"))).items():
        text, mark, classes = described.rpartition("(Priv: ")
        if mark and text:
            found[name] = frozenset(classes.rstrip(") ").split(",")) - {"all", "<none>"}
    return found


async def clock_offset(ask: Ask) -> float | None:
    """Asterisk's clock less ours, in seconds, as in the middle of the exchange; None where it is not told."""
    sent_at = time.time()
    answer = await ask(ping())
    middle = (sent_at + time.time()) / 2
    try:
        return float(answer["Timestamp"]) - middle
    except (KeyError, ValueError):
        return None
