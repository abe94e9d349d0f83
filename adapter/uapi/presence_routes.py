"""The routes of the Extensions service: presence."""

from adapter.http.errors import HttpCode
from adapter.http.routes import Answer, Header, Route
from adapter.uapi.codes import UapiCode
from adapter.uapi.forms import forms
from adapter.uapi.parameters import EXTENSION, PRESENCE_PARAMETERS, USER_ID
from adapter.uapi.presences import Presences
from adapter.uapi.resources import Presence, PresenceFields, PresenceList

_PATH = "/uapi/extensions/{userId}/{extension}/presence"


def presence_routes(presences: Presences) -> list[Route]:
    """The table."""
    return [
        Route(
            method="GET",
            path=_PATH,
            forms=forms(_PATH),
            handler=presences.list,
            operation_id="listPresence",
            summary="List what extensions do",
            description="Shows whether phone terminals are online, ringing or busy, and which of their "
            "phones are registered. An App sees the extensions whose calls it may list.",
            parameters=(USER_ID, EXTENSION, *PRESENCE_PARAMETERS),
            answers=(
                Answer(
                    200,
                    "A page of the extensions. If there are none, `entry` is empty.",
                    PresenceList,
                    parts=(Presence, PresenceFields),
                    headers={"Cache-Control": Header("`no-store`.")},
                ),
            ),
            errors=(
                HttpCode.ACCESS_DENIED,
                HttpCode.TOO_MANY_REQUESTS,
                UapiCode.USER_INVALID,
                UapiCode.EXTENSION_INVALID,
                UapiCode.COUNT_INVALID,
                UapiCode.START_INDEX_INVALID,
                UapiCode.FILTER_BY_INVALID,
                UapiCode.FILTER_OP_INVALID,
                UapiCode.FILTER_VALUE_INVALID,
                UapiCode.FIELDS_INVALID,
                UapiCode.SORT_ORDER_INVALID,
                HttpCode.SERVICE_UNAVAILABLE,
            ),
        )
    ]
