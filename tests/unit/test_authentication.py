import time
from pathlib import Path

import pytest

from adapter.access.principal import Principal
from adapter.auth.authentication import Authenticator
from adapter.auth.tokens import Tokens
from adapter.directory.file import DirectoryFile
from adapter.http.errors import ApiError

from .samples import DIRECTORY_TEXT, app, directory

TOKENS = Tokens("k" * 32, 3600)
TOKEN = TOKENS.issue(directory().apps["agent-desktop"], time.time())


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> DirectoryFile:
    path = tmp_path / "directory.yaml"
    path.write_text(DIRECTORY_TEXT, encoding="utf-8")
    return DirectoryFile(path)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_a_valid_token_names_its_app(scheme: str, file: DirectoryFile) -> None:
    """By the directory that is in force. The scheme's letters may be of any size."""
    found = await Authenticator(TOKENS, file).authenticate(f"{scheme} {TOKEN}")
    assert found == Principal(file.current, file.current.apps["agent-desktop"])


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
async def test_whoever_has_no_valid_token_is_told_nothing_of_why(
    authorization: str | None, file: DirectoryFile
) -> None:
    """401 access_denied with the challenge, the same for all."""
    with pytest.raises(ApiError) as refused:
        await Authenticator(TOKENS, file).authenticate(authorization)
    error = refused.value
    assert (error.status, error.code, error.message) == (
        401,
        "access_denied",
        "The request needs a valid access token.",
    )
    assert error.headers == {"WWW-Authenticate": "Bearer"}


@pytest.mark.parametrize(
    ("old", "new"),
    [("client_id: agent-desktop", "client_id: other-desktop"), ('{user: "12"}', '{user: "13"}')],
)
async def test_an_app_that_is_another_takes_its_tokens_with_it(
    old: str, new: str, file: DirectoryFile, tmp_path: Path
) -> None:
    """Gone, or registered to somebody else: the directory that is in force says who it is."""
    authenticator = Authenticator(TOKENS, file)
    await authenticator.authenticate(f"Bearer {TOKEN}")
    assert old in DIRECTORY_TEXT
    (tmp_path / "directory.yaml").write_text(DIRECTORY_TEXT.replace(old, new), encoding="utf-8")
    assert await file.reload()
    with pytest.raises(ApiError) as refused:
        await authenticator.authenticate(f"Bearer {TOKEN}")
    assert refused.value.code == "access_denied"
