import time

import pytest

from adapter.auth.authentication import Authenticator
from adapter.auth.tokens import Grant, Tokens, binding_of
from adapter.http.errors import ApiError

from .samples import app

TOKENS = Tokens("k" * 32, 3600)
TOKEN = TOKENS.issue(app("agent-desktop"), time.time())

GRANT = Grant("agent-desktop", binding_of(app("agent-desktop")))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_a_valid_token_names_its_app(scheme: str) -> None:
    """The scheme's letters may be of any size."""
    assert await Authenticator(TOKENS).find_grant(f"{scheme} {TOKEN}") == GRANT


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer{TOKEN}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN}=",
        f"Bearer {TOKEN} {TOKEN}",
        f"Bearer {TOKENS.issue(app('agent-desktop'), time.time() - 7200)}",
        f"Bearer {Tokens('K' * 32, 3600).issue(app('agent-desktop'), time.time())}",
        "Bearer \udcff",
        "Bearer \x00",
    ],
)
async def test_whoever_has_no_valid_token_is_told_nothing_of_why(authorization: str | None) -> None:
    """401 access_denied with the challenge, the same for all."""
    with pytest.raises(ApiError) as refused:
        await Authenticator(TOKENS).find_grant(authorization)
    error = refused.value
    assert (error.status, error.code, error.message) == (
        401,
        "access_denied",
        "The request needs a valid access token.",
    )
    assert error.headers == {"WWW-Authenticate": "Bearer"}
