import msgspec
import pytest

from adapter.callcontrol.supervision.plan import Obstacle, Parameter, Refusal
from adapter.http.errors import ApiError, HttpCode, too_many, unavailable
from adapter.uapi.codes import UapiCode
from adapter.uapi.refusals import phone_call_invalid, refused

STATUSES = {
    400: """user_invalid extension_invalid request_invalid action_invalid pc_phonecall_invalid
        pc_phonecallview_invalid pc_sendcallto_invalid pc_callerid_invalid pc_timeout_invalid count_invalid
        startindex_invalid filterby_invalid filterop_invalid filtervalue_invalid fields_invalid
        sortorder_invalid""",
    401: "access_denied",
    403: "access_forbidden",
    404: "resource_not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    409: "pc_sendcallto_busy pc_sendcallto_rejected pc_sendcallto_unavailable",
    413: "request_too_large",
    415: "content_type_invalid",
    429: "too_many_requests",
    500: "internal_server_error",
    501: "request_not_implemented",
    503: "service_unavailable",
    504: "pc_pickup_timeout",
}


@pytest.mark.parametrize(
    ("code", "status"), [(code, status) for status, codes in STATUSES.items() for code in codes.split()]
)
def test_every_code_of_the_contract_has_its_status(code: str, status: int) -> None:
    """Codes are what programs read: they do not change."""
    kinds = {kind.code: kind for kind in (*HttpCode, *UapiCode)}
    assert ApiError(kinds[code]).status == status


def test_the_body_is_the_contracts() -> None:
    """On every 4xx and 5xx."""
    error = ApiError(UapiCode.USER_INVALID, "why")
    assert msgspec.to_builtins(error.body) == {"error": {"code": "user_invalid", "message": "why"}}


@pytest.mark.parametrize(
    ("parameter", "code"),
    [
        (Parameter.PHONE_CALL, "pc_phonecall_invalid"),
        (Parameter.VIEW, "pc_phonecallview_invalid"),
        (Parameter.SEND_CALL_TO, "pc_sendcallto_invalid"),
        (Parameter.CALLER_ID, "pc_callerid_invalid"),
        (Parameter.PICKUP, "pc_timeout_invalid"),
    ],
)
def test_every_refusal_has_its_code_and_names_its_parameter(parameter: Parameter, code: str) -> None:
    """The five of the founding table."""
    error = refused(Refusal(parameter, "it must be better"))
    assert (error.status, error.code) == (400, code)
    assert parameter.value in error.message
    assert "it must be better" in error.message


def test_every_parameter_has_a_code() -> None:
    """A new parameter cannot be refused without one."""
    assert all(refused(Refusal(parameter, "x")).status == 400 for parameter in Parameter)


OBSTACLES = {
    Obstacle.NOT_PERMITTED: (403, "access_forbidden"),
    Obstacle.NOT_READY: (503, "service_unavailable"),
    Obstacle.NEVER_SUPERVISED: (403, "access_forbidden"),
    Obstacle.SUPERVISOR_BUSY: (409, "pc_sendcallto_busy"),
    Obstacle.CONFERENCE: (409, "pc_conference_unavailable"),
    Obstacle.SWITCH: (409, "pc_switch_unavailable"),
    Obstacle.NOTICE: (409, "pc_notice_unavailable"),
    Obstacle.STREAM: (409, "pc_stream_unavailable"),
    Obstacle.NOT_KEPT: (503, "service_unavailable"),
    Obstacle.NOT_TAKEN: (503, "service_unavailable"),
}


@pytest.mark.parametrize("obstacle", Obstacle)
def test_every_obstacle_has_its_status_and_code(obstacle: Obstacle) -> None:
    """One map has them all."""
    error = refused(Refusal(obstacle))
    assert (error.status, error.code) == OBSTACLES[obstacle]


def test_unavailable_says_when_to_come_back() -> None:
    """503 with Retry-After, in seconds."""
    error = unavailable("The link is down.")
    assert (error.status, error.headers) == (503, {"Retry-After": "5"})


@pytest.mark.parametrize(("after_s", "header"), [(0.01, "1"), (1.0, "1"), (1.01, "2"), (60, "60")])
def test_too_many_says_after_how_many_whole_seconds_to_ask_again(after_s: float, header: str) -> None:
    """429: rounded up, never 0."""
    error = too_many(after_s)
    assert (error.status, error.headers) == (429, {"Retry-After": header})


def test_a_call_that_cannot_be_seen_is_an_invalid_one() -> None:
    """400, not 404: the path is right, the id is not."""
    assert (phone_call_invalid().status, phone_call_invalid().code) == (400, "pc_phonecall_invalid")
