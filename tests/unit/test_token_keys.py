import time

import jwt
import pytest

from adapter.app import make_tokens
from adapter.auth.tokens import TokenError, Tokens
from adapter.settings import Settings

from .samples import app

OLDEST, OLD, NEW = "o" * 32, "O" * 32, "N" * 32


def tokens(monkeypatch: pytest.MonkeyPatch, key: str, old_keys: str = "", **more: str) -> Tokens:
    """The tokens of an adapter that an operator gave these keys."""
    values = {"directory": "x", "ami_secret": "x", "token_key": key, "token_old_keys": old_keys, **more}
    for name, value in values.items():
        monkeypatch.setenv(f"ADAPTER_{name.upper()}", value)
    return make_tokens(Settings())


def kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def test_a_key_is_changed_in_two_steps_and_no_valid_token_is_refused_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The old key moves aside and its tokens go on; once it is taken away they end."""
    before = tokens(monkeypatch, OLD).issue(app("wallboard"), time.time())
    both = tokens(monkeypatch, NEW, f"{OLD}, {OLDEST}")
    oldest = tokens(monkeypatch, OLDEST).issue(app("wallboard"), time.time())
    assert {both.read(before).client_id, both.read(oldest).client_id} == {"wallboard"}
    after = both.issue(app("wallboard"), time.time())
    ended = tokens(monkeypatch, NEW)
    assert ended.read(after).client_id == "wallboard"
    for removed in (before, oldest):
        with pytest.raises(TokenError):
            ended.read(removed)


def test_new_tokens_are_signed_by_the_new_key_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each key has a name of its own, the same in every adapter, that shows nothing of the key."""
    both = tokens(monkeypatch, NEW, OLD)
    token = both.issue(app("wallboard"), time.time())
    assert jwt.decode(token, NEW, algorithms=["HS256"])["sub"] == "wallboard"
    assert kid(token) == kid(tokens(monkeypatch, NEW).issue(app("x"), 0))
    names = {kid(tokens(monkeypatch, key).issue(app("x"), 0)) for key in (OLDEST, OLD, NEW)}
    assert len(names) == 3
    assert not [key for key in (OLDEST, OLD, NEW) for name in names if key[:4] in name]


def test_an_old_key_that_is_the_new_one_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator who copies the line twice."""
    same = tokens(monkeypatch, NEW, f"{NEW},{NEW},")
    assert same.read(same.issue(app("wallboard"), time.time())).client_id == "wallboard"


@pytest.mark.parametrize(("age_s", "is_read"), [(80, True), (100, False), (-20, True), (-40, False)])
def test_the_leeway_is_the_operators(monkeypatch: pytest.MonkeyPatch, age_s: int, *, is_read: bool) -> None:
    """A token of 60 s by a clock that is off, read with 30 s leeway; without leeway never."""
    limits = {"token_lifetime_s": "60", "token_leeway_s": "30"}
    issued = tokens(monkeypatch, NEW, **limits).issue(app("x"), time.time() - age_s)
    for leeway_s, expected in (("30", is_read), ("0", False)):
        reader = tokens(monkeypatch, NEW, **{**limits, "token_leeway_s": leeway_s})
        if expected:
            assert reader.read(issued).client_id == "x"
        else:
            with pytest.raises(TokenError):
                reader.read(issued)


def test_the_old_keys_stay_secret_in_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that a log or a traceback shows must not give a key away."""
    tokens(monkeypatch, NEW, f"{OLD},{OLDEST}")
    shown = repr(Settings())
    assert not [key for key in (OLDEST, OLD, NEW) if key in shown]
