"""What the field sends that is no HTTP, or HTTP of another kind: nobody else is troubled by it."""

import asyncio
import gzip
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until, until_seen
from tests.integration.harness import REQUEST, Service, running_service, token
from tests.integration.raw_http import RawAnswer, ask, exchange, read_answer, request
from tests.integration.test_operations import read_metrics

LIST = "/uapi/phoneCalls/@me/@self"
HOST = "Host: pbx.example:8443"
AUTHORIZED = f"Authorization: Bearer {token()}"
JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"
GOOD_FORM = b"grant_type=client_credentials&client_id=wallboard&client_secret=demo-secret"
REFUSED = ("400", "other", "none")


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """All that is logged from INFO on."""
    with caplog.at_level(logging.INFO):
        yield caplog


# -- what the parser refuses -----------------------------------------------------------------------

NO_HTTP = {
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "garbage": b"\x00\xff\xfe\r\n\r\n",
    "a TLS hello": bytes.fromhex("16030100c8010000c40303") + bytes(100),
    "a long URL": b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long header": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 9_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 500 + b"\r\n",
    "a NUL": b"GET / HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n",
    "two lengths": b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "no length": b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "another version": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("sent", NO_HTTP.values(), ids=NO_HTTP)
async def test_what_is_no_http_is_one_line_one_count_and_the_errors_body(
    service: Service, lines: pytest.LogCaptureFixture, sent: bytes
) -> None:
    """400 request_malformed, whatever is wrong; the line is short and repeats nothing of what was sent."""
    before = await read_metrics(service)
    lines.clear()
    answer = await ask(service, sent)
    assert (answer.status, answer.code) == (400, "request_malformed")
    [record] = [one for one in lines.records if one.name != "adapter.monitoring.access_log"]
    assert record.getMessage() == "refused"
    assert record.exc_info is None
    assert vars(record)["remote"] == "127.0.0.1"
    assert "aaa" not in str(vars(record)["why"])
    after = await read_metrics(service)
    counted = after["uapi_http_requests_total", REFUSED] - before.get(
        ("uapi_http_requests_total", REFUSED), 0
    )
    assert counted == 1


async def test_many_requests_that_are_no_http_are_few_lines_and_all_counted(
    service: Service, lines: pytest.LogCaptureFixture
) -> None:
    """Anybody can send them: the log is not theirs to fill."""
    for _ in range(4):
        await asyncio.gather(*(exchange(service, NO_HTTP["no host"]) for _ in range(50)))
    written = [one for one in lines.records if one.getMessage() == "refused"]
    assert 1 <= len(written) <= 60
    assert not [one for one in lines.records if one.exc_info or one.levelno > logging.INFO]
    assert (await read_metrics(service))["uapi_http_requests_total", REFUSED] == 200
    await asyncio.sleep(0.5)  # longer than until the next line may be written
    await exchange(service, NO_HTTP["no host"])
    written = [one for one in lines.records if one.getMessage() == "refused"]
    assert sum(vars(one)["left_out"] for one in written) + len(written) == 201


# -- bodies ----------------------------------------------------------------------------------------

BOMB = gzip.compress(bytes(10_000_000))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "GZIP", "identity, gzip", "x"])
@pytest.mark.parametrize("path", ["/health", "/nowhere", "/oauth/token.php", f"{LIST}/x"])
@pytest.mark.parametrize("body", [BOMB, b"plain"], ids=["bomb", "plain"])
async def test_a_compressed_body_is_refused_unread(
    service: Service, path: str, encoding: str, body: bytes
) -> None:
    """415 on any address, before a token is looked at."""
    sent = request("PUT", path, HOST, JSON, f"Content-Encoding: {encoding}", body=body)
    answer = await ask(service, sent)
    assert (answer.status, answer.code) == (415, "content_encoding_invalid")
    assert answer.headers["accept-encoding"] == "identity"


async def test_a_body_in_no_encoding_may_say_so(service: Service) -> None:
    """`identity` means as it is."""
    sent = request("POST", "/oauth/token.php", HOST, FORM, "Content-Encoding: identity", body=GOOD_FORM)
    assert (await ask(service, sent)).status == 200


@pytest.mark.parametrize("chunk", [b"x\r\n", b"1\r\nabc\r\n", b"-1\r\n\r\n", b"ffffffffffffffffff\r\n"])
async def test_a_body_in_broken_chunks_is_the_clients_doing(
    service: Service, lines: pytest.LogCaptureFixture, chunk: bytes
) -> None:
    """400, and nothing of it in the log but a line."""
    head = request("PUT", f"{LIST}/x", HOST, AUTHORIZED, JSON, "Transfer-Encoding: chunked")
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(head)
    await service.link()  # what was sent before has been read
    writer.write(chunk)
    async with asyncio.timeout(5):
        answer = read_answer(await reader.read())
    writer.close()
    assert (answer.status, answer.code) == (400, "request_malformed")
    assert not [one for one in lines.records if one.exc_info or one.levelno > logging.INFO]


@pytest.mark.parametrize("path", [f"PUT {LIST}/x", "POST /oauth/token.php"])
async def test_a_client_that_leaves_in_mid_body_is_no_error_of_the_service(
    service: Service, lines: pytest.LogCaptureFixture, path: str
) -> None:
    """It is counted as a bad request."""
    content_type = JSON if path.startswith("PUT") else FORM
    head = f"{path} HTTP/1.1\r\n{HOST}\r\n{AUTHORIZED}\r\n{content_type}\r\nContent-Length: 99\r\n\r\n"
    _reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(head.encode() + b"a")
    await service.link()  # what was sent before has been read
    writer.transport.abort()

    async def statuses() -> set[str]:
        samples = await read_metrics(service)
        return {labels[0] for name, labels in samples if name == "uapi_http_requests_total"}

    found = await until_seen(statuses, lambda found: "400" in found)
    assert not {status for status in found if status.startswith("5")}
    assert not [one for one in lines.records if one.exc_info or one.levelno > logging.INFO]


@pytest.mark.parametrize("charset", ["punycode", "idna", "undefined", "utf-7", "latin-1", "utf-16", "rot13"])
async def test_text_is_utf_8_or_ascii(service: Service, charset: str) -> None:
    """Of other charsets some cost seconds, some are none, and some are another text."""
    sent = request("POST", "/oauth/token.php", HOST, f"{FORM}; charset={charset}", body=GOOD_FORM)
    answer = await ask(service, sent)
    assert (answer.status, json.loads(answer.body)) == (400, {"error": "invalid_request"})
    sent = request("PUT", f"{LIST}/x", HOST, AUTHORIZED, f"{JSON}; charset={charset}", body=b"{}")
    answer = await ask(service, sent)
    assert (answer.status, answer.code) == (415, "content_type_invalid")


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "us-ascii"])
async def test_utf_8_and_ascii_may_be_named(service: Service, charset: str) -> None:
    """As clients do."""
    sent = request("POST", "/oauth/token.php", HOST, f"{FORM}; charset={charset}", body=GOOD_FORM)
    assert (await ask(service, sent)).status == 200
    sent = request("PUT", f"{LIST}/x", HOST, AUTHORIZED, f"{JSON}; charset={charset}", body=b"{}")
    assert (await ask(service, sent)).code == "action_invalid"


@pytest.mark.parametrize(
    "form",
    [
        GOOD_FORM + b"&client_secret=x",
        b"client_id=x&" + GOOD_FORM,
        GOOD_FORM + b"&type=a&type=b",
        GOOD_FORM + b"\xff",
    ],
)
async def test_a_form_field_that_stands_twice_is_refused(service: Service, form: bytes) -> None:
    """RFC 6749: parameters are not to be included more than once. Nor is anything read that is no UTF-8."""
    answer = await ask(service, request("POST", "/oauth/token.php", HOST, FORM, body=form))
    assert (answer.status, json.loads(answer.body)) == (400, {"error": "invalid_request"})


@pytest.mark.parametrize(
    "basic",
    ["\xff\xfe", "d2FsbGJvYXJk\xe9", "/////w=="],
    ids=["no ASCII", "not all ASCII", "no UTF-8"],
)
async def test_basic_that_cannot_be_read_is_refused(service: Service, basic: str) -> None:
    """400, as the form beside it does not count."""
    sent = request("POST", "/oauth/token.php", HOST, FORM, f"Authorization: Basic {basic}", body=GOOD_FORM)
    answer = await ask(service, sent)
    assert (answer.status, json.loads(answer.body)) == (400, {"error": "invalid_request"})


async def test_an_address_that_guesses_is_refused_before_its_body_is_read(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """429 while the body has not come."""
    assert agent
    async with running_service(ami, directory, login_failures_per_min=1.0) as service:
        wrong = GOOD_FORM.replace(b"demo-secret", b"wrong")
        answer = await ask(service, request("POST", "/oauth/token.php", HOST, FORM, body=wrong))
        assert answer.status == 401
        sent = request("POST", "/oauth/token.php", HOST, FORM, "Content-Length: 99")
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(sent)
        async with asyncio.timeout(2):
            assert (await reader.readline()).startswith(b"HTTP/1.1 429 ")
        writer.close()


# -- headers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Authorization", "Content-Type", "Last-Event-ID", "Origin"])
@pytest.mark.parametrize("path", [LIST, "/health", "/nowhere"])
async def test_a_header_that_stands_twice_is_refused(service: Service, name: str, path: str) -> None:
    """The first would be taken in silence; a proxy in front may take the other."""
    value = {"Authorization": AUTHORIZED, "Content-Type": JSON}.get(name, f"{name}: x")
    answer = await ask(service, request("GET", path, HOST, value, value))
    assert (answer.status, answer.code) == (400, "request_malformed")


@pytest.mark.parametrize("authorization", ["Bearer \xff", "\xe9 x", "Bearer a.\xff.c"])
async def test_a_token_with_other_letters_is_no_token(service: Service, authorization: str) -> None:
    """401, as of any other."""
    answer = await ask(service, request("GET", LIST, HOST, f"Authorization: {authorization}"))
    assert (answer.status, answer.code) == (401, "access_denied")


@pytest.mark.parametrize(
    "host", ["\xff\xfe", "a b", "a/b", "a@b", "<x>", "a:b", "a:1234567", "[::1", "\xe9.example"]
)
async def test_a_host_that_is_none_is_refused(service: Service, host: str) -> None:
    """Links begin with it."""
    answer = await ask(service, request("GET", LIST, f"Host: {host}", AUTHORIZED))
    assert (answer.status, answer.code) == (400, "request_malformed")


@pytest.mark.parametrize(
    "accept", ["version=x", "version=1.x", "version=;", "version=1.0.0.0.0", "version=99999999999999999999"]
)
async def test_a_version_that_is_none_is_no_error_of_the_service(service: Service, accept: str) -> None:
    """Of the metrics' format: 400, or the format that comes nearest."""
    sent = request("GET", "/metrics", HOST, f"Accept: application/openmetrics-text; {accept}")
    assert (await ask(service, sent)).status in (200, 400)


async def test_no_answer_names_versions(service: Service) -> None:
    """Whoever looks for known holes gets no list."""
    for sent in (request("GET", "/health", HOST), NO_HTTP["garbage"], request("GET", "/nowhere", HOST)):
        assert (await ask(service, sent)).headers["server"] == "uapi-adapter"


@pytest.mark.parametrize("expected", ["100-continue", "100-Continue"])
async def test_a_client_that_waits_to_send_its_body_is_told_to(service: Service, expected: str) -> None:
    """When its body is wanted, and not before it is known who asks."""
    head = request("PUT", f"{LIST}/x", HOST, AUTHORIZED, JSON, f"Expect: {expected}", "Content-Length: 2")
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(head)
    async with asyncio.timeout(5):
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"{}")
        assert read_answer(await reader.read()).code == "action_invalid"
    writer.close()
    answer = await ask(service, head.replace(AUTHORIZED.encode(), b"X: y"))
    assert (answer.status, answer.headers["connection"]) == (401, "close")


async def test_what_else_a_client_expects_does_no_harm(service: Service) -> None:
    """It used to be answered in another form, and uncounted."""
    assert (await ask(service, request("GET", "/health", HOST, "Expect: tea"))).status == 200


# -- addresses -------------------------------------------------------------------------------------


async def link(service: Service, sent: bytes) -> str:
    """Where the one call is, as a list says that is asked for like this."""
    answer = await ask(service, sent)
    assert answer.status == 200, answer
    return str(json.loads(answer.body)["entry"][0]["link"]["self"])


async def test_links_have_the_port_however_the_host_is_named(service: Service) -> None:
    """In HTTP/1.0 without a host, by an absolute address, which goes before Host, in IPv6."""
    path = f"/uapi/phoneCalls/@me/0003*210/{await service.call_id()}"
    address = "/uapi/phoneCalls/@me/0003*210"
    assert await link(service, request("GET", address, HOST, AUTHORIZED)) == f"http://pbx.example:8443{path}"
    old = request("GET", address, AUTHORIZED, version="1.0")
    assert await link(service, old) == f"http://127.0.0.1:{service.port}{path}"
    empty = request("GET", address, "Host:", AUTHORIZED, version="1.0")
    assert await link(service, empty) == f"http://127.0.0.1:{service.port}{path}"
    for host in ("other.example:81", "other.example", "[::1]:81"):
        absolute = request("GET", f"http://{host}{address}", HOST, AUTHORIZED)
        assert await link(service, absolute) == f"http://{host}{path}"
    six = request("GET", address, "Host: [2001:db8::1]:8080", AUTHORIZED)
    assert await link(service, six) == f"http://[2001:db8::1]:8080{path}"


@pytest.mark.parametrize(
    "path",
    [f"/{LIST}", f"//{LIST}/", "//unifiedapi//phoneCalls///@me/@self//", f"http://pbx.example:1/{LIST}"],
)
async def test_doubled_slashes_mean_one(service: Service, path: str) -> None:
    """The founding document's own link has `//uapi/`."""
    answer = await ask(service, request("GET", f"{path}?count=1", HOST, AUTHORIZED))
    assert (answer.status, json.loads(answer.body)["itemsPerPage"]) == (200, 1)


# -- connections -----------------------------------------------------------------------------------


async def answered(service: Service, *headers: str) -> RawAnswer:
    """An answer on a connection that may go on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write("\r\n".join(("GET /health HTTP/1.1", HOST, *headers, "", "")).encode())
    async with asyncio.timeout(5):
        head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return read_answer(head)


async def test_how_long_a_connection_may_be_idle_is_announced(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """75 s unless set otherwise: longer than proxies keep theirs."""
    assert agent
    async with running_service(ami, directory) as service:
        head = (await answered(service)).headers
        assert (head["keep-alive"], "connection" in head) == ("timeout=75", False)
        head = (await answered(service, "Connection: close")).headers
        assert ("keep-alive" in head, head["connection"]) == (False, "close")


async def test_the_last_answer_of_a_service_that_stops_says_so(service: Service, ami: FakeAmi) -> None:
    """Else a proxy would send the next request on a connection that is about to end."""
    body = json.dumps(REQUEST).encode()
    head = (
        f"PUT /uapi/phoneCalls/@me/0003*210/{await service.call_id()} HTTP/1.1\r\n{HOST}\r\n{AUTHORIZED}\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(f"{head}{JSON}\r\nPrefer: wait=20\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    await until(lambda: ami.took("Originate"))
    stopping = asyncio.create_task(service.runner.cleanup())
    async with asyncio.timeout(5):
        answer = read_answer(await reader.read())
        await stopping
    assert (answer.status, answer.headers["connection"]) == (503, "close")
    writer.close()
