import time

import pytest

from adapter.directory import Account, AccountLevel
from adapter.uapi.authentication import authenticate
from adapter.uapi.errors import UapiError
from adapter.uapi.tokens import Tokens

from .samples import directory

TOKENS = Tokens("k" * 32, 3600)
TOKEN = TOKENS.issue("agent-desktop", time.time())


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_valid_token_is_its_apps_account(scheme: str) -> None:
    """The scheme's letters may be of any size."""
    account = authenticate(f"{scheme} {TOKEN}", TOKENS, directory())
    assert account == Account(AccountLevel.USER, "12")


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
        f"Bearer {TOKEN} {TOKEN}",
        f"Bearer {TOKENS.issue('agent-desktop', time.time() - 7200)}",
        f"Bearer {TOKENS.issue('nobody', time.time())}",
        f"Bearer {Tokens('K' * 32, 3600).issue('agent-desktop', time.time())}",
        "Bearer \udcff",
        "Bearer \x00",
    ],
)
def test_whoever_has_no_valid_token_is_told_nothing_of_why(authorization: str | None) -> None:
    """401 access_denied with the challenge, the same for all: also for an App that left the directory."""
    with pytest.raises(UapiError) as refused:
        authenticate(authorization, TOKENS, directory())
    error = refused.value
    assert (error.status, error.code, error.message) == (
        401,
        "access_denied",
        "The request needs a valid access token.",
    )
    assert error.headers == {"WWW-Authenticate": "Bearer"}
