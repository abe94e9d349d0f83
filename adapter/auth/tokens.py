"""Bearer tokens: signed, so that any adapter with the key accepts them and none need be stored."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Sequence

import jwt

ALGORITHM = "HS256"
ISSUER = "uapi-adapter"
KNOWN_LIMIT = 1000
"""So many tokens are remembered; the oldest is forgotten first."""


class TokenError(Exception):
    """The token is not ours, has expired, or is no token at all."""


class Tokens:
    """Issues tokens by one key, and reads those of it and of the keys before it."""

    def __init__(self, key: str, lifetime_s: int, old_keys: Sequence[str] = (), leeway_s: int = 0) -> None:
        self._key_id = _key_id(key)
        self._keys = {_key_id(known): known for known in (key, *old_keys)}
        self._leeway_s = leeway_s
        self._known: OrderedDict[str, tuple[str, float]] = OrderedDict()
        """Tokens that were found good, with their App and their end: to verify one takes a while."""
        self.lifetime_s = lifetime_s

    def issue(self, client_id: str, now: float, lifetime_s: int | None = None) -> str:
        """A token for the App, valid from `now` (seconds since the epoch) for its lifetime."""
        issued_at = int(now)
        claims = {
            "iss": ISSUER,
            "sub": client_id,
            "iat": issued_at,
            "exp": issued_at + (lifetime_s or self.lifetime_s),
        }
        return jwt.encode(claims, self._keys[self._key_id], ALGORITHM, headers={"kid": self._key_id})

    def read(self, token: str) -> str:
        """The client id of the App that the token was issued to. Raises TokenError."""
        client_id, ends_at = self._known.get(token, ("", 0.0))
        if time.time() < ends_at:
            return client_id
        self._known.pop(token, None)
        try:
            claims = jwt.decode(
                token,
                self._keys[jwt.get_unverified_header(token)["kid"]],
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                leeway=self._leeway_s,
                options={"require": ["exp", "iat", "sub"]},
            )
        except (jwt.PyJWTError, UnicodeError, KeyError, TypeError) as invalid:
            raise TokenError(str(invalid)) from None
        client_id, ends_at = str(claims["sub"]), float(claims["exp"]) + self._leeway_s
        self._known[token] = client_id, ends_at
        if len(self._known) > KNOWN_LIMIT:
            self._known.popitem(last=False)
        return client_id


def expires_at(token: str) -> float:
    """When a token that was read before ends, in seconds since the epoch; it is not judged again."""
    return float(jwt.decode(token, options={"verify_signature": False, "verify_exp": False})["exp"])


def _key_id(key: str) -> str:
    """Names a key in the tokens that it signs, and tells nothing of it."""
    return hashlib.blake2b(key.encode(), digest_size=6, person=b"uapi-adapter-kid").hexdigest()
