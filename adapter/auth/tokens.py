"""Bearer tokens: signed, so that any adapter with the key accepts them and none need be stored."""

import hashlib
import time
from collections.abc import Sequence
from typing import NamedTuple

import jwt
from cachetools import LRUCache
from jwt.utils import base64url_decode, base64url_encode

from adapter.directory import App

ALGORITHM = "HS256"
ISSUER = "uapi-adapter"
KNOWN_LIMIT = 1000
"""So many tokens are remembered; the one not sent for longest is forgotten first."""


class TokenError(Exception):
    """The token is not ours, has expired, or is no token at all."""


class Grant(NamedTuple):
    """What a token that was found good says."""

    client_id: str
    binding: str | None = None
    """What the App was when the token was issued; another provider's tokens do not say it."""

    def is_for(self, app: App) -> bool:
        """Whether the token is the App's as it is now."""
        return app.client_id == self.client_id and self.binding in (None, binding_of(app))


def binding_of(app: App) -> str:
    """Binds a token to the App's secret and account: once one of them is another, the token has ended."""
    account = app.account
    bound = f"{app.secret_hash} {account.level} {account.id}".encode()
    return hashlib.blake2b(bound, digest_size=12, person=b"uapi-adapter-app").hexdigest()


def require_one_form(token: str) -> None:
    """Refuse what differs from the token that was issued, though it would verify. Raises TokenError.

    Decoders pass over letters behind a signature, and over the last bits of its last one.
    """
    _, _, signature = token.rpartition(".")
    try:
        is_as_issued = base64url_encode(base64url_decode(signature)).decode() == signature
    except ValueError:
        is_as_issued = False
    if not is_as_issued:
        raise TokenError("the signature is not written as it was issued")


class Tokens:
    """Issues tokens by one key, and reads those of it and of the keys before it."""

    def __init__(self, key: str, lifetime_s: int, old_keys: Sequence[str] = (), leeway_s: int = 0) -> None:
        self._key_id = _key_id(key)
        self._keys = {_key_id(known): known for known in (key, *old_keys)}
        self._leeway_s = leeway_s
        self._known: LRUCache[str, tuple[Grant, float]] = LRUCache(KNOWN_LIMIT)
        """Tokens that were found good, with their end: to verify one takes a while."""
        self.lifetime_s = lifetime_s

    def issue(self, app: App, now: float, lifetime_s: int | None = None) -> str:
        """A token for the App as it is, valid from `now` (seconds since the epoch) for its lifetime."""
        issued_at = int(now)
        claims = {
            "iss": ISSUER,
            "sub": app.client_id,
            "app": binding_of(app),
            "iat": issued_at,
            "exp": issued_at + (lifetime_s or self.lifetime_s),
        }
        return jwt.encode(claims, self._keys[self._key_id], ALGORITHM, headers={"kid": self._key_id})

    def read(self, token: str) -> Grant:
        """What the token grants, to the App that it was issued to. Raises TokenError."""
        known = self._known.get(token)
        if known is not None and time.time() < known[1]:
            return known[0]
        self._known.pop(token, None)
        try:
            claims = jwt.decode(
                token,
                self._keys[jwt.get_unverified_header(token)["kid"]],
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                leeway=self._leeway_s,
                options={"require": ["exp", "iat", "sub", "app"]},
            )
        except (jwt.PyJWTError, UnicodeError, KeyError, TypeError) as invalid:
            raise TokenError(str(invalid)) from None
        require_one_form(token)
        grant = Grant(str(claims["sub"]), str(claims["app"]))
        self._known[token] = grant, float(claims["exp"]) + self._leeway_s
        return grant


def expires_at(token: str) -> float:
    """When a token that was read before ends, in seconds since the epoch; it is not judged again."""
    return float(jwt.decode(token, options={"verify_signature": False, "verify_exp": False})["exp"])


def _key_id(key: str) -> str:
    """Names a key in the tokens that it signs, and tells nothing of it."""
    return hashlib.blake2b(key.encode(), digest_size=6, person=b"uapi-adapter-kid").hexdigest()
