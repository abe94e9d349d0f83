"""Bearer tokens. They are signed, so that every adapter with the key accepts them, and none is stored."""

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
"""How many verified tokens are remembered; the least recently used is forgotten first."""


class TokenError(Exception):
    """The token was not issued by this service, has expired, or is not a token."""


class Grant(NamedTuple):
    """The contents of a valid token."""

    client_id: str
    binding: str | None = None
    """The App's binding (`binding_of`) at the time of issue; None in tokens of an OpenID provider."""

    def is_for(self, app: App) -> bool:
        """Whether the token belongs to the App with its present secret and account."""
        return app.client_id == self.client_id and self.binding in (None, binding_of(app))


def binding_of(app: App) -> str:
    """A text that binds a token to the App's secret and account: if one of them changes, the token ends."""
    account = app.account
    bound = f"{app.secret_hash} {account.level} {account.id}".encode()
    return hashlib.blake2b(bound, digest_size=12, person=b"uapi-adapter-app").hexdigest()


def require_one_form(token: str) -> None:
    """Refuse a token that differs from the issued one, though its signature verifies. Raises TokenError.

    Decoders ignore letters behind a signature, and the last bits of its last letter.
    """
    _, _, signature = token.rpartition(".")
    try:
        is_as_issued = base64url_encode(base64url_decode(signature)).decode() == signature
    except ValueError:
        is_as_issued = False
    if not is_as_issued:
        raise TokenError("the signature is not written as it was issued")


class Tokens:
    """Issues tokens with one key, and reads those of this key and of older ones."""

    def __init__(self, key: str, lifetime_s: int, old_keys: Sequence[str] = (), leeway_s: int = 0) -> None:
        self._key_id = _key_id(key)
        self._keys = {_key_id(known): known for known in (key, *old_keys)}
        self._leeway_s = leeway_s
        self._known: LRUCache[str, tuple[Grant, float]] = LRUCache(KNOWN_LIMIT)
        """Verified tokens and when they expire, because verifying takes time."""
        self.lifetime_s = lifetime_s

    def issue(self, app: App, now: float, lifetime_s: int | None = None) -> str:
        """A token for the App's present secret and account, valid from `now` (seconds since the epoch)."""
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
        """Verify the token and return its contents. Raises TokenError."""
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
    """When a token that `read` has verified expires, in seconds since the epoch."""
    return float(jwt.decode(token, options={"verify_signature": False, "verify_exp": False})["exp"])


def _key_id(key: str) -> str:
    """The name of a key in the tokens that it signs; it reveals nothing of the key."""
    return hashlib.blake2b(key.encode(), digest_size=6, person=b"uapi-adapter-kid").hexdigest()
