"""The routes of a supervision."""

from adapter.http.errors import HttpCode
from adapter.http.routes import Answer, Header, Route, parameter
from adapter.uapi.codes import UapiCode
from adapter.uapi.forms import forms
from adapter.uapi.resources import Supervision
from adapter.uapi.supervision_audio import SupervisionAudio
from adapter.uapi.supervisions import Supervisions

_PATH = "/uapi/supervision/{supervisionId}"
_ID = parameter(
    "path", "supervisionId", "The id at the end of `link.supervision` in the 202.", pattern=r"^[0-9a-f]{20}$"
)


def supervision_routes(supervisions: Supervisions, audio: SupervisionAudio) -> list[Route]:
    """The table."""
    return [
        Route(
            method="GET",
            path=_PATH,
            forms=forms(_PATH, is_served_bare=True),
            handler=supervisions.get,
            operation_id="getSupervision",
            summary="One supervision",
            description="Shows the state of a supervision. For some time after its end it shows why it "
            "ended.",
            parameters=(_ID,),
            answers=(
                Answer(
                    200,
                    "The supervision.",
                    Supervision,
                    headers={"Cache-Control": Header("`no-store`.")},
                ),
            ),
            errors=(HttpCode.ACCESS_DENIED, HttpCode.TOO_MANY_REQUESTS),
        ),
        _audio(audio),
    ]


def _audio(audio: SupervisionAudio) -> Route:
    path = f"{_PATH}/audio"
    return Route(
        method="GET",
        path=path,
        forms=forms(path, is_served_bare=True),
        handler=audio.open,
        operation_id="openSupervisionAudio",
        summary="The audio of a supervision",
        description="Upgrades to a WebSocket with the subprotocol `uapi-audio.v1`. To open it is to pick up, "
        "to close it is to hang up. Binary messages are 20 ms of signed 16-bit little-endian PCM, mono, both "
        "ways. The service's text messages are JSON: `joined` with mode and parties, `ended` with the "
        "reason, and others. Only the App that asked for the supervision may open it, once.",
        parameters=(
            _ID,
            parameter(
                "query", "rate", "The rate of the audio in Hz. Default: 16000.", enum=["8000", "16000"]
            ),
            parameter("query", "channels", "How many channels the audio has.", enum=["1"]),
        ),
        answers=(Answer(101, "The WebSocket is open."),),
        errors=(
            HttpCode.ACCESS_DENIED,
            HttpCode.TOO_MANY_REQUESTS,
            HttpCode.RESOURCE_NOT_FOUND,
            HttpCode.SERVICE_UNAVAILABLE,
            UapiCode.ACCESS_FORBIDDEN,
            UapiCode.NOT_IMPLEMENTED,
            UapiCode.RATE_INVALID,
            UapiCode.STREAM_OPENED,
            UapiCode.SUBPROTOCOL_INVALID,
        ),
    )
