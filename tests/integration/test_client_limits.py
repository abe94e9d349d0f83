"""How much one client may ask for, how much it may send, and whom we believe that it is."""

import asyncio
import time
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import pytest

from adapter.lab.adapter_process import Answer
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until, until_seen
from tests.integration.harness import REQUEST, Service, code_of, running_service, token

LIST = "/uapi/phoneCalls/@me/@self"
PROXY = (ip_network("127.0.0.0/8"),)
FAILURES = 4
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def limited(ami: FakeAmi, agent: FakeChannel, directory: Path) -> AsyncIterator[Service]:
    """An adapter with few requests, few wrong secrets and little patience; behind a proxy, which we are."""
    assert agent
    settings = {"requests_per_s": 2.0, "login_failures_per_min": float(FAILURES), "request_timeout_s": 0.4}
    async with running_service(ami, directory, trusted_proxies=PROXY, **settings) as running:
        await running.until_link("READY")
        yield running


async def log_in(
    service: Service, secret: str, client_id: str = "wallboard", came_from: str = "", *, basic: bool = False
) -> Answer:
    data = f"grant_type=client_credentials&client_id={client_id}&client_secret={secret}".encode()
    headers = {"Content-Type": FORM}
    if came_from:
        headers["X-Forwarded-For"] = came_from
    if basic:
        headers["Authorization"] = aiohttp.encode_basic_auth(client_id, secret)
        data = b"grant_type=client_credentials"
    return await service.request("POST", "/oauth/token.php", client=None, data=data, headers=headers)


def is_too_many(answer: Answer, at_most_s: int = 60) -> bool:
    """Whether it is a whole 429: code, and a Retry-After that is no lie."""
    if answer.status != 429:
        return False
    assert code_of(answer) == "too_many_requests"
    assert 1 <= int(answer.headers["Retry-After"]) <= at_most_s
    return True


# -- requests ------------------------------------------------------------------------------------------


async def test_who_asks_too_often_waits_and_nobody_else_does(limited: Service, ami: FakeAmi) -> None:
    """Twice the rate at once, then 429 until Retry-After is over; other Apps are answered meanwhile."""
    answers = [await limited.get() for _ in range(8)]
    assert [answer.status for answer in answers] == [200] * 4 + [429] * 4
    assert all(is_too_many(answer, 1) for answer in answers[4:])
    assert is_too_many(await limited.barge_in("f" * 20), 1)
    assert not ami.took("Originate")
    for other in ("agent-desktop", "operator", "stranger"):
        assert (await limited.get(client=other)).status == 200
    assert (await limited.request("GET", "/health", client=None)).status == 200

    await until_seen(limited.get, lambda answer: answer.status == 200, within=1.5)


async def test_strangers_without_a_token_take_nothing_from_an_app(limited: Service) -> None:
    """Only whose token is good is counted: a forged one for the App does not lock it out."""
    forged = {"Authorization": f"Bearer {token()}x"}
    for _ in range(10):
        assert (await limited.request("GET", LIST, client=None, headers=forged)).status == 401
    assert (await limited.get()).status == 200


# -- secrets -------------------------------------------------------------------------------------------


async def test_wrong_secrets_from_one_address_do_not_lock_the_client_out_from_others(
    limited: Service,
) -> None:
    """Anybody may know a client id: who guesses waits, with the right secret too, by form or Basic."""
    for _ in range(FAILURES):
        assert (await log_in(limited, "wrong", came_from="192.0.2.1")).status == 401
    for basic in (False, True):
        assert is_too_many(await log_in(limited, "demo-secret", came_from="192.0.2.1", basic=basic))
        assert (await log_in(limited, "demo-secret", came_from="192.0.2.2", basic=basic)).status == 200


async def test_after_very_many_wrong_secrets_a_client_waits_wherever_it_comes_from(
    ami: FakeAmi, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guessing from many addresses has an end too; other clients go on."""
    monkeypatch.setattr("adapter.auth.token_endpoint.CLIENT_FACTOR", 2)
    # One more is allowed only after half a minute, however slowly the machine checks a secret.
    few = {"login_failures_per_min": 1.0, "trusted_proxies": PROXY}
    async with running_service(ami, directory, **few) as service:
        for count in range(2):
            assert (await log_in(service, "wrong", came_from=f"192.0.2.{count}")).status == 401
        for basic in (False, True):
            assert is_too_many(await log_in(service, "demo-secret", came_from="192.0.2.99", basic=basic))
        assert (await log_in(service, "demo-secret", "operator", "192.0.2.99")).status == 200


async def test_the_right_secret_does_not_wait_for_those_who_guess(ami: FakeAmi, directory: Path) -> None:
    """Behind a proxy with many addresses: most guesses are refused unchecked, and the App goes first."""
    many = {"login_failures_per_min": 100.0, "trusted_proxies": PROXY}
    addresses = [f"192.0.2.{count}" for count in range(10)]
    async with running_service(ami, directory, **many) as service:
        for address in addresses:
            assert (await log_in(service, "wrong", came_from=address)).status == 401
        guesses = [
            asyncio.create_task(log_in(service, "wrong", "operator", address)) for address in addresses * 10
        ]
        await until(lambda: any(guess.done() for guess in guesses))
        assert (await log_in(service, "demo-secret", came_from="198.51.100.1")).status == 200
        assert not all(guess.done() for guess in guesses), "it came behind all of them"
        refused = [answer for answer in await asyncio.gather(*guesses) if answer.status != 401]
        assert {(answer.status, code_of(answer)) for answer in refused} == {(503, "service_unavailable")}
        assert len(refused) > len(guesses) / 2
        assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)


async def test_a_hosts_many_ipv6_addresses_are_one(limited: Service) -> None:
    """Who has 2^64 of them guesses no more often for it."""
    for count in range(FAILURES):
        assert (await log_in(limited, "wrong", came_from=f"2001:db8:1:2::{count:x}")).status == 401
    assert is_too_many(await log_in(limited, "demo-secret", came_from="2001:db8:1:2:ffff::1"))
    assert (await log_in(limited, "demo-secret", came_from="2001:db8:1:3::1")).status == 200


async def test_after_some_wrong_secrets_an_address_waits_whichever_client_it_tries(limited: Service) -> None:
    """Known or unknown; other addresses go on."""
    tried = ("wallboard", "operator", "nobody", "somebody")
    for client_id in tried:
        assert (await log_in(limited, "wrong", client_id, "192.0.2.1")).status == 401
    assert is_too_many(await log_in(limited, "demo-secret", "stranger", "192.0.2.1"))
    assert (await log_in(limited, "demo-secret", "stranger", "192.0.2.2")).status == 200


async def test_a_good_secret_is_not_counted(limited: Service) -> None:
    """An App may fetch as many tokens as it likes, and its failures do not come sooner for it."""
    for _ in range(FAILURES + 2):
        assert (await log_in(limited, "demo-secret")).status == 200
    for _ in range(FAILURES):
        assert (await log_in(limited, "wrong")).status == 401
    assert is_too_many(await log_in(limited, "demo-secret"))


async def test_wrong_secrets_all_at_once_are_no_more_than_one_after_another(limited: Service) -> None:
    """The limit holds for a client that does not wait for its answers."""
    answers = await asyncio.gather(*(log_in(limited, "wrong") for _ in range(4 * FAILURES)))
    assert [answer.status for answer in answers].count(401) <= FAILURES
    assert is_too_many(await log_in(limited, "demo-secret"))


async def test_an_address_that_the_client_wrote_itself_does_not_count(limited: Service) -> None:
    """Only what the proxy wrote does: the last entry, be it on a line with others or on one of its own."""
    for count in range(FAILURES):
        assert (
            await log_in(limited, "wrong", f"nobody{count}", f"198.51.100.{count}, 192.0.2.1")
        ).status == 401
    assert is_too_many(await log_in(limited, "demo-secret", came_from="198.51.100.77, 192.0.2.1"))
    body = b"grant_type=client_credentials&client_id=wallboard&client_secret=demo-secret"
    lines = [("X-Forwarded-For", "198.51.100.78"), ("X-Forwarded-For", "192.0.2.1"), ("Content-Type", FORM)]
    async with aiohttp.request("POST", f"{limited.url}/oauth/token.php", data=body, headers=lines) as answer:
        assert answer.status == 429, "a proxy that adds a line of its own (HAProxy) is not read"


async def test_without_a_trusted_proxy_the_address_is_the_connections(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """Whatever X-Forwarded-For says, anybody can write it."""
    assert agent
    async with running_service(ami, directory, login_failures_per_min=float(FAILURES)) as service:
        for count in range(FAILURES):
            answer = await log_in(service, "wrong", f"nobody{count}", f"192.0.2.{count}")
            assert answer.status == 401
        assert is_too_many(await log_in(service, "demo-secret", came_from="192.0.2.99"))


# -- sizes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_64_kib_is_refused(service: Service, ami: FakeAmi, *, chunked: bool) -> None:
    """413 with our body, of known length or not, to a call and to the token endpoint; just below is read."""
    head = {"Authorization": f"Bearer {token()}", "Content-Type": "application/json"}
    for path, headers in ((LIST + "/x", head), ("/oauth/token.php", {"Content-Type": FORM})):
        method = "PUT" if path.startswith(LIST) else "POST"
        for size, is_refused in ((64 * 1024 + 1, True), (64 * 1024 - 1, False)):
            body = b"a" * size
            async with aiohttp.request(
                method, service.url + path, data=in_chunks(body) if chunked else body, headers=headers
            ) as answer:
                found = Answer(answer.status, dict(answer.headers), await answer.text())
            assert (found.status == 413) is is_refused
            assert not is_refused or code_of(found) == "request_too_large"
    assert (await service.get()).status == 200
    assert not ami.took("Originate")


async def in_chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 4096):
        yield body[start : start + 4096]


@pytest.mark.parametrize(
    "head",
    [
        f"GET {LIST} HTTP/1.1\r\nHost: x\r\nX-Long: {'a' * 9000}\r\n\r\n",
        f"GET {LIST}?{'a' * 9000} HTTP/1.1\r\nHost: x\r\n\r\n",
        f"GET {LIST} HTTP/1.1\r\nHost: x\r\n" + "X-Many: a\r\n" * 200 + "\r\n",
        f"GET {LIST} HTTP/1.1\r\nHost: x\r\nX-Long: {'a' * 1_000_000}\r\n\r\n",
        f"GET {LIST} HTTP/1.1\r\nno colon here\r\n\r\n",
        f"GET {LIST} HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\r\n\r\n",
    ],
    ids=["long header", "long address", "many headers", "a megabyte", "no header", "two lengths", "TLS"],
)
async def test_a_head_that_is_none_is_400_and_harms_nobody(
    service: Service, caplog: pytest.LogCaptureFixture, head: str
) -> None:
    """Over HTTP's own limits: an answer, the end of that connection, and the others go on."""
    caplog.set_level("CRITICAL", logger="aiohttp.server")  # it logs what the client did wrong as our error
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(head.encode())
    async with asyncio.timeout(5):
        status = await reader.readline()
        assert status.split()[1] == b"400", status
        while await reader.read(65536):
            pass
    writer.close()
    assert (await service.get()).status == 200


# -- bodies that do not come ---------------------------------------------------------------------------


async def test_a_body_that_does_not_come_is_408(limited: Service, ami: FakeAmi) -> None:
    """Within the operator's limit, in our form, at both places that read one; no phone rings later."""
    authorized = f"Authorization: Bearer {token()}\r\nContent-Type: application/json\r\n"
    heads = (
        f"PUT {LIST}/{await limited.call_id()} HTTP/1.1\r\n{authorized}",
        f"POST /oauth/token.php HTTP/1.1\r\nContent-Type: {FORM}\r\n",
    )
    for head in heads:
        reader, writer = await asyncio.open_connection("127.0.0.1", limited.port)
        writer.write(f"{head}Host: x\r\nContent-Length: {len(str(REQUEST))}\r\n\r\n{{".encode())
        began = time.monotonic()
        async with asyncio.timeout(3):
            answer = await reader.readuntil(b"}}")
        assert answer.startswith(b"HTTP/1.1 408 "), answer
        assert b'"code":"request_timeout"' in answer
        assert 0.3 < time.monotonic() - began < 1.5
        writer.close()
    assert not ami.took("Originate")
