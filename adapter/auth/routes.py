"""The route of the token endpoint."""

from adapter.auth.token_endpoint import TokenEndpoint
from adapter.auth.token_wire import Token, TokenRefused, TokenRequest
from adapter.http.errors import HttpCode
from adapter.http.routes import FORM, SLASHES, Answer, Body, Header, Route

_PATH = "/oauth/token.php"
_BASIC = {"WWW-Authenticate": Header("The scheme to use.", {"enum": ["Basic"]})}
_NO_STORE = {"Cache-Control": Header("`no-store`.")}


def token_routes(token_endpoint: TokenEndpoint) -> list[Route]:
    """The table."""
    return [
        Route(
            method="POST",
            path=_PATH,
            forms=tuple(_PATH + slash for slash in SLASHES),
            handler=token_endpoint.issue,
            operation_id="issueToken",
            summary="Issue a token to an App",
            description="OAuth 2.0 client credentials (RFC 6749, section 4.4).",
            security=({}, {"client": []}),
            body=Body(TokenRequest, FORM),
            answers=(
                Answer(200, "A token.", Token, headers={**_NO_STORE, "Pragma": Header("`no-cache`.")}),
                _refusal(400, "invalid_request", "unsupported_grant_type"),
                _refusal(
                    401,
                    "invalid_client",
                    **_BASIC,
                ),
            ),
            errors=(HttpCode.TOO_MANY_REQUESTS, HttpCode.REQUEST_TOO_LARGE, HttpCode.REQUEST_TIMEOUT),
        )
    ]


def _refusal(status: int, *errors: str, **headers: Header) -> Answer:
    return Answer(
        status,
        f"No token: {', '.join(f'`{error}`' for error in errors)} (RFC 6749, section 5.2).",
        TokenRefused,
        narrowed={"properties": {"error": {"enum": list(errors)}}},
        headers={**_NO_STORE, **headers},
    )
