"""All that may stand against a supervision, in its order: mended one by one."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from adapter.access.principal import Principal
from adapter.asterisk.features import ALL_FEATURES, NO_FEATURES, Feature
from adapter.callcontrol.supervision.decision import decide, find_to_end, may_end
from adapter.callcontrol.supervision.plan import Mode, Obstacle, Parameter, Plan, Refusal, SupervisionRequest
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.calls.model import Calls
from adapter.directory import Medium, load_directory

from .samples import DIRECTORY_TEXT, Pbx, calls_after, only_call, world

AGENT, SUPERVISOR = "0003*210", "0003*024"
GROUPED = (
    DIRECTORY_TEXT.replace('prefix: "0003"', 'prefix: "0003", notice_tone: true').replace(
        'number: "0003*211"', 'number: "0003*211", never_supervised: true'
    )
    + 'supervision_groups:\n  - {name: Desk, organization: "3", members: {apps: [wallboard]},\n'
    + f'     extensions: ["{AGENT}"], modes: [listen, barge]}}\n'
)
KNOWN = load_directory(GROUPED)
TRUNK, COLLEAGUE = "PJSIP/trunk", "PJSIP/0003*211"
GOOD = SupervisionRequest(Mode.BARGE_IN, view_id="01", send_call_to=SUPERVISOR, numbers=frozenset({AGENT}))


def calls(*callers: str) -> Calls:
    """The agent's call with these: a conference where they are more than one."""
    pbx = Pbx()
    first, agent = pbx.call(callers[0], "PJSIP/0003*210")
    pbx.bridge(first, agent, *(pbx.new(caller, linkedid=first) for caller in callers[1:]))
    return calls_after(pbx.messages)


def running(**changed: Any) -> Supervision:  # noqa: ANN401 - as Supervision has them
    """One by the supervisor, in the agent's call with one from outside, of somebody else's App."""
    call = only_call(calls(TRUNK))
    one = Supervision(
        id="1" * 20,
        channel_id="uapi-spy-main-" + "1" * 20,
        mode=Mode.BARGE_IN,
        wanted_mode=Mode.BARGE_IN,
        call_id=call.id,
        extension=AGENT,
        spyee=call.views[0].channel,
        supervisor=SUPERVISOR,
        owner="agent-desktop",
        requested_at=0.0,
    )
    return replace(one, **changed)


def asks(app: str = "wallboard") -> Principal:
    return Principal(KNOWN, KNOWN.apps[app])


def _bad(*parameters: Parameter) -> dict[str, object]:
    return {"malformed": frozenset(parameters)}


FORMS = (Parameter.CALLER_ID, Parameter.PICKUP, Parameter.PRIVATE, Parameter.FOLLOW, Parameter.MEDIA)
STEPS: list[tuple[dict[str, object], object]] = [
    # what is mended, what is told then
    ({}, Obstacle.NOT_PERMITTED),
    ({"mode": Mode.BARGE_IN}, Obstacle.NOT_READY),
    ({"is_ready": True}, Parameter.PHONE_CALL),
    ({"call": only_call(calls(TRUNK))}, Parameter.VIEW),
    (_bad(Parameter.SEND_CALL_TO, *FORMS), Parameter.VIEW),
    ({"view_id": "01"}, Parameter.SEND_CALL_TO),
    (_bad(*FORMS), Parameter.SEND_CALL_TO),
    ({"send_call_to": SUPERVISOR}, Parameter.CALLER_ID),
    (_bad(*FORMS[1:]), Parameter.PICKUP),
    (_bad(*FORMS[2:]), Parameter.PRIVATE),
    (_bad(*FORMS[3:]), Parameter.FOLLOW),
    (_bad(*FORMS[4:]), Parameter.MEDIA),
    (_bad(), Obstacle.NEVER_SUPERVISED),
    ({"calls": calls(TRUNK, TRUNK)}, Obstacle.SUPERVISOR_BUSY),
    ({"running": {"extension": "0003*025"}}, Obstacle.NOT_PERMITTED),
    ({"running": {"spyee": "1795405388.99"}}, Obstacle.CONFERENCE),
    ({"calls": calls(TRUNK)}, Obstacle.SWITCH),
    ({"running": None}, Obstacle.NOTICE),
    ({"features": ALL_FEATURES}, Plan),
]


async def test_all_that_stands_against_it_is_told_in_one_order() -> None:
    """Everything is wrong at first, and mended one by one: what is told next is the next in the order."""
    as_asked: dict[str, object] = {"mode": Mode.WHISPER, "view_id": "07", "send_call_to": "0003*999"}
    as_asked |= _bad(Parameter.VIEW, Parameter.SEND_CALL_TO, *FORMS)
    around: dict[str, Any] = {
        "is_ready": False,
        "features": NO_FEATURES,
        "call": None,
        "calls": calls(COLLEAGUE, TRUNK),
        "running": {"call_id": "e" * 20},
    }
    for mended, expected in STEPS:
        as_asked |= {name: value for name, value in mended.items() if name not in around}
        around |= {name: value for name, value in mended.items() if name in around}
        supervisions = () if around["running"] is None else (running(**around["running"]),)
        now = world(
            around["calls"],
            supervisions=supervisions,
            is_ready=around["is_ready"],
            features=around["features"],
        )
        decision = decide(replace(GOOD, **as_asked), asks(), around["call"], now)  # type: ignore[arg-type]
        told = decision.code if isinstance(decision, Refusal) else type(decision)
        assert told is expected, mended


async def test_what_is_decided_of_a_running_supervision_says_what_was_planned() -> None:
    """The trail tells who was not rung, for whom; of a request that names nobody it cannot."""
    call = only_call(calls(TRUNK))
    for one, has_plan in ((running(call_id="e" * 20), True), (running(extension="0003*025"), False)):
        decision = decide(GOOD, asks(), call, world(calls(TRUNK), supervisions=(one,)))
        assert isinstance(decision, Refusal)
        assert (decision.plan is not None) is has_plan


@pytest.mark.parametrize(
    ("app", "number", "changed", "is_found", "may"),
    [
        ("wallboard", SUPERVISOR, {}, True, True),
        ("wallboard", "024", {}, True, True),
        ("wallboard", "0003*211", {}, False, False),
        ("wallboard", SUPERVISOR, {"call_id": "e" * 20}, False, False),
        ("wallboard", SUPERVISOR, {"mode": Mode.WHISPER}, True, False),  # its group may not whisper
        ("wallboard", SUPERVISOR, {"mode": Mode.WHISPER, "owner": "wallboard"}, True, True),
        ("agent-desktop", SUPERVISOR, {}, True, True),
        ("agent-desktop", SUPERVISOR, {"extension": "0003*024"}, False, False),  # not under its account
    ],
)
async def test_whoever_began_it_or_might_have_may_end_it(
    app: str, number: str, changed: dict[str, Any], *, is_found: bool, may: bool
) -> None:
    """By the number of its supervisor; of whom the account does not have, nothing is told."""
    found = find_to_end(number, asks(app), only_call(calls(TRUNK)), [running(**changed)])
    assert (found is not None) is is_found
    assert (found is not None and may_end(asks(app), found)) is may


APP, MEDIA = "client_id: wallboard", ", media: [phone, stream]"
STREAM = replace(GOOD, medium=Medium.STREAM)
SET_UP = {"stream_address": "127.0.0.1:9092", "has_audiosocket": True}


@pytest.mark.parametrize(
    ("is_app_allowed", "is_group_allowed", "around", "expected"),
    [
        (True, True, {}, Plan),
        (False, True, {}, Obstacle.NOT_PERMITTED),
        (True, False, {}, Obstacle.NOT_PERMITTED),
        (True, True, {"stream_address": ""}, Obstacle.STREAM),
        (True, True, {"has_audiosocket": False}, Obstacle.STREAM),
        (True, True, {"features": ALL_FEATURES - {Feature.SWITCH}}, Obstacle.STREAM),
    ],
)
async def test_a_stream_needs_an_app_and_a_group_that_allow_it_and_a_pbx_that_can(
    is_app_allowed: bool,  # noqa: FBT001 - a column of the table
    is_group_allowed: bool,  # noqa: FBT001 - as above
    around: dict[str, Any],
    expected: object,
) -> None:
    """Whatever is missing refuses it in words; a phone goes on as before, or is refused by the same rule."""
    text = GROUPED.replace("modes:", "media: [stream], modes:") if is_group_allowed else GROUPED
    known = load_directory(text.replace(APP, APP + MEDIA) if is_app_allowed else text)
    call = only_call(calls(TRUNK))
    now = world(calls(TRUNK), **(SET_UP | around))
    decision = decide(STREAM, Principal(known, known.apps["wallboard"]), call, now)
    assert (decision.code if isinstance(decision, Refusal) else type(decision)) is expected
    if isinstance(decision, Refusal):
        assert decision.why


@pytest.mark.parametrize("stream", [None, UUID(int=1)])
async def test_a_running_supervision_keeps_its_medium(stream: UUID | None) -> None:
    """By the other medium its supervisor is busy: nobody is rung, or heard, beside it."""
    one = running(stream=stream, owner="wallboard")
    now = world(calls(TRUNK), supervisions=(one,), **SET_UP)
    medium = Medium.STREAM if stream is None else Medium.PHONE
    known = load_directory(DIRECTORY_TEXT.replace(APP, APP + MEDIA))
    asked = Principal(known, known.apps["wallboard"])
    decision = decide(replace(GOOD, medium=medium), asked, only_call(calls(TRUNK)), now)
    assert isinstance(decision, Refusal)
    assert decision.code is Obstacle.SUPERVISOR_BUSY
