"""Changes aiohttp's server where clients and operators need another behaviour.

- A request that aiohttp's parser rejects is counted, logged and answered like any other.
- The server decompresses nothing: 58 kB of gzip would block the event loop for 0.2 s.
- Doubled slashes in a path count as one. Every request has one host with its port, wherever it names it.
- A client that sends `Expect: 100-continue` (RFC 9110, section 10.1.1) gets 100 when the handler reads the
  body.
- No answer names versions. Each says how long its connection may be idle, or that it closes.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from aiohttp import StreamReader, hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import HttpVersion11, RawRequestMessage
from aiohttp.web_protocol import RequestPayloadError
from multidict import CIMultiDict, CIMultiDictProxy

from adapter.http.connections import Connections

MALFORMED = web.RequestKey("malformed", str)
"""The parser's error of a request that it could not read."""
SERVER = "uapi-adapter"
SILENCE_S = 0.02
LINGER_S = 2.0
"""How long an unwanted body is read, so that the client can read the error."""
WRITE_BUFFER_BYTES = 32 * 1024
"""How many bytes of an answer may wait for the client before writing pauses."""

_CONTINUE_IS_EXPECTED = web.RequestKey("continue_is_expected", bool)
_SLASHES = re.compile("/{2,}")


class HttpRunner(web.AppRunner):
    """Runs an application on this server."""

    def __init__(
        self,
        app: web.Application,
        connections: Connections,
        **settings: Any,  # noqa: ANN401 - aiohttp's own
    ) -> None:
        super().__init__(app, auto_decompress=False, lingering_time=LINGER_S, **settings)
        self._open = connections
        self._is_stopping = False
        app.on_response_prepare.append(self._finish_head)

    async def shutdown(self) -> None:
        """Close each connection after its next answer from now on."""
        self._is_stopping = True
        await super().shutdown()

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made.request_handler, made.request_factory, self._open, self._kwargs)

    async def _finish_head(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers[hdrs.SERVER] = SERVER
        if response.status == HTTPStatus.SWITCHING_PROTOCOLS:
            return  # the connection is no HTTP connection any more
        # The client did not get 100, so only the client knows whether the body follows.
        if self._is_stopping or request.get(_CONTINUE_IS_EXPECTED):
            response.force_close()
        if not response.keep_alive:
            response.headers[hdrs.CONNECTION] = "close"
        else:
            response.headers["Keep-Alive"] = f"timeout={int(self._open.idle_s)}"


async def invite_body(request: web.Request) -> None:
    """Send 100 Continue to a client that waits for it."""
    if request.pop(_CONTINUE_IS_EXPECTED, False):
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0


class _Server(web.Server):
    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        factory: Callable[..., web.BaseRequest],
        connections: Connections,
        settings: dict[str, Any],
    ) -> None:
        super().__init__(handler, request_factory=self._request, **settings)
        self._factory = factory
        self._open = connections

    def __call__(self) -> web.RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        transport.set_write_buffer_limits(WRITE_BUFFER_BYTES)
        self._open.on_open(transport, self.connections)

    def _request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: "asyncio.Task[None]",
    ) -> web.BaseRequest:
        expected = message.headers.get(hdrs.EXPECT, "")
        if expected or message.url.absolute or not message.headers.get(hdrs.HOST):
            message = _as_usual(message, protocol.sockname)
        if "//" in message.url.raw_path:
            path = _SLASHES.sub("/", message.url.raw_path)
            message = message._replace(url=message.url.with_path(path, encoded=True, keep_query=True))
        request = self._factory(message, payload, protocol, writer, task)
        if expected.lower() == "100-continue" and message.version == HttpVersion11:
            request[_CONTINUE_IS_EXPECTED] = True
        return request


def _as_usual(message: RawRequestMessage, sockname: object) -> RawRequestMessage:
    """The request with its host in the header Host, and without `Expect`, which aiohttp would answer."""
    url, headers = message.url, CIMultiDict(message.headers)
    headers.pop(hdrs.EXPECT, None)
    # An absolute target goes before Host (RFC 9112, section 3.2.2).
    if url.absolute and message.method != hdrs.METH_CONNECT:
        headers[hdrs.HOST] = url.host_port_subcomponent or ""
        url = url.relative()
    if not headers.get(hdrs.HOST):  # otherwise aiohttp would look up this machine's name
        headers[hdrs.HOST] = _authority(sockname)
    return message._replace(url=url, headers=CIMultiDictProxy(headers))


def _authority(sockname: object) -> str:
    """The address of this server's end of a connection, as clients write it."""
    if not isinstance(sockname, tuple):
        return "localhost"
    host, port = sockname[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class _Protocol(web.RequestHandler):
    __slots__ = ("_dropped",)

    _dropped: int | None
    """How often bytes were dropped after bytes that are not HTTP; None before that."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._dropped = None

    def data_received(self, data: bytes) -> None:
        """End the body if what follows is not HTTP: aiohttp would let its reader wait for the rest."""
        if self._dropped is not None:
            self._dropped += 1
            return
        super().data_received(data)
        request = self._current_request
        if request is None or not self._messages or request.content.is_eof():
            return
        if not isinstance(self._messages[-1][0], RawRequestMessage):
            request.content.set_exception(RequestPayloadError("what follows is no body"))
            request.content.feed_eof()

    def _make_error_handler(
        self,
        err_info: Any,  # noqa: ANN401 - aiohttp has no public name for it
    ) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
        handler = self._request_handler
        self._dropped = 0
        assert handler is not None  # noqa: S101 - the connection is there

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            request[MALFORMED] = type(err_info.exc).__name__
            response = await handler(request)
            await self._wait_for_silence()
            return response

        return answer

    async def _wait_for_silence(self) -> None:
        """Read what the client still sends.

        With unread bytes the kernel may reset the connection before the client has read the answer.
        """
        for _ in range(int(LINGER_S / SILENCE_S)):
            dropped = self._dropped
            await asyncio.sleep(SILENCE_S)
            if self._dropped == dropped:
                break
