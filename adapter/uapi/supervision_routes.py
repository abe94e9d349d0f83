"""The routes of a supervision."""

from adapter.http.errors import HttpCode
from adapter.http.routes import Answer, Header, Route, parameter
from adapter.uapi.forms import forms
from adapter.uapi.resources import Supervision
from adapter.uapi.supervisions import Supervisions

_PATH = "/uapi/supervision/{supervisionId}"
_ID = parameter(
    "path", "supervisionId", "The id at the end of `link.supervision` in the 202.", pattern=r"^[0-9a-f]{20}$"
)


def supervision_routes(supervisions: Supervisions) -> list[Route]:
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
        )
    ]
