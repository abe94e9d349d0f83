"""The WebSocket of a stream's client, as it has to be made."""

from aiohttp import web

SUBPROTOCOL = "uapi-audio.v1"
MESSAGE_LIMIT_BYTES = 3_200
"""The largest message of a client: 100 ms at 16 kHz. Known from a frame's header, before it is read."""
PING_EVERY_S = 10.0
"""A client that does not answer a ping within half of that is gone."""


def client_socket() -> web.WebSocketResponse:
    """A WebSocket for `Streams.carry`, to be prepared with the request.

    The route has to refuse a client that does not offer `SUBPROTOCOL`.
    """
    return web.WebSocketResponse(
        protocols=(SUBPROTOCOL,),
        heartbeat=PING_EVERY_S,
        compress=False,
        max_msg_size=MESSAGE_LIMIT_BYTES,
        timeout=2.0,
    )
