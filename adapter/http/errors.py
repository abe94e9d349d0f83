"""Errors that every HTTP service has: each code with its status and a sentence for people. Pure.

Other rooms have tables of their own (`ErrorCode`) for the errors that only they have.
"""

import math
from enum import Enum
from http import HTTPStatus
from typing import Annotated

from msgspec import Meta, Struct


class ErrorDetail(Struct, forbid_unknown_fields=True):
    """The code is for programs and never changes; the message is for people."""

    code: str
    message: Annotated[str, Meta(min_length=1)]


class Error(Struct, forbid_unknown_fields=True):
    """The body of every 4xx and 5xx, except for the errors of the token endpoint."""

    error: ErrorDetail


class ErrorCode(Enum):
    """A table of errors. Programs read the code, people read the sentence."""

    def __init__(self, code: str, status: HTTPStatus, sentence: str) -> None:
        self.code = code
        self.status = status
        self.sentence = sentence


class HttpCode(ErrorCode):
    """The codes of errors that are not about phone calls."""

    ACCESS_DENIED = (
        "access_denied",
        HTTPStatus.UNAUTHORIZED,
        "The request needs a valid access token.",
    )
    CONTENT_ENCODING_INVALID = (
        "content_encoding_invalid",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "The body of a request must not be compressed.",
    )
    CONTENT_TYPE_INVALID = (
        "content_type_invalid",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "The Content-Type of the request must be application/json, and its charset UTF-8.",
    )
    IDEMPOTENCY_KEY_INVALID = (
        "idempotency_key_invalid",
        HTTPStatus.BAD_REQUEST,
        "The Idempotency-Key must be 1 to 255 printable ASCII characters.",
    )
    IDEMPOTENCY_KEY_REUSED = (
        "idempotency_key_reused",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The Idempotency-Key was used with another request already.",
    )
    INTERNAL_SERVER_ERROR = (
        "internal_server_error",
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "The service failed to carry out the request.",
    )
    METHOD_NOT_ALLOWED = (
        "method_not_allowed",
        HTTPStatus.METHOD_NOT_ALLOWED,
        "This address does not accept this method.",
    )
    REQUEST_INVALID = (
        "request_invalid",
        HTTPStatus.BAD_REQUEST,
        "The body of the request must be a JSON object.",
    )
    REQUEST_MALFORMED = (
        "request_malformed",
        HTTPStatus.BAD_REQUEST,
        "The request is not valid HTTP.",
    )
    REQUEST_TIMEOUT = (
        "request_timeout",
        HTTPStatus.REQUEST_TIMEOUT,
        "The body of the request did not arrive in time.",
    )
    REQUEST_TOO_LARGE = (
        "request_too_large",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The body of the request is too large.",
    )
    RESOURCE_NOT_FOUND = (
        "resource_not_found",
        HTTPStatus.NOT_FOUND,
        "There is nothing at this address.",
    )
    SERVICE_UNAVAILABLE = (
        "service_unavailable",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Try again later.",
    )
    TOO_MANY_REQUESTS = (
        "too_many_requests",
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too many requests.",
    )


class ApiError(Exception):
    """An error to answer; without a message of its own it has the sentence of its code."""

    def __init__(
        self, kind: ErrorCode, message: str | None = None, *, headers: dict[str, str] | None = None
    ) -> None:
        self.kind = kind
        self.message = kind.sentence if message is None else message
        self.headers = headers or {}
        super().__init__(self.message)

    @property
    def status(self) -> HTTPStatus:
        """The status of the answer."""
        return self.kind.status

    @property
    def code(self) -> str:
        """The code, for programs."""
        return self.kind.code

    @property
    def body(self) -> Error:
        """The body of the answer."""
        return error_body(self.kind, self.message)


def error_body(kind: ErrorCode, message: str | None = None) -> Error:
    """The body of an error."""
    return Error(ErrorDetail(kind.code, kind.sentence if message is None else message))


RETRY_AFTER_S = 5


def unavailable(why: str) -> ApiError:
    """The answer while Asterisk cannot be asked."""
    kind = HttpCode.SERVICE_UNAVAILABLE
    return ApiError(kind, f"{why} {kind.sentence}", headers={"Retry-After": str(RETRY_AFTER_S)})


def not_found() -> ApiError:
    """The answer if there is nothing with this id, or if the account may not see it."""
    return ApiError(HttpCode.RESOURCE_NOT_FOUND)


def access_denied() -> ApiError:
    """The answer without a valid token; it does not tell what is wrong with the token."""
    return ApiError(HttpCode.ACCESS_DENIED, headers={"WWW-Authenticate": "Bearer"})


def too_many(after_s: float) -> ApiError:
    """The answer to too many requests; the client may retry after `after_s` seconds."""
    return ApiError(HttpCode.TOO_MANY_REQUESTS, headers={"Retry-After": str(max(1, math.ceil(after_s)))})
