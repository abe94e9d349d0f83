"""Bearer tokens: signed, so that any adapter with the key accepts them and none need be stored."""

import jwt

ALGORITHM = "HS256"
ISSUER = "uapi-adapter"


class TokenError(Exception):
    """The token is not ours, has expired, or is no token at all."""


class Tokens:
    """Issues and reads the tokens of one key."""

    def __init__(self, key: str, lifetime_s: int) -> None:
        self._key = key
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
        return jwt.encode(claims, self._key, ALGORITHM)

    def read(self, token: str) -> str:
        """The client id of the App that the token was issued to. Raises TokenError."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                options={"require": ["exp", "iat", "sub"]},
            )
        except (jwt.PyJWTError, UnicodeError) as invalid:
            raise TokenError(str(invalid)) from None
        return str(claims["sub"])
