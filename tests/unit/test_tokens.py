import base64
import json
import re
import time

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.uapi.tokens import ALGORITHM, ISSUER, TokenError, Tokens

KEY = "k" * 32
TOKENS = Tokens(KEY, 3600)


def _claims(**changed: object) -> dict[str, object]:
    now = int(time.time())
    return {"iss": ISSUER, "sub": "wallboard", "iat": now, "exp": now + 60, **changed}


def _refused(token: str) -> None:
    with pytest.raises(TokenError):
        TOKENS.read(token)


def test_an_issued_token_is_read_again() -> None:
    """By any adapter that has the key."""
    token = TOKENS.issue("agent-desktop", time.time())
    assert TOKENS.read(token) == "agent-desktop"
    assert Tokens(KEY, 1).read(token) == "agent-desktop"


def test_a_token_has_only_the_contracts_characters() -> None:
    """Clients put it into headers and query strings as it is."""
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", TOKENS.issue("agent-desktop", time.time()))


def test_a_token_ends_after_its_lifetime() -> None:
    """Its own, where one is given."""
    now = time.time()
    assert TOKENS.read(TOKENS.issue("x", now - 3590)) == "x"
    _refused(TOKENS.issue("x", now - 3601))
    _refused(TOKENS.issue("x", now - 61, lifetime_s=60))
    assert TOKENS.read(TOKENS.issue("x", now - 3601, lifetime_s=7200)) == "x"


def test_a_token_of_another_key_is_refused() -> None:
    """As are all old ones once the operator changed the key."""
    _refused(Tokens("K" * 32, 3600).issue("wallboard", time.time()))


@pytest.mark.parametrize("missing", ["iss", "sub", "iat", "exp"])
def test_a_token_without_a_claim_is_refused(missing: str) -> None:
    """Even if our key signed it: a token without an end would be one for ever."""
    claims = _claims()
    assert TOKENS.read(jwt.encode(claims, KEY, ALGORITHM)) == "wallboard"
    del claims[missing]
    _refused(jwt.encode(claims, KEY, ALGORITHM))


@pytest.mark.parametrize(
    "changed",
    [{"iss": "another"}, {"exp": "soon"}, {"iat": "once"}, {"exp": None}, {"sub": 12}, {"sub": None}],
)
def test_a_token_with_a_bad_claim_is_refused(changed: dict[str, object]) -> None:
    """Another issuer with the same key, or a claim of another kind."""
    _refused(jwt.encode(_claims(**changed), KEY, ALGORITHM, headers={"typ": "JWT"})
             if "iss" in changed else _signed(_claims(**changed)))  # fmt: skip


def _signed(claims: dict[str, object]) -> str:
    """A token with claims that PyJWT would not write, signed by our key."""
    return jwt.api_jws.encode(json.dumps(claims).encode(), KEY, ALGORITHM)


def test_a_token_without_a_signature_is_refused() -> None:
    """`alg: none` is the oldest trick."""
    unsigned = jwt.encode(_claims(), None, "none")
    _refused(unsigned)
    _refused(unsigned + "x")
    issued = TOKENS.issue("wallboard", time.time())
    _refused(issued.rpartition(".")[0] + ".")
    _refused(unsigned.partition(".")[0] + "." + issued.partition(".")[2])


def test_a_token_signed_by_another_algorithm_is_refused() -> None:
    """With the same key: the algorithm is ours to choose, not the token's."""
    longer = Tokens("k" * 64, 3600)
    with pytest.raises(TokenError):
        longer.read(jwt.encode(_claims(), "k" * 64, "HS512"))


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "garbage",
        "é.é.é",
        "\udcff",
        "\x00",
        base64.urlsafe_b64encode(b"[" * 5000).decode().rstrip("=") + ".e30.x",
        base64.urlsafe_b64encode(b'{"alg":["HS256"]}').decode().rstrip("=") + ".e30.x",
        base64.urlsafe_b64encode(b'{"alg":{}}').decode().rstrip("=") + ".e30.x",
        base64.urlsafe_b64encode(b"[]").decode().rstrip("=") + ".e30.x",
    ],
)
def test_garbage_is_refused(token: str) -> None:
    """By a TokenError and nothing else: a header's bytes are the client's, `\\udcff` is a raw byte 0xff."""
    _refused(token)


@given(st.text() | st.text(st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF)))
def test_any_text_is_refused(token: str) -> None:
    """Nobody guesses a token, and nothing else is raised."""
    _refused(token)
    _refused(f"{token}.{token}.{token}")
