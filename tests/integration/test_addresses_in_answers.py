"""The addresses in answers: link.self, Location and paging begin with what clients know the service by."""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from adapter.lab.fake_ami import FakeAmi
from tests.integration.harness import REQUEST, Service, running_service

PUBLIC = "https://uapi.example.com/pbx"
FRONT = "https://front.example.com"
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "front.example.com"}
US, OTHERS = (ip_network("127.0.0.1/32"),), (ip_network("192.0.2.0/24"),)


async def addresses(service: Service, headers: dict[str, str]) -> set[str]:
    """What every address in a page of the list, in one call and in a 202 begins with."""
    page = "/uapi/phoneCalls/@me/@self?count=1&startIndex=1"
    listed: dict[str, Any] = (await service.request("GET", page, headers=headers)).json
    [call] = listed["entry"]
    path = f"/uapi/phoneCalls/@me/{call['extension']}/{call['id']}"
    one: dict[str, Any] = (await service.request("GET", path, headers=headers)).json
    rung = await service.request("PUT", path, body=REQUEST, headers=headers)
    assert rung.status == 202, rung
    accepted: dict[str, Any] = rung.json
    found = {call["link"]["self"], one["link"]["self"], accepted["link"]["self"]}
    assert {address.partition("/uapi/")[2] for address in found} == {path.removeprefix("/uapi/")}
    pages = {listed["paging"]["next"], listed["paging"]["prev"]}
    assert len(pages) == 2
    all_of_them = found | pages | {rung.headers["Location"]}
    return {address.partition("/uapi/")[0] for address in all_of_them}


@pytest.mark.parametrize(
    ("settings", "headers", "expected"),
    [
        ({}, {}, "{url}"),
        ({}, FORWARDED, "{url}"),
        ({"trusted_proxies": OTHERS}, FORWARDED, "{url}"),
        ({"trusted_proxies": US}, {}, "{url}"),
        ({"trusted_proxies": US}, FORWARDED, FRONT),
        ({"trusted_proxies": US}, {"X-Forwarded-Proto": "javascript"}, "{url}"),
        ({}, {"Host": "known.example.com:8080"}, "http://known.example.com:8080"),
        ({"public_url": PUBLIC}, {}, PUBLIC),
        ({"public_url": PUBLIC + "/", "trusted_proxies": US}, FORWARDED, PUBLIC),
    ],
)
async def test_addresses_begin_with_what_the_operator_the_proxy_or_the_request_says(
    ami: FakeAmi, directory: Path, settings: dict[str, Any], headers: dict[str, str], expected: str
) -> None:
    """In this order; a proxy that is not trusted says nothing."""
    for _ in range(3):
        ami.pbx.add_trunk_call()
    async with running_service(ami, directory, **settings) as service:
        await service.until_link("READY")
        assert await addresses(service, headers) == {expected.replace("{url}", service.url)}
