"""The address that clients know the service by. Pure."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network

from multidict import MultiMapping

Network = IPv4Network | IPv6Network

IPV6_PREFIX_BITS = 64
"""A host has this many bits of an address given to it, and chooses the others as it likes."""


def is_trusted(peer: str | None, proxies: Sequence[Network]) -> bool:
    """Whether the peer of a connection is one of the operator's proxies, whose word on clients counts."""
    if not proxies:
        return False
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


def find_client(peer: str | None, headers: MultiMapping[str], *, peer_is_trusted: bool) -> str:
    """The address of the client: the peer's, or the one that a trusted proxy says it speaks for.

    The last entry of `X-Forwarded-For` is the one that the proxy itself wrote; it may have added it on a line
    of its own below one that the client wrote.
    """
    if peer_is_trusted:
        entries = ",".join(headers.getall("X-Forwarded-For", ()))
        spoken_for = entries.rpartition(",")[2].strip()
        if spoken_for:
            return spoken_for
    return peer or ""


def neighbourhood(address: str) -> str:
    """What one client has to itself: an IPv4 address, or the 64 bits before a host's own part in IPv6."""
    try:
        host = ip_address(address)
    except ValueError:
        return address
    if isinstance(host, IPv4Address) or host.ipv4_mapped is not None:
        return address
    return str(ip_network((host, IPV6_PREFIX_BITS), strict=False).network_address)


def _first(value: str) -> str:
    return value.partition(",")[0].strip()
