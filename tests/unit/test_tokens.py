import base64
import json
import re
import time

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.auth.tokens import ALGORITHM, ISSUER, TokenError, Tokens, binding_of

from .samples import app

KEY = "k" * 32
TOKENS = Tokens(KEY, 3600)
OURS = {"kid": jwt.get_unverified_header(TOKENS.issue(app("x"), 0))["kid"]}
"""Without the name of our key a token is refused for that alone, and the tests below would show nothing."""


def _claims(**changed: object) -> dict[str, object]:
    now = int(time.time())
    return {"iss": ISSUER, "sub": "wallboard", "app": "x", "iat": now, "exp": now + 60, **changed}


def _refused(token: str) -> None:
    with pytest.raises(TokenError):
        TOKENS.read(token)


def test_an_issued_token_is_read_again() -> None:
    """By any adapter that has the key."""
    token = TOKENS.issue(app("agent-desktop"), time.time())
    assert TOKENS.read(token).client_id == "agent-desktop"
    assert Tokens(KEY, 1).read(token).client_id == "agent-desktop"


def test_a_token_has_only_the_contracts_characters() -> None:
    """Clients put it into headers and query strings as it is."""
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", TOKENS.issue(app("agent-desktop"), time.time()))


@pytest.mark.parametrize(
    ("changed", "is_for"),
    [
        ({}, True),
        ({"secret_hash": "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$b3RoZXI"}, False),
        ({"account": {"organization": "3"}}, False),
        ({"account": {"user": "3"}}, False),
        ({"client_id": "other"}, False),
    ],
)
def test_a_token_is_the_apps_as_it_was_when_it_was_issued(
    changed: dict[str, object], *, is_for: bool
) -> None:
    """A changed secret ends it, for the old one may be known; so does another account under the old name."""
    grant = TOKENS.read(TOKENS.issue(app("wallboard"), time.time()))
    now = app(str(changed.pop("client_id", "wallboard")), **changed)
    assert grant.is_for(now) is is_for


def test_accounts_of_one_id_on_two_levels_are_two() -> None:
    """A user and an organization may have the same id."""
    ids = [binding_of(app("x", account={level: "3"})) for level in ("user", "organization")]
    assert ids[0] != ids[1]


def test_a_token_is_written_as_it_was_issued() -> None:
    """Decoders pass over what stands behind it, and over the last bits of its last letter."""
    token = TOKENS.issue(app("x"), time.time())
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = [token[:-1] + letter for letter in letters if letter != token[-1]]
    others += [token + more for more in ("=", "==", "====", "!", " ", "\n", ".", "A")]
    others += [token.replace(".", ".=", 2), token[:-3] + "!" + token[-3:]]
    for other in others:
        _refused(other)
    assert TOKENS.read(token).client_id == "x"


def test_a_token_ends_after_its_lifetime() -> None:
    """Its own, where one is given."""
    now = time.time()
    assert TOKENS.read(TOKENS.issue(app("x"), now - 3590)).client_id == "x"
    _refused(TOKENS.issue(app("x"), now - 3601))
    _refused(TOKENS.issue(app("x"), now - 61, lifetime_s=60))
    assert TOKENS.read(TOKENS.issue(app("x"), now - 3601, lifetime_s=7200)).client_id == "x"


def test_a_token_of_another_key_is_refused() -> None:
    """As are all old ones once the operator changed the key."""
    _refused(Tokens("K" * 32, 3600).issue(app("wallboard"), time.time()))


@pytest.mark.parametrize("missing", ["iss", "sub", "app", "iat", "exp"])
def test_a_token_without_a_claim_is_refused(missing: str) -> None:
    """Even if our key signed it: a token without an end would be one for ever."""
    claims = _claims()
    assert TOKENS.read(_signed(claims)).client_id == "wallboard"
    del claims[missing]
    _refused(_signed(claims))


@pytest.mark.parametrize(
    "changed",
    [{"iss": "another"}, {"exp": "soon"}, {"iat": "once"}, {"exp": None}, {"sub": 12}, {"sub": None}],
)
def test_a_token_with_a_bad_claim_is_refused(changed: dict[str, object]) -> None:
    """Another issuer with the same key, or a claim of another kind."""
    assert TOKENS.read(_signed(_claims())).client_id == "wallboard"
    _refused(_signed(_claims(**changed)))


def _signed(claims: dict[str, object], key: str = KEY, algorithm: str = ALGORITHM) -> str:
    """A token with claims of any kind, PyJWT's own checks passed by, that names our key."""
    return jwt.api_jws.encode(json.dumps(claims).encode(), key, algorithm, headers=OURS)


def test_a_token_without_a_signature_is_refused() -> None:
    """`alg: none` is the oldest trick."""
    unsigned = jwt.encode(_claims(), "", "none", headers=OURS)
    _refused(unsigned)
    _refused(unsigned + "x")
    issued = TOKENS.issue(app("wallboard"), time.time())
    _refused(issued.rpartition(".")[0] + ".")
    _refused(unsigned.partition(".")[0] + "." + issued.partition(".")[2])


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_token_signed_by_another_algorithm_is_refused(algorithm: str) -> None:
    """With the same key: the algorithm is ours to choose, not the token's."""
    _refused(_signed(_claims(), algorithm=algorithm))


def test_tokens_of_an_old_key_are_read_and_issued_no_more() -> None:
    """A key is changed without a cut: what the old one signed ends by itself."""
    new = Tokens("n" * 32, 3600, old_keys=[KEY])
    assert new.read(TOKENS.issue(app("wallboard"), time.time())).client_id == "wallboard"
    _refused(new.issue(app("wallboard"), time.time()))
    with pytest.raises(TokenError):
        new.read(_signed(_claims(), key="n" * 32))  # the new key's signature in the old key's name


@pytest.mark.parametrize("kid", [None, "", "x", 1, [], {}])
def test_a_token_that_names_no_key_of_ours_is_refused(kid: object) -> None:
    """Whatever stands in its header."""
    header = {"alg": ALGORITHM, "kid": kid}
    first = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    _refused(first + "." + _signed(_claims()).partition(".")[2])
    _refused(jwt.encode(_claims(), KEY, ALGORITHM))


def test_a_clock_that_is_a_little_off_is_borne() -> None:
    """By as much as the operator allows, and no more."""
    lenient, now = Tokens(KEY, 3600, leeway_s=30), time.time()
    assert lenient.read(lenient.issue(app("x"), now - 3620)).client_id == "x"
    assert lenient.read(lenient.issue(app("x"), now + 20)).client_id == "x"
    for issued_at in (now - 3640, now + 60):
        with pytest.raises(TokenError):
            lenient.read(lenient.issue(app("x"), issued_at))
    _refused(lenient.issue(app("x"), now + 20))


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
