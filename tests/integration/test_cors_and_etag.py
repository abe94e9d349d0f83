"""Pages of other origins, OPTIONS and HEAD; and lists that did not change."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from multidict import CIMultiDict

from adapter.app import reload_directory
from adapter.lab import fake_ami_events as say
from adapter.lab.adapter_process import Answer
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel, FakeState
from adapter.lab.polling import until_seen
from tests.integration.harness import Service, code_of, running_service, token, until_taken
from tests.integration.rewriting import reload, replaced, rewrite

PAGE = "https://desk.example.com"
LIST = "/uapi/phoneCalls/@me/@self"
PREFLIGHT = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "PUT",
    "Access-Control-Request-Headers": "authorization,content-type,prefer",
}


@pytest.fixture
async def open_service(ami: FakeAmi, agent: FakeChannel, directory: Path) -> AsyncIterator[Service]:
    """The adapter, with one origin allowed."""
    assert agent
    async with running_service(ami, directory, cors_origins=(PAGE, "http://localhost:3000")) as running:
        await running.until_link("READY")
        yield running


def header(answer: Answer, name: str) -> str | None:
    """The header's values, joined by commas; whatever its letters' size."""
    found = [value for header, value in answer.headers.items() if header.lower() == name.lower()]
    return ", ".join(found) if found else None


def cors(answer: Answer) -> list[str]:
    return [name for name in answer.headers if name.lower().startswith("access-control-")]


def listed(value: str | None) -> set[str]:
    return {item.strip() for item in (value or "").split(",") if item.strip()}


async def varied_by(service: Service, method: str, path: str, origin: str) -> set[str]:
    """What an answer varies by, over all its Vary headers."""
    sent = {"Origin": origin, "Authorization": f"Bearer {token()}"}
    async with aiohttp.request(method, service.url + path, headers=sent) as answer:
        return listed(", ".join(answer.headers.getall("Vary", ())))


# -- origins -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{"Origin": PAGE}, PREFLIGHT, {"Origin": "null"}])
async def test_without_the_setting_no_answer_speaks_of_origins(
    service: Service, headers: dict[str, str]
) -> None:
    """Neither to a page nor to its preflight, whether the answer is good, an error or none at all."""
    for method, path in (("GET", LIST), ("OPTIONS", LIST), ("GET", "/nowhere"), ("PUT", LIST)):
        answer = await service.request(method, path, headers=headers)
        assert cors(answer) == []
        assert "Origin" not in await varied_by(service, method, path, headers["Origin"])


@pytest.mark.parametrize(
    ("method", "path", "client", "status"),
    [
        ("GET", LIST, "wallboard", 200),
        ("HEAD", LIST, "wallboard", 200),
        ("GET", LIST, None, 401),
        ("GET", "/nowhere", None, 404),
        ("DELETE", LIST + "/x", "wallboard", 501),
        ("POST", LIST, "wallboard", 405),
        ("POST", "/oauth/token.php", None, 400),
    ],
)
async def test_an_allowed_origin_may_read_every_answer(
    open_service: Service, method: str, path: str, client: str | None, status: int
) -> None:
    """Errors too, and the headers that clients need; caches are told that it depends on the origin."""
    answer = await open_service.request(method, path, client=client, headers={"Origin": PAGE})
    assert answer.status == status
    assert header(answer, "Access-Control-Allow-Origin") == PAGE
    exposed = listed(header(answer, "Access-Control-Expose-Headers"))
    assert exposed >= {"ETag", "Location", "Preference-Applied", "Retry-After"}
    assert header(answer, "Access-Control-Allow-Credentials") is None
    assert "Origin" in await varied_by(open_service, method, path, PAGE)


@pytest.mark.parametrize(
    "origin",
    [
        PAGE + ".evil.example",
        "https://evil-desk.example.com",
        "http://desk.example.com",
        PAGE + ":8443",
        PAGE + "/",
        PAGE.upper(),
        "null",
        "*",
        "",
        "http://localhost:300",
        f"{PAGE}, http://localhost:3000",
    ],
)
async def test_no_other_origin_may_read_anything(open_service: Service, origin: str) -> None:
    """Nearly the same is another; the answer varies by origin all the same, for caches."""
    for method, headers in (("GET", {}), ("OPTIONS", PREFLIGHT)):
        answer = await open_service.request(method, LIST, headers={**headers, "Origin": origin})
        assert cors(answer) == []
        assert "Origin" in await varied_by(open_service, method, LIST, origin)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        (LIST, {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}),
        (LIST + "/", {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}),
        ("/unifiedapi/phoneCalls/%40me/0003%2A210/x", {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}),
        ("/oauth/token.php", {"POST", "OPTIONS"}),
    ],
)
async def test_a_preflight_is_told_what_a_page_may_send(
    open_service: Service, path: str, methods: set[str]
) -> None:
    """Without a token, which a browser does not send with it: 204 and nothing in it."""
    answer = await open_service.request("OPTIONS", path, client=None, headers=PREFLIGHT)
    assert (answer.status, answer.text) == (204, "")
    assert header(answer, "Access-Control-Allow-Origin") == PAGE
    assert listed(header(answer, "Access-Control-Allow-Methods")) == methods
    allowed = {name.lower() for name in listed(header(answer, "Access-Control-Allow-Headers"))}
    assert allowed >= {"authorization", "content-type", "if-none-match", "prefer"}
    assert int(header(answer, "Access-Control-Max-Age") or 0) > 0


# -- OPTIONS and HEAD ----------------------------------------------------------------------------------


async def test_options_is_answered_with_the_addresss_methods(service: Service) -> None:
    """204 and Allow, without a token; 404 where there is no such address."""
    answer = await service.request("OPTIONS", LIST + "/x", client=None)
    assert (answer.status, answer.text) == (204, "")
    assert listed(header(answer, "Allow")) == {"DELETE", "GET", "HEAD", "OPTIONS", "PUT"}
    unknown = await service.request("OPTIONS", "/nowhere", client=None)
    assert (unknown.status, code_of(unknown)) == (404, "resource_not_found")


async def test_a_method_that_is_not_served_is_told_the_same_ones(service: Service) -> None:
    """405 names in Allow what OPTIONS does."""
    refused = await service.request("POST", LIST)
    assert (refused.status, code_of(refused)) == (405, "method_not_allowed")
    assert listed(header(refused, "Allow")) == listed(header(await service.request("OPTIONS", LIST), "Allow"))


@pytest.mark.parametrize("client", ["wallboard", None])
@pytest.mark.parametrize("path", [LIST, LIST + "/{call_id}", LIST + "/" + "f" * 20, "/nowhere", "/health"])
async def test_head_is_get_without_the_body(service: Service, path: str, client: str | None) -> None:
    """Status and headers are the same, the length of what GET would send among them."""
    path = path.replace("{call_id}", await service.call_id())
    get, head = [await service.request(method, path, client=client) for method in ("GET", "HEAD")]
    assert head.text == ""
    assert (head.status, comparable(head)) == (get.status, comparable(get))


def comparable(answer: Answer) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items() if name != "Date"}


# -- lists that did not change -------------------------------------------------------------------------


async def ask(
    service: Service, tag: str | None = None, path: str = LIST, client: str = "wallboard"
) -> Answer:
    """GET a list, if it is another than that of the tag."""
    headers = {} if tag is None else {"If-None-Match": tag}
    return await service.request("GET", path, client=client, headers=headers)


async def tag_of(service: Service) -> str:
    answer = await ask(service)
    tag = header(answer, "ETag")
    assert tag is not None
    assert answer.status == 200
    assert tag.startswith('"')
    assert tag.endswith('"')
    return tag


async def test_the_same_list_is_not_sent_again(service: Service) -> None:
    """304, nothing in it, and the headers that the 200 had, as a 304 must have them."""
    first = await ask(service)
    tag = await tag_of(service)
    again = await ask(service, tag)
    assert (again.status, again.text) == (304, "")
    for name in ("ETag", "Cache-Control", "Vary"):
        assert header(again, name) == header(first, name), name


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ("{}", 304),
        ("W/{}", 304),
        ('"x", {}', 304),
        ('"x",{},"y"', 304),
        ('"x" , W/{} , "y"', 304),
        ("*", 304),
        (" * ", 304),
        ('"x"', 200),
        ('"x", "y"', 200),
        ('"*"', 200),
        ("", 200),
        ("{}x", 200),
    ],
)
async def test_if_none_match_is_read_as_rfc_9110_writes_it(service: Service, form: str, status: int) -> None:
    """One tag, several, the weak form ("a recipient MUST use the weak comparison"), or `*` for any."""
    assert (await ask(service, form.replace("{}", await tag_of(service)))).status == status


async def test_if_none_match_may_stand_in_several_lines(service: Service) -> None:
    """They are one list (RFC 9110, section 5.3), whichever line has the tag."""
    tag = await tag_of(service)
    url, sent = f"{service.url}{LIST}", CIMultiDict({"Authorization": f"Bearer {token()}"})
    for lines, status in ((('"x"', tag), 304), ((tag, '"x"'), 304), (('"x"', '"y"'), 200)):
        headers = CIMultiDict([*sent.items(), *(("If-None-Match", line) for line in lines)])
        async with aiohttp.request("GET", url, headers=headers) as answer:
            assert answer.status == status, lines


async def test_what_another_question_or_account_has_seen_is_no_ones_tag(service: Service) -> None:
    """The tag is of the whole answer: another query, address, or account is 200 with its own."""
    tag, seen = await tag_of(service), set()
    questions = [
        (LIST + "?count=1", "wallboard"),
        (LIST + "?fields=id", "wallboard"),
        ("/uapi/phoneCalls/@viewer/@self", "wallboard"),
        ("/uapi/phoneCalls/@me/0003*210", "wallboard"),
        (LIST, "agent-desktop"),
        (LIST, "operator"),
        (LIST, "stranger"),
    ]
    for path, client in questions:
        answer = await ask(service, tag, path, client)
        assert answer.status == 200, (path, client)
        seen.add(header(answer, "ETag"))
    assert len(seen | {tag}) == len(questions) + 1


async def test_every_change_of_a_call_is_another_list(
    service: Service, ami: FakeAmi, agent: FakeChannel
) -> None:
    """It begins, is answered, renamed, ends; a supervisor joins, and is renamed: each is sent."""
    tag = await tag_of(service)

    async def shows(text: str) -> None:
        nonlocal tag
        await until_seen(lambda: ask(service), lambda answer: text in answer.text)
        answer = await ask(service, tag)
        assert answer.status == 200, text
        tag = str(header(answer, "ETag"))

    other = FakeChannel("PJSIP/0003*211-000000aa", "77.1", "77.1", FakeState.RING, caller=("Ann", "1"))
    call_id = await service.call_id()
    ami.emit(say.channel_event("Newchannel", 1e9, other))
    await shows('"totalResults":2')
    ami.emit(say.channel_event("Newstate", 1e9, replace(other, state=FakeState.UP)))
    await shows('"answered":"2001-09-09')
    ami.emit(say.channel_event("NewConnectedLine", 1e9, replace(agent, connected=("Bob", "2"))))
    await shows("Bob <2>")
    ami.emit(say.hangup(1e9, other, 16))
    await shows('"totalResults":1')
    await service.barge_in(call_id)
    ring = (await until_taken(ami, "Originate"))["ChannelId"]
    ami.pbx.pick_up(ring)
    ami.pbx.join(ring)
    await shows("John Doe <42420042>")
    renamed = replace(ami.pbx.channels[ring], connected=("Renamed", "99"))
    ami.emit(say.channel_event("NewConnectedLine", 1e9, renamed))
    await shows("Renamed <99>")


async def test_a_directory_that_is_read_again_is_another_list(service: Service, directory: Path) -> None:
    """It names what the list shows; one that is refused changes nothing."""
    tag = await tag_of(service)
    rewrite(directory, lambda text: "{" + text)
    assert not await reload_directory(service.app)
    assert (await ask(service, tag)).status == 304
    rewrite(directory, lambda text: text.removeprefix("{"))
    await reload(service, directory, replaced("name: Default Organization", "name: Renamed"))
    answer = await ask(service, tag)
    assert answer.status == 200
    assert "Renamed" in answer.text
    assert header(answer, "ETag") != tag
