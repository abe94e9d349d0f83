import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.asterisk.caller_id import CallerId
from adapter.callcontrol.supervision.plan import Mode, Parameter, SupervisionRequest
from adapter.directory import Medium
from adapter.http.errors import ApiError
from adapter.uapi.schemas import read_action

BODY: dict[str, object] = {
    "action": "BargeIn",
    "sendCallTo": "0003*024",
    "callerId": "John Doe <42420042>",
    "waitForPickup": "20",
    "phoneCallViewId": "01",
}
GOOD = SupervisionRequest(Mode.BARGE_IN, "01", "0003*024", CallerId("John Doe", "42420042"), 20)


def _code(body: object) -> str:
    with pytest.raises(ApiError) as refused:
        read_action(body)
    return refused.value.code


def test_the_founding_request_is_read() -> None:
    """Its number is a string."""
    assert read_action(BODY) == GOOD


def test_unknown_fields_are_ignored() -> None:
    """Clients send more than is asked for."""
    assert read_action({**BODY, "format": "wav", "private": "1", "": None}) == GOOD


@pytest.mark.parametrize(
    ("value", "pickup_s"), [("20", 20), (20, 20), (20.0, 20), ("1", 1), ("007", 7), (999999999, 999999999)]
)
def test_a_number_may_be_a_string(value: object, pickup_s: int) -> None:
    """A JSON number or a numeric string, wherever a number is meant."""
    assert read_action({**BODY, "waitForPickup": value}).pickup_s == pickup_s


@pytest.mark.parametrize(
    "value",
    [
        "\uff12\uff10",
        "+5",
        "1e3",
        "0",
        "-1",
        "",
        " 20",
        "20 ",
        "20\n",
        "2_0",
        "0x14",
        "1.5",
        "twenty",
        "9" * 10,
        "9" * 9999,
        0,
        -1,
        1.5,
        1e9,
        1e300,
        True,
        False,
        [],
        [20],
        {},
        {"s": 20},
    ],
)
def test_what_is_no_whole_number_of_seconds_is_malformed(value: object) -> None:
    """Neither fractions nor booleans, no other digits than 0 to 9, nothing that is 0 or less."""
    request = read_action({**BODY, "waitForPickup": value})
    assert request.malformed == {Parameter.PICKUP}
    assert request.pickup_s is None


@pytest.mark.parametrize("name", ["callerId", "waitForPickup"])
def test_a_null_is_an_optional_parameter_that_was_not_given(name: str) -> None:
    """As is a parameter that is not there."""
    without = {key: value for key, value in BODY.items() if key != name}
    request = read_action({**BODY, name: None})
    assert request == read_action(without)
    assert request.malformed == frozenset()


@pytest.mark.parametrize("value", ["", "John", "John <x>", "<1>", 42, True, ["John <1>"], {}, "John\r\n <1>"])
def test_what_is_no_caller_id_is_malformed(value: object) -> None:
    """An empty one too: it was given, and is none."""
    request = read_action({**BODY, "callerId": value})
    assert request.malformed == {Parameter.CALLER_ID}
    assert request.caller_id is None


@pytest.mark.parametrize("value", [None, 1, 1.0, True, ["01"], {}])
@pytest.mark.parametrize(
    ("name", "parameter"),
    [("phoneCallViewId", Parameter.VIEW), ("sendCallTo", Parameter.SEND_CALL_TO)],
)
def test_an_id_is_a_string(name: str, parameter: Parameter, value: object) -> None:
    """A null or any other kind is malformed: ids are never numbers."""
    assert read_action({**BODY, name: value}).malformed == {parameter}


@pytest.mark.parametrize(
    ("name", "parameter"),
    [("phoneCallViewId", Parameter.VIEW), ("sendCallTo", Parameter.SEND_CALL_TO)],
)
def test_a_required_parameter_that_is_missing_is_malformed(name: str, parameter: Parameter) -> None:
    """It is named, and what is good is kept."""
    request = read_action({key: value for key, value in BODY.items() if key != name})
    assert request.malformed == {parameter}
    assert (request.view_id or request.send_call_to) is not None


def test_all_that_is_malformed_is_named() -> None:
    """The plan judges them in the contract's order."""
    bad = {"action": "Whisper", "callerId": "", "waitForPickup": 0, "private": 2, "follow": "Agent"}
    bad |= {"media": "browser"}
    request = read_action(bad)
    assert request.malformed == set(Parameter) - {Parameter.PHONE_CALL}


@pytest.mark.parametrize("value", ["browser", "Stream", "", 1, True, ["stream"], {}])
def test_a_medium_that_cannot_be_asked_for_is_malformed(value: object) -> None:
    """And no phone rings instead."""
    assert read_action({**BODY, "media": value}).malformed == {Parameter.MEDIA}


def test_what_is_good_of_the_medium_is_kept_beside_what_is_malformed() -> None:
    """A phone does not ring where a stream was asked for, and the other way round; the default is a phone."""
    assert read_action({**BODY, "media": "stream"}).medium is Medium.STREAM
    assert read_action({**BODY, "media": "stream", "follow": 1}).medium is Medium.STREAM
    assert read_action({**BODY, "media": None}).medium is read_action(BODY).medium is Medium.PHONE


@pytest.mark.parametrize("body", [None, [], [BODY], "BargeIn", 1, True])
def test_a_body_that_is_no_object_is_refused(body: object) -> None:
    """400 request_invalid."""
    assert _code(body) == "request_invalid"


@pytest.mark.parametrize("action", [None, "", 1, True, ["BargeIn"], {}])
def test_a_missing_action_is_refused(action: object) -> None:
    """400 action_invalid, and before any other parameter."""
    assert _code({"action": action}) == "action_invalid"
    assert _code({}) == "action_invalid"


@pytest.mark.parametrize(
    "action", ["Transfer", "Monitor2", "bargein", "BARGEIN", "BargeIn ", "PickUp", "Park"]
)
def test_an_unknown_action_is_not_implemented(action: str) -> None:
    """501, whatever else the body has."""
    assert _code({"action": action}) == "request_not_implemented"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(BODY)), JSON))
def test_any_json_is_a_request_or_a_refusal(body: dict[str, object]) -> None:
    """Nothing that a client can send raises anything else."""
    try:
        request = read_action(json.loads(json.dumps({**body, "action": "BargeIn"})))
    except ApiError:
        return
    assert request.pickup_s is None or request.pickup_s > 0


@pytest.mark.parametrize("name", sorted(BODY))
def test_half_a_surrogate_pair_is_refused_like_any_bad_text(name: str) -> None:
    """JSON can spell what no encoding can write."""
    body = json.loads(json.dumps(BODY))
    body[name] = "\ud800"
    if name == "action":
        assert _code(body) == "request_not_implemented"
    elif name in ("callerId", "waitForPickup"):
        assert read_action(body).malformed
    else:  # an id that nothing has, whatever it is spelled with
        assert "\ud800" in (read_action(body).view_id, read_action(body).send_call_to)
