from ipaddress import ip_network

import pytest
from multidict import CIMultiDict

from adapter.http.origin import find_client, find_origin, is_trusted, neighbourhood, plain_address

FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "uapi.example.com"}


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("10.1.2.3", True),
        ("11.1.2.3", False),
        ("::1", True),
        ("::2", False),
        (None, False),
        ("", False),
        ("x", False),
        ("::ffff:10.1.2.3", True),
        ("::ffff:11.1.2.3", False),
        ("::1%lo", True),
    ],
)
def test_only_a_peer_within_the_operators_networks_is_trusted(peer: str | None, *, expected: bool) -> None:
    """Of both families; a peer without an address is nobody."""
    assert is_trusted(peer, [ip_network("10.0.0.0/8"), ip_network("::1/128")]) is expected
    assert not is_trusted(peer, [])


def test_what_the_operator_set_goes_before_everything() -> None:
    """And a slash at its end is not doubled."""
    found = find_origin("https://set.example.com/", "http", "10.0.0.1", FORWARDED, peer_is_trusted=True)
    assert found == "https://set.example.com"


def test_a_trusted_proxy_tells_the_clients_address_of_us() -> None:
    """The first of several, which the proxy nearest to the client wrote."""
    assert (
        find_origin(None, "http", "10.0.0.1", FORWARDED, peer_is_trusted=True) == "https://uapi.example.com"
    )
    chain = {"X-Forwarded-Proto": "HTTPS, http", "X-Forwarded-Host": "a.example.com, b"}
    assert find_origin(None, "http", "10.0.0.1", chain, peer_is_trusted=True) == "https://a.example.com"


def test_from_anybody_else_forwarded_headers_mean_nothing() -> None:
    """Anybody can write them, and an answer's links must not lead where they say."""
    assert (
        find_origin(None, "http", "10.0.0.1:8080", FORWARDED, peer_is_trusted=False) == "http://10.0.0.1:8080"
    )
    headers = CIMultiDict({"X-Forwarded-For": "10.0.0.1"})
    assert find_client("192.0.2.9", headers, peer_is_trusted=False) == "192.0.2.9"


@pytest.mark.parametrize("host", ["", "a b", "x/y", "evil@x", "<x>", "h:port", "[::1"])
def test_a_host_that_is_none_is_not_taken_over(host: str) -> None:
    """Whatever a proxy writes."""
    assert find_origin(None, "http", "h", {"X-Forwarded-Host": host}, peer_is_trusted=True) == "http://h"


@pytest.mark.parametrize(
    ("peer", "shown"),
    [("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("::1", "::1"), ("x", "x"), (None, "")],
)
def test_an_ipv4_address_is_one_in_whatever_family_it_comes(peer: str | None, shown: str) -> None:
    """A socket of both families shows it mapped into IPv6."""
    assert plain_address(peer) == shown
    assert find_client(peer, CIMultiDict(), peer_is_trusted=False) == shown


@pytest.mark.parametrize("proto", ["", "ftp", "javascript", "https:"])
def test_a_scheme_that_is_none_is_not_taken_over(proto: str) -> None:
    """http or https, whatever a proxy writes."""
    headers = {"X-Forwarded-Proto": proto}
    assert find_origin(None, "http", "h", headers, peer_is_trusted=True) == "http://h"


@pytest.mark.parametrize(
    ("lines", "client"),
    [
        (["203.0.113.5"], "203.0.113.5"),
        (["1.1.1.1, 203.0.113.5"], "203.0.113.5"),
        (["1.1.1.1", "203.0.113.5"], "203.0.113.5"),
        (["1.1.1.1", "2.2.2.2, 203.0.113.5"], "203.0.113.5"),
        (["203.0.113.5:4711"], "203.0.113.5"),
        (["1.1.1.1:1, 203.0.113.5:4711"], "203.0.113.5"),
        (["[2001:db8::1]:4711"], "2001:db8::1"),
        (["[2001:db8::1]"], "2001:db8::1"),
        (['"[2001:db8::1]:4711"'], "2001:db8::1"),
        (["2001:DB8:0::1"], "2001:db8::1"),
        (["::ffff:203.0.113.5"], "203.0.113.5"),
        (["[::ffff:203.0.113.5]:4711"], "203.0.113.5"),
        (["::ffff:cb00:7105"], "203.0.113.5"),
        (["unknown"], "10.0.0.1"),
        (["203.0.113.5, _hidden"], "10.0.0.1"),
        (["203.0.113.5:x"], "10.0.0.1"),
        ([" "], "10.0.0.1"),
        ([], "10.0.0.1"),
    ],
)
def test_the_client_is_whom_the_proxy_itself_saw(lines: list[str], client: str) -> None:
    """The last entry of the last line: those before it the client could have written."""
    headers = CIMultiDict([("X-Forwarded-For", line) for line in lines])
    assert find_client("10.0.0.1", headers, peer_is_trusted=True) == client


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("", ""),
        ("unknown", "unknown"),
        ("2001:db8::1%eth0", "2001:db8::"),
        ("2001:db8:0:7:ffff::1", "2001:db8:0:7::"),
        ("2001:db8:0:7::1", "2001:db8:0:7::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("[2001:db8:0:7::1]:4711", "2001:db8:0:7::"),
    ],
)
def test_all_the_addresses_of_one_host_are_one_neighbourhood(address: str, expected: str) -> None:
    """In IPv6 a host has more of them than there is memory; what is no address is itself."""
    assert neighbourhood(address) == expected
