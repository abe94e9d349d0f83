"""The token endpoint: client credentials for trusted Apps (RFC 6749, section 4.4)."""

import base64
import secrets
import time
from functools import cache
from urllib.parse import parse_qsl, unquote_plus

from aiohttp import web
from argon2 import PasswordHasher
from cachetools import LRUCache
from pydantic import ValidationError

from adapter.auth.secret_checks import SecretChecks, TooBusyError
from adapter.auth.token_wire import GRANT_TYPE, RefusalCode, Token, TokenRefused, TokenRequest
from adapter.auth.tokens import Tokens
from adapter.directory import App
from adapter.directory.file import DirectoryFile
from adapter.http.answers import json_answer
from adapter.http.bodies import Bodies, is_text
from adapter.http.errors import too_many, unavailable
from adapter.http.limits import KEYS_LIMIT, RateLimit
from adapter.http.origin import find_client, is_trusted, neighbourhood
from adapter.http.routes import FORM
from adapter.settings import Settings

CLIENT_FACTOR = 100
"""How many times more wrong secrets a client may send than an address.

With an equal limit, anybody who knows an App's client id could lock it out by a few wrong secrets a minute.
"""

KEY_CHARACTERS = 200
"""How many characters of a client id are kept: strangers choose it, and the rate limit stores it."""


def hash_secret(secret: str) -> str:
    """The hash of an App's secret, as the directory keeps it."""
    return PasswordHasher().hash(secret)


@cache
def _hash_of_nobody() -> str:
    return hash_secret(secrets.token_hex(16))


class TokenEndpoint:
    """`POST /oauth/token.php`."""

    def __init__(self, directory: DirectoryFile, tokens: Tokens, settings: Settings, bodies: Bodies) -> None:
        self._directory = directory
        self._tokens = tokens
        self._settings = settings
        per_min = settings.login_failures_per_min
        self._from_address = RateLimit(per_min / 60, max(1.0, per_min))
        self._for_client = RateLimit(CLIENT_FACTOR * per_min / 60, max(1.0, CLIENT_FACTOR * per_min))
        self._failed: LRUCache[str, None] = LRUCache(KEYS_LIMIT)
        """How many addresses with a wrong secret are remembered; the least recent is forgotten first."""
        """The addresses whose last secret was wrong."""
        self._checks = SecretChecks()
        self._nobody = _hash_of_nobody()
        self._bodies = bodies

    async def issue(self, request: web.Request) -> web.Response:
        """Issue a token to an App with the right secret, in the form of RFC 6749."""
        if request.content_type != FORM or not is_text(request):
            return _refuse("invalid_request")
        address = self._find_address(request)
        wait_s = self._from_address.missing(address, time.monotonic())
        if wait_s:  # the body of an address that guesses is not read
            raise too_many(wait_s)
        form = _read_form(await self._bodies.read(request))
        if form is None:
            return _refuse("invalid_request")
        client_id, secret = _credentials(request.headers.get("Authorization"), form)
        if client_id is None or secret is None:
            return _refuse("invalid_request")
        if form.grant_type != GRANT_TYPE:
            return _refuse("unsupported_grant_type")
        app = await self._check(address, client_id, secret)
        if app is None:
            return _refuse("invalid_client", status=401)
        return json_answer(
            Token(self._tokens.issue(app, time.time()), "Bearer", self._tokens.lifetime_s),
            headers={"Cache-Control": "no-store", "Pragma": "no-cache"},
        )

    async def _check(self, address: str, client_id: str, secret: str) -> App | None:
        """The App that has this secret. Raises ApiError after too many wrong secrets, and if too many wait.

        A secret counts as wrong before the check, and the count is taken back if it was right. So sending
        many wrong secrets at once gains nothing over sending them one by one.
        """
        now = time.monotonic()
        counts = ((self._from_address, address), (self._for_client, client_id[:KEY_CHARACTERS]))
        wait_s = max(failures.missing(key, now) for failures, key in counts)
        if wait_s:
            raise too_many(wait_s)
        for failures, key in counts:
            failures.take(key, now)
        is_suspect = address in self._failed
        self._failed[address] = None
        app, is_checked = None, True
        try:
            app = await self._prove(client_id, secret, is_suspect=is_suspect)
        except TooBusyError:
            is_checked = False
            raise unavailable("Too many secrets are being checked.") from None
        finally:
            if app is not None or not is_checked:
                for failures, key in counts:
                    failures.give_back(key)
            if app is not None or not (is_checked or is_suspect):
                self._failed.pop(address, None)
        return app

    def _find_address(self, request: web.Request) -> str:
        """The address that a wrong secret counts against."""
        peer_is_trusted = is_trusted(request.remote, self._settings.trusted_proxies)
        return neighbourhood(find_client(request.remote, request.headers, peer_is_trusted=peer_is_trusted))

    async def _prove(self, client_id: str, secret: str, *, is_suspect: bool) -> App | None:
        """The App that has this secret. Raises TooBusyError."""
        app = self._directory.current.apps.get(client_id)
        # The check of an unknown client takes as long, so that the time does not tell which clients exist.
        known = self._nobody if app is None else app.secret_hash
        return app if await self._checks.is_right(known, secret, is_suspect=is_suspect) else None


def _read_form(body: bytes) -> TokenRequest | None:
    """The form fields; None if the body is no form, or if a field appears twice (RFC 6749, section 3.2)."""
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True)
    except UnicodeDecodeError:
        return None
    form = dict(fields)
    if len(form) < len(fields):
        return None
    try:
        return TokenRequest.model_validate(form)
    except ValidationError:
        return None


def _credentials(authorization: str | None, form: TokenRequest) -> tuple[str | None, str | None]:
    """Client id and secret from the form, or from HTTP Basic (RFC 6749, section 2.3.1)."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return form.client_id, form.client_secret
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # no base64, or no UTF-8 in it
        return None, None
    return unquote_plus(client_id), unquote_plus(secret)


def _refuse(error: RefusalCode, status: int = 400) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    if status == 401:  # noqa: PLR2004 - "the authorization server MUST respond with 401" and name the scheme
        headers["WWW-Authenticate"] = "Basic"
    return json_answer(TokenRefused(error), status=status, headers=headers)
