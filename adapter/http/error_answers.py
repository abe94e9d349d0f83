"""Turns every exception of a handler into the one form of error that clients can parse."""

import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler
from aiohttp.web_protocol import RequestPayloadError

from adapter.http.answers import error_answer, json_answer
from adapter.http.errors import ApiError, HttpCode, error_body

log = logging.getLogger(__name__)


_KIND_OF_STATUS = {
    int(kind.status): kind
    for kind in (HttpCode.RESOURCE_NOT_FOUND, HttpCode.METHOD_NOT_ALLOWED, HttpCode.REQUEST_TOO_LARGE)
}


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer errors with a JSON body. A fault of the service is logged, and its details are not sent.

    If the body is not what its head says, or the client has left, that is no fault of the service.
    """
    try:
        return await handler(request)
    except ApiError as error:
        return error_answer(error)
    except web.HTTPException as error:
        kind = _KIND_OF_STATUS.get(error.status)
        body = error_body(HttpCode.REQUEST_INVALID, error.reason) if kind is None else error_body(kind)
        allow = {"Allow": error.headers["Allow"] + ",OPTIONS"} if "Allow" in error.headers else {}
        return json_answer(body, status=error.status, headers=allow)
    except (RequestPayloadError, HttpProcessingError):
        return _malformed("The body of the request is not what its head says.")
    except Exception as failed:
        if isinstance(failed, ConnectionError) and _has_left(request):
            return _malformed("The client left before it was answered.")
        log.exception("a request failed", extra={"method": request.method, "path": request.path})
        return json_answer(error_body(HttpCode.INTERNAL_SERVER_ERROR), status=500)


def _malformed(message: str) -> web.Response:
    response = json_answer(error_body(HttpCode.REQUEST_MALFORMED, message), status=400)
    response.force_close()
    return response


def _has_left(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()
