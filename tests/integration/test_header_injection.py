"""10,000 hostile values through every text field: on the AMI socket stand only the headers that we meant."""

import json
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.asterisk.caller_id import NAME_LIMIT_BYTES
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import caller_id_of
from tests.integration.harness import REQUEST, Service

BATCH, BATCHES = 25, 400  # 10,000 values
HEADERS = {
    "Challenge": ["Action", "ActionID", "AuthType"],
    "Login": ["Action", "ActionID", "AuthType", "Events", "Key", "Username"],
    "Ping": ["Action", "ActionID"],
    "BridgeList": ["Action", "ActionID"],
    "CoreShowChannels": ["Action", "ActionID"],
    "ParkedCalls": ["Action", "ActionID"],
    "ShowDialPlan": ["Action", "ActionID", "Context", "Extension"],
    "Getvar": ["Action", "ActionID", "Channel", "Variable"],
    "Status": ["Action", "ActionID", "Variables"],
    "Originate": [
        "Action",
        "ActionID",
        "Application",
        "Async",
        "CallerID",
        "Channel",
        "ChannelId",
        "Data",
        "Timeout",
        "Variable",
        "Variable",
        "Variable",
    ],
}
"""The headers of each action, in the order of letters."""

BY_ITSELF = ("Ping", "ShowDialPlan")
"""What the link asks from time to time, whoever does what."""

line_ends = st.sampled_from(
    ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x00", "\r\n\r\n"]
)
headers = st.sampled_from(
    [
        "Action: Command",
        "Variable: X=1",
        "Async: false",
        "Application: System",
        "Data: all",
        "<1>",
        '"',
        "\\",
        ">",
        "<",
    ]
)
letters = st.text(st.characters(exclude_categories=()), max_size=20)
texts = st.lists(st.one_of(line_ends, headers, letters), min_size=1, max_size=6).map("".join)
names = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=40)
caller_ids = st.one_of(
    texts.map(lambda text: f"{text} <42>"),
    names.map(lambda name: f"{name} <+42>"),
    st.text('"\\<>,;:|$ aé', min_size=1, max_size=60).map(lambda name: f"{name} <*21#>"),
    texts,
)
fields = st.one_of(
    st.tuples(st.just("callerId"), caller_ids),
    st.tuples(st.sampled_from(["action", "phoneCallViewId", "sendCallTo", "waitForPickup"]), texts),
    st.tuples(st.just("waitForPickup"), st.one_of(st.integers(), st.integers(-1, 700).map(str))),
    st.tuples(st.sampled_from(["userId", "extension", "phoneCallId", "query"]), texts),
)


async def put(service: Service, call_id: str, field: str, value: object) -> int:
    path = {"userId": "@me", "extension": "0003*210", "phoneCallId": call_id, "query": ""}
    body: dict[str, Any] = dict(REQUEST)
    if field in path:
        path[field] = quote(str(value), safe="", errors="surrogatepass")
    else:
        body[field] = value
    address = f"/uapi/phoneCalls/{path['userId']}/{path['extension']}/{path['phoneCallId']}?x={path['query']}"
    answer = await service.request("PUT", address, data=json.dumps(body).encode())
    assert answer.status in (202, 400, 404, 501), (field, value, answer)
    return answer.status


def name_of(caller_id: str) -> str:
    """The name in a caller id, as a person would read it."""
    return caller_id.strip(" ").rpartition("<")[0].strip(" ")


@settings(
    max_examples=BATCHES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batch=st.lists(fields, min_size=BATCH, max_size=BATCH))
async def test_no_value_of_any_field_adds_a_header_to_what_asterisk_is_told(
    service: Service, ami: FakeAmi, batch: list[tuple[str, Any]]
) -> None:
    """Each action has exactly its own headers, each 202 is one Originate, each name arrives as given."""
    ami.scripts["Originate"] = ami.originate_without_phone
    call_id = await service.call_id()
    already, bytes_before = len(ami.actions), len(ami.connection.received)
    asked = []
    for field, value in batch:
        if await put(service, call_id, field, value) == 202:
            asked.append(name_of(value if field == "callerId" else str(REQUEST["callerId"])))
    fresh = [action for action in ami.actions[already:] if action.name not in BY_ITSELF]
    for action in fresh:
        assert sorted(name for name, _ in action.headers) == HEADERS[action.name], action.raw
    assert ami.connection.received[bytes_before:] == b"".join(action.raw for action in ami.actions[already:])
    # Before each, whose channel it is that is to be spied on.
    assert [action.name for action in fresh] == ["Getvar", "Originate"] * len(asked)
    assert [caller_id_of(action["CallerID"])[0] for action in fresh[1::2]] == asked
    assert len(ami.connections) == 1


NAMES = ['"', "\\", '\\"', '""', "a\\", '"a" <b>', "<", ">", "é漢🦊", "x" * NAME_LIMIT_BYTES, "$(X)"]


async def test_a_name_arrives_as_it_was_given(service: Service, ami: FakeAmi) -> None:
    """Quotes and backslashes, brackets, letters of any script, the longest name."""
    ami.scripts["Originate"] = ami.originate_without_phone
    for name in NAMES:
        assert (await service.barge_in(callerId=f"{name} <+42>")).status == 202, name
        assert caller_id_of(ami.took("Originate")[-1]["CallerID"]) == (name, "+42")
