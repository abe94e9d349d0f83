"""The address that clients know the service by, and theirs. Pure."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from multidict import MultiMapping

Network = IPv4Network | IPv6Network

Address = IPv4Address | IPv6Address

_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?", re.ASCII)
_WITH_PORT = re.compile(r"\[([^\]]*)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}", re.ASCII)

KNOWN_PEERS = 1000
"""The addresses of so many peers are remembered as they are logged."""

IPV6_PREFIX_BITS = 64
"""A host has this many bits of an address given to it, and chooses the others as it likes."""


def read_address(text: str | None) -> Address | None:
    """The address in `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`; None in others.

    An IPv4 address mapped into IPv6 (`::ffff:192.0.2.1`) is that IPv4 address. A zone is left out.
    """
    bare = (text or "").strip().strip('"')
    found = _WITH_PORT.fullmatch(bare)
    if found is not None:
        bare = found[1] or found[2]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@lru_cache(KNOWN_PEERS)  # of each request at least once: to read an address takes longer than to find one
def plain_address(peer: str | None) -> str:
    """The address of a connection's peer as it is logged and counted; what is none as it stands."""
    address = read_address(peer)
    return peer or "" if address is None else str(address)


def is_authority(text: str) -> bool:
    """Whether the text is a host, with a port or without, that links may begin with."""
    return _AUTHORITY.fullmatch(text) is not None


def is_trusted(peer: str | None, proxies: Sequence[Network]) -> bool:
    """Whether the peer of a connection is one of the operator's proxies, whose word on clients counts."""
    if not proxies:
        return False
    address = read_address(peer)
    return address is not None and any(address in network for network in proxies)


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
        forwarded = _first(headers.get("X-Forwarded-Host", ""))
        host = forwarded if is_authority(forwarded) else host
    return f"{scheme}://{host}"


def find_client(peer: str | None, headers: MultiMapping[str], *, peer_is_trusted: bool) -> str:
    """The address of the client: the peer's, or the one that a trusted proxy says it speaks for.

    The last entry of `X-Forwarded-For` is the one that the proxy itself wrote; it may have added it on a line
    of its own below one that the client wrote. Where it is no address (`unknown`), the peer is the client.
    """
    address = None
    if peer_is_trusted:
        entries = ",".join(headers.getall("X-Forwarded-For", ()))
        address = read_address(entries.rpartition(",")[2])
    return plain_address(peer) if address is None else str(address)


def neighbourhood(address: str) -> str:
    """What one client has to itself: an IPv4 address, or the 64 bits before a host's own part in IPv6."""
    host = read_address(address)
    if host is None:
        return address
    if isinstance(host, IPv4Address):
        return str(host)
    return str(ip_network((host, IPV6_PREFIX_BITS), strict=False).network_address)


def _first(value: str) -> str:
    return value.partition(",")[0].strip()
