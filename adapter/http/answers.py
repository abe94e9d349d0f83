"""Answers in JSON, made from the structs that `/openapi.json` describes."""

from collections.abc import Mapping

import msgspec
from aiohttp import web

from adapter.http.errors import ApiError
from adapter.http.routes import JSON


def json_answer(
    body: msgspec.Struct, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """The answer with this body."""
    return bytes_answer(msgspec.json.encode(body), status=status, headers=headers)


def bytes_answer(body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """The answer with this body, which is JSON already."""
    return web.Response(body=body, status=status, headers=headers, content_type=JSON, charset="utf-8")


def error_answer(error: ApiError) -> web.Response:
    """The answer of this error."""
    return json_answer(error.body, status=error.status, headers=error.headers)
