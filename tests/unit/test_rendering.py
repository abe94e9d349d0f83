import json
import re
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.calls.views import Flow, PhoneCall, PhoneCallView, Status
from adapter.uapi.rendering import Renderer

from .samples import directory

DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}"
VIEW = PhoneCallView(
    id="01",
    extension="0003*210",
    source=("777888",),
    destination=("0003*210",),
    status=Status.ON_CALL,
    flow=Flow.INCOMING_PUBLIC,
    caller_id="John Doe <444555>",
    ringing=1340802532.9,
    answered=1340802535.0,
    channel="1340802530.1",
)
CALL = PhoneCall("b817d2618fe6f1804333", "0003*210", 1340802530.7, 1340802535.0, (VIEW,))


def _renderer(timezone: str = "Europe/Bucharest") -> Renderer:
    return Renderer(directory(), ZoneInfo(timezone), lambda call: f"https://x/{call.id}")


def _written(call: PhoneCall) -> dict[str, Any]:
    """The call as a client reads it."""
    written: dict[str, Any] = json.loads(msgspec.json.encode(_renderer().phone_call(call)))
    return written


def test_a_call_is_written_as_in_the_founding_sample() -> None:
    """All fields that are known, no other: the channel is ours alone."""
    assert _written(CALL) == {
        "id": "b817d2618fe6f1804333",
        "extension": "0003*210",
        "ownerId": "3",
        "ownerName": "Default Organization",
        "answered": "2012-06-27T16:08:55+03:00",
        "published": "2012-06-27T16:08:50+03:00",
        "phoneCallView": [
            {
                "id": "01",
                "extension": "0003*210",
                "ringing": "2012-06-27T16:08:52+03:00",
                "answered": "2012-06-27T16:08:55+03:00",
                "status": "5",
                "flow": "8",
                "callerId": "John Doe <444555>",
                "source": ["777888"],
                "destination": ["0003*210"],
            }
        ],
        "link": {"self": "https://x/b817d2618fe6f1804333"},
    }


def test_nulls_are_left_out_and_empty_lists_are_not() -> None:
    """A call that rings, from nobody known."""
    view = PhoneCallView("01", "0003*210", (), (), Status.RINGING, Flow.LOCAL, None, None, None, "1.1")
    written = _written(PhoneCall("b8", "0003*210", 0.0, None, (view,)))
    assert set(written) == {"id", "extension", "ownerId", "ownerName", "published", "phoneCallView", "link"}
    assert written["phoneCallView"] == [
        {"id": "01", "extension": "0003*210", "status": "3", "flow": "2", "source": [], "destination": []}
    ]


def test_a_call_belongs_to_the_organization_of_its_extension() -> None:
    """By the number's prefix."""
    call = PhoneCall("b8", "0004*300", 0.0, None, ())
    written = _written(call)
    assert (written["ownerId"], written["ownerName"]) == ("4", "Other Organization")


def test_status_and_flow_are_plain_strings() -> None:
    """As strict clients expect them."""
    [view] = _written(CALL)["phoneCallView"]
    assert [view[name] for name in ("status", "flow")] == ["5", "8"]


@pytest.mark.parametrize(
    ("timezone", "date"),
    [
        ("UTC", "2012-06-27T13:08:55+00:00"),
        ("Europe/Bucharest", "2012-06-27T16:08:55+03:00"),
        ("America/St_Johns", "2012-06-27T10:38:55-02:30"),
    ],
)
def test_a_date_has_the_offset_of_its_time_zone(timezone: str, date: str) -> None:
    """Whole seconds, cut and not rounded."""
    assert _renderer(timezone).date(1340802535.999) == date


@given(st.floats(0, 4_000_000_000), st.sampled_from(("UTC", "Europe/Bucharest", "Asia/Kathmandu")))
def test_every_date_is_an_xml_schema_date_time_with_offset(seconds: float, timezone: str) -> None:
    """Summer and winter."""
    assert re.fullmatch(DATE, _renderer(timezone).date(seconds))


def test_no_time_is_no_date() -> None:
    """Not the epoch; and the epoch is a date."""
    assert "answered" not in _written(PhoneCall("b8", "0003*210", 0.0, None, ()))
    assert _renderer("UTC").date(0.0) == "1970-01-01T00:00:00+00:00"
