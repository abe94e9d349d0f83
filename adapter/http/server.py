"""aiohttp's server, where it does not do what clients and operators of this service need.

- A request that its parser refuses goes the way of all others: it is counted, logged and answered alike.
- Nothing is decompressed: 58 kB of gzip would hold the event loop up for 0.2 s.
- Doubled slashes in a path mean one; whichever way a request names its host, it has one, with its port.
- A client that expects to be told to go on (RFC 9110, section 10.1.1) is told when its body is wanted.
- No answer names versions; each says how long its connection may be idle, or that it ends.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import StreamReader, hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import HttpVersion11, RawRequestMessage
from aiohttp.web_protocol import RequestPayloadError
from multidict import CIMultiDict, CIMultiDictProxy

from adapter.http.connections import Connections

MALFORMED = web.RequestKey("malformed", str)
"""What the parser found wrong, of a request that it could not read."""
SERVER = "uapi-adapter"
SILENCE_S = 0.02
LINGER_S = 2.0
"""So long a body that nobody wants is taken in, so that the client reads why."""
WRITE_BUFFER_BYTES = 32 * 1024
"""So much of an answer may wait for a client to read it before no more is written."""

_CONTINUE_IS_EXPECTED = web.RequestKey("continue_is_expected", bool)
_SLASHES = re.compile("/{2,}")


class HttpRunner(web.AppRunner):
    """Runs an application on our server."""

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
        """From now on each answer is its connection's last."""
        self._is_stopping = True
        await super().shutdown()

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made.request_handler, made.request_factory, self._open, self._kwargs)

    async def _finish_head(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers[hdrs.SERVER] = SERVER
        # Whether a body follows that was never asked for, only the client knows.
        if self._is_stopping or request.get(_CONTINUE_IS_EXPECTED):
            response.force_close()
        if not response.keep_alive:
            response.headers[hdrs.CONNECTION] = "close"
        else:
            response.headers["Keep-Alive"] = f"timeout={int(self._open.idle_s)}"


async def invite_body(request: web.Request) -> None:
    """Tell a client that waits for it to send the request's body."""
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
    """The request with its host in the header Host, and without `Expect`, which aiohttp would act upon."""
    url, headers = message.url, CIMultiDict(message.headers)
    headers.pop(hdrs.EXPECT, None)
    if url.absolute and message.method != hdrs.METH_CONNECT:  # it goes before Host (RFC 9112, 3.2.2)
        headers[hdrs.HOST] = url.host_port_subcomponent or ""
        url = url.relative()
    if not headers.get(hdrs.HOST):  # else aiohttp would look up this machine's name
        headers[hdrs.HOST] = _authority(sockname)
    return message._replace(url=url, headers=CIMultiDictProxy(headers))


def _authority(sockname: object) -> str:
    """The address of our own end of a connection, as clients write it."""
    if not isinstance(sockname, tuple):
        return "localhost"
    host, port = sockname[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class _Protocol(web.RequestHandler):
    __slots__ = ("_dropped",)

    _dropped: int | None
    """How often bytes were dropped behind what is no HTTP; None before that."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._dropped = None

    def data_received(self, data: bytes) -> None:
        """Tell who reads a body that what follows is none: aiohttp would let it wait for the rest."""
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
        """Take in what the client still sends: left unread, it takes the answer back."""
        for _ in range(int(LINGER_S / SILENCE_S)):
            dropped = self._dropped
            await asyncio.sleep(SILENCE_S)
            if self._dropped == dropped:
                break
