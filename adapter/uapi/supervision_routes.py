"""The routes of a supervision."""

from adapter.http.errors import HttpCode
from adapter.http.routes import Answer, Header, Route, parameter
from adapter.uapi.forms import forms
from adapter.uapi.resources import Supervision
from adapter.uapi.supervisions import Supervisions

_PATH = "/uapi/supervision/{supervisionId}"
_ID = parameter(
    "path", "supervisionId", "As `link.supervision` of the 202 had it.", pattern=r"^[0-9a-f]{20}$"
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
            description="Where it stands, and for some time after it has ended why.",
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
