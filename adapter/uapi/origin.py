"""The address that clients know the service by. Pure."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def is_trusted(peer: str | None, proxies: Sequence[Network]) -> bool:
    """Whether the peer of a connection is one of the operator's proxies, whose word on clients counts."""
    try:
        address = ip_address(peer or "")
    except ValueError:
        return False
    return any(address in network for network in proxies)


def find_origin(
    public_url: str | None,
    scheme: str,
    host: str,
    headers: Mapping[str, str],
    *,
    peer_is_trusted: bool,
) -> str:
    """Scheme and authority of the addresses in an answer, without a slash at the end.

    What the operator set counts first, then what a trusted proxy says of the client's request
    (`X-Forwarded-Proto`, `X-Forwarded-Host`), then the request as it came. Anybody can write those headers,
    so from anybody else they mean nothing.
    """
    if public_url is not None:
        return public_url.rstrip("/")
    if peer_is_trusted:
        proto = _first(headers.get("X-Forwarded-Proto", "")).lower()
        scheme = proto if proto in ("http", "https") else scheme
        host = _first(headers.get("X-Forwarded-Host", "")) or host
    return f"{scheme}://{host}"


def find_client(peer: str | None, headers: Mapping[str, str], *, peer_is_trusted: bool) -> str:
    """The address of the client: the peer's, or the one that a trusted proxy says it speaks for.

    The last entry of `X-Forwarded-For` is the one that the proxy itself wrote.
    """
    if peer_is_trusted:
        spoken_for = headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if spoken_for:
            return spoken_for
    return peer or ""


def _first(value: str) -> str:
    return value.partition(",")[0].strip()
