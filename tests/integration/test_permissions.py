"""Who may do what: the levels of an account, supervision groups, and what stands outside both."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapter.app import reload_directory
from adapter.lab.adapter_process import Answer
from adapter.lab.fake_ami import FakeAmi
from tests.integration.harness import REQUEST, Service, code_of
from tests.integration.rewriting import group, never, reload, replaced, rewrite, with_groups, without_groups
from tests.integration.supervising import joined, rung

USER_BUSY = 17
OWN, OTHER_USERS, STRANGERS, NOBODYS = "0003*210", "0003*024", "0004*300", "0009*999"
CALLED_TO = {OWN: "0003*024", OTHER_USERS: "0003*025", STRANGERS: "0004*301"}
"""An extension with a call, and one of its organization whose phone may ring for it."""

SEEN = {
    "list": (200, None),
    "get": (200, None),
    "PUT": (202, None),
    "DELETE": (501, "request_not_implemented"),
}
UNSEEN = dict.fromkeys(SEEN, (400, "extension_invalid"))
CELLS = [
    # the App, its level, whose extension, and what each action answers
    ("agent-desktop", "user", OWN, SEEN),
    ("agent-desktop", "user", OTHER_USERS, UNSEEN),
    ("agent-desktop", "user", STRANGERS, UNSEEN),
    ("wallboard", "organization", OWN, SEEN),
    ("wallboard", "organization", OTHER_USERS, SEEN),
    ("wallboard", "organization", STRANGERS, UNSEEN),
    ("operator", "administrator", OWN, SEEN),
    ("operator", "administrator", OTHER_USERS, SEEN),
    ("operator", "administrator", STRANGERS, SEEN),
]

ALL_MODES = "listen, whisper, barge"


def desk(app: str = "wallboard", modes: str = ALL_MODES) -> Callable[[str], str]:
    """The organization has one group: the user 12 and an App, for the user's extension."""
    return with_groups(group("Desk", f'users: ["12"], apps: [{app}]', '"0003*210"', modes))


FORBIDDEN = (403, "access_forbidden")


@pytest.fixture
def _calls_of_all(ami: FakeAmi) -> None:
    """Besides the call of 0003*210."""
    ami.pbx.add_trunk_call(OTHER_USERS)
    ami.pbx.add_trunk_call(STRANGERS)


async def act(service: Service, client: str, action: str, address: str, call_id: str, *, ring: str) -> Answer:
    path = f"/uapi/phoneCalls/{address}" + ("" if action == "list" else f"/{call_id}")
    method = {"list": "GET", "get": "GET"}.get(action, action)
    body = {**REQUEST, "sendCallTo": ring} if action == "PUT" else None
    return await service.request(method, path, client=client, body=body)


def outcome(answer: Answer) -> tuple[int, object]:
    return answer.status, code_of(answer) if answer.status >= 400 else None


def wire(answer: Answer, probed: str, absent: str) -> tuple[int, dict[str, str], str]:
    """All of an answer but its date, with the id that was probed written as the absent one."""
    headers = {name: value for name, value in answer.headers.items() if name != "Date"}
    return answer.status, headers, answer.text.replace(probed, absent)


@pytest.mark.usefixtures("_calls_of_all")
@pytest.mark.parametrize(("client", "level", "number", "answers"), CELLS)
async def test_the_level_of_an_account_decides_each_action_on_each_extension(
    service: Service, client: str, level: str, number: str, answers: dict[str, tuple[int, str | None]]
) -> None:
    """Own, of the same organization, of another: the status and the code of each cell."""
    call_id = await id_of(service, number)
    found = {
        action: outcome(await act(service, client, action, f"@me/{number}", call_id, ring=CALLED_TO[number]))
        for action in answers
    }
    assert found == answers, level


async def id_of(service: Service, number: str) -> str:
    """The id of the extension's one call, as the administrator sees it."""
    [call] = await service.calls(f"@me/{number}", client="operator")
    return str(call["id"])


@pytest.mark.usefixtures("_calls_of_all")
@pytest.mark.parametrize(
    ("client", "number"), [(client, number) for client, _, number, cell in CELLS if cell is UNSEEN]
)
async def test_what_an_account_may_not_see_is_answered_as_what_does_not_exist(
    service: Service, ami: FakeAmi, client: str, number: str
) -> None:
    """Byte for byte: its extensions, its users, its calls by their ids; nobody's phone rings."""
    call_id, owner = await id_of(service, number), {STRANGERS: "40", OTHER_USERS: "13"}[number]
    probes = [
        # what the account may not see, beside what does not exist
        (f"@me/{number}", call_id, number, f"@me/{NOBODYS}", call_id, NOBODYS),
        (f"{owner}/@self", call_id, owner, "99/@self", call_id, "99"),
        (f"{owner}/{number}", call_id, owner, f"99/{number}", call_id, "99"),
        (f"@owner/{number}", call_id, number, f"@owner/{NOBODYS}", call_id, NOBODYS),
        ("@me/@self", call_id, call_id, "@me/@self", "f" * 20, "f" * 20),
        (f"@me/{OWN}", call_id, call_id, f"@me/{OWN}", "f" * 20, "f" * 20),
    ]
    for address, probed_id, probed, absent_address, absent_id, absent in probes:
        for action in ("list", "get", "PUT", "DELETE"):
            if action == "list" and probed == call_id:
                continue  # a list names no call
            there = await act(service, client, action, address, probed_id, ring=CALLED_TO[OWN])
            not_there = await act(service, client, action, absent_address, absent_id, ring=CALLED_TO[OWN])
            assert wire(there, probed, absent) == wire(not_there, absent, absent), (action, address)
            assert there.status in (400, 501)
    assert not ami.took("Originate")


@pytest.mark.usefixtures("_calls_of_all")
async def test_the_examples_group_works_as_it_is_written(
    service: Service, ami: FakeAmi, directory: Path
) -> None:
    """Its comment taken off: the member supervises its extensions by any phone, nobody else, nothing else."""
    call_id, others_id = await id_of(service, OWN), await id_of(service, OTHER_USERS)
    await reload(service, directory, uncommented)
    outcomes = [
        outcome(await act(service, client, "PUT", f"@me/{number}", call, ring=CALLED_TO[number]))
        for client, number, call in (
            ("agent-desktop", OWN, call_id),
            ("operator", OWN, call_id),
            ("wallboard", OTHER_USERS, others_id),
            ("wallboard", OWN, call_id),
        )
    ]
    assert outcomes == [FORBIDDEN, FORBIDDEN, FORBIDDEN, (202, None)]
    assert len(ami.took("Originate")) == 1


def uncommented(text: str) -> str:
    """The directory with its example of a group in force, as the file itself says to do it."""
    head, begin, rest = text.partition("# supervision_groups:\n")
    example, end, tail = rest.partition("#\n")
    assert begin
    assert end
    return head + "".join(f"{line[2:]}\n" for line in (begin + example).splitlines()) + tail


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        ("", FORBIDDEN),
        ("listen", FORBIDDEN),
        ("whisper", FORBIDDEN),
        ("listen, whisper", FORBIDDEN),
        ("barge", (202, None)),
        (ALL_MODES, (202, None)),
    ],
)
async def test_a_barge_in_needs_a_group_that_allows_it(
    service: Service, ami: FakeAmi, directory: Path, modes: str, expected: tuple[int, str | None]
) -> None:
    """Listening and whispering allow nothing else; Asterisk hears of what is allowed only."""
    await reload(service, directory, desk(modes=modes))
    assert outcome(await service.barge_in()) == expected
    assert len(ami.took("Originate")) == (expected[0] == 202)


@pytest.mark.usefixtures("_calls_of_all")
@pytest.mark.parametrize(
    ("client", "number", "expected"),
    [
        ("wallboard", OWN, (202, None)),
        ("agent-desktop", OWN, (202, None)),
        ("wallboard", OTHER_USERS, FORBIDDEN),
        ("operator", OWN, FORBIDDEN),
        ("operator", OTHER_USERS, FORBIDDEN),
        ("operator", STRANGERS, (202, None)),
        ("stranger", STRANGERS, (202, None)),
        ("agent-desktop", OTHER_USERS, (400, "extension_invalid")),
        ("stranger", OWN, (400, "extension_invalid")),
    ],
)
async def test_with_a_group_only_its_members_supervise_only_its_extensions(
    service: Service, directory: Path, client: str, number: str, expected: tuple[int, str | None]
) -> None:
    """An App by its id, a user through its App; the administrator is no exception."""
    await reload(service, directory, desk())
    call_id = await id_of(service, number)
    answers = [
        await act(service, client, "PUT", address, call_id, ring=CALLED_TO[number])
        for address in (f"@me/{number}", f"@owner/{number}")
    ]
    assert [outcome(answer) for answer in answers] == [expected, expected]
    assert (await service.get(f"@me/{number}", client)).status == (200 if expected[0] != 400 else 400)


@pytest.mark.usefixtures("_calls_of_all")
async def test_an_extension_found_by_its_call_is_judged_as_if_it_was_named(
    service: Service, ami: FakeAmi, directory: Path
) -> None:
    """`@self` reaches the group's extension and others beside it: only the group's is supervised."""
    await reload(service, directory, desk())
    found = [
        outcome(await act(service, "wallboard", "PUT", "@me/@self", await id_of(service, number), ring=ring))
        for number, ring in ((OWN, "0003*024"), (OTHER_USERS, "0003*025"))
    ]
    assert found == [(202, None), FORBIDDEN]
    assert len(ami.took("Originate")) == 1


@pytest.mark.parametrize("has_group", [False, True])
@pytest.mark.parametrize("client", ["agent-desktop", "wallboard", "operator"])
async def test_a_never_supervised_extension_is_forbidden_to_everybody(
    service: Service, ami: FakeAmi, directory: Path, client: str, *, has_group: bool
) -> None:
    """Whatever a group says, by whatever address; its calls are seen as before."""
    if has_group:
        rewrite(directory, desk())
    await reload(service, directory, never(OWN))
    call_id = await id_of(service, OWN)
    addresses = ["@me/0003*210", "@me/@self", "@owner/0003*210", "12/0003*210", "12/@self"]
    found = [outcome(await service.barge_in(call_id, address, client=client)) for address in addresses]
    assert found == [FORBIDDEN] * len(addresses)
    assert not ami.took("Originate")


@pytest.mark.parametrize(
    ("fields", "allowed"),
    [
        ({"action": "NoSuchAction"}, (501, "request_not_implemented")),
        ({"action": ...}, (400, "action_invalid")),
        ({"sendCallTo": "x", "phoneCallViewId": "x"}, (400, "pc_phonecallview_invalid")),
    ],
)
async def test_permission_is_judged_after_the_extension_and_before_the_action(
    service: Service, directory: Path, fields: dict[str, Any], allowed: tuple[int, str]
) -> None:
    """A forbidden PUT is 403 whatever its body says; an extension that is none is told first."""
    await reload(service, directory, desk())
    call_id = await service.call_id()
    judged = {
        client: outcome(await service.barge_in(call_id, **fields, client=client))
        for client in ("operator", "wallboard")
    }
    assert judged == {"operator": FORBIDDEN, "wallboard": allowed}
    for address, code in (("@me/0003*999", "extension_invalid"), ("99/0003*210", "user_invalid")):
        answer = await service.barge_in(call_id, address, **fields, client="operator")
        assert outcome(answer) == (400, code)


async def test_a_user_without_extensions_has_no_call_to_act_on(service: Service, directory: Path) -> None:
    """No call is reached there, and nothing that could be forbidden: the id is what is wrong."""
    new = 'users:\n  - {id: "14", name: New, organization: "3"}\n'
    await reload(service, directory, replaced("users:\n", new))
    assert await service.calls("14/@self") == []
    answer = await service.barge_in("f" * 20, "14/@self")
    assert outcome(answer) == (400, "pc_phonecall_invalid")


async def test_a_reload_of_the_groups_takes_effect_at_once(service: Service, directory: Path) -> None:
    """On the next request: given, taken, given to somebody else, left out; a bad file changes nothing."""
    call_id = await service.call_id()

    async def judged() -> list[int]:
        clients = ("wallboard", "operator")
        return [(await service.barge_in(call_id, client=client)).status for client in clients]

    assert await judged() == [202, 202]
    await reload(service, directory, desk())
    assert await judged() == [202, 403]
    await reload(service, directory, desk("operator"))
    assert await judged() == [403, 202]
    rewrite(directory, desk("nobody"))
    assert not await reload_directory(service.app)
    assert await judged() == [403, 202]
    await reload(service, directory, without_groups)
    assert await judged() == [202, 202]


@pytest.mark.usefixtures("_calls_of_all")
async def test_a_phone_that_supervises_an_unseen_call_is_busy_like_any_other(
    service: Service, ami: FakeAmi
) -> None:
    """What a colleague supervises is not told to an App that may not see that call."""
    unseen_call = (await service.calls(f"@me/{OTHER_USERS}"))[0]["id"]
    await joined(service, ami, call_id=unseen_call, address=f"@me/{OTHER_USERS}", sendCallTo="0003*026")
    supervising = await service.barge_in(client="agent-desktop", sendCallTo="0003*026", wait_s=5)
    asking = asyncio.create_task(service.barge_in(client="agent-desktop", sendCallTo="0003*025", wait_s=5))
    ami.pbx.hang_up(await rung(ami, 2), USER_BUSY)
    busy = await asking
    assert (supervising.status, supervising.text) == (busy.status, busy.text)
    assert (busy.status, code_of(busy)) == (409, "pc_sendcallto_busy")
