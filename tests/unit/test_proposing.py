"""Candidates become what a directory says, and its text loads as it stands, whatever a PBX says."""
# ruff: noqa: E501 - tables of cases

import pytest

from adapter.directory import Extension, Organization, load_directory
from adapter.directory.candidates import Candidate, Candidates, LeftOut
from adapter.directory.entries import DEVICES_LIMIT, Account, AccountLevel
from adapter.directory.proposing import NAME_LIMIT, propose, shown_name
from adapter.directory.writing import NewApp, directory_text, quoted

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"
HOSTILE = (
    'Anna "Ace" O\'Neil', "a: b", "# no comment", "{x: y}", "- item", "*alias", "&anchor", "!!python/none", "%TAG",
    "---", "...", "null", "\n  - {id: evil}", "x\r\napps: []", "\x1b]0;owned\x07", "\u202eevil", "\u2028apps: []",
    "\x85apps: []", "\ufeff", "\\", "\\x1b", '\\"', '"}]\nextensions: []', "Zoë 🙂", "x" * 10_000, "ë" * 5_000, "<5>",
    " ", "\t", "\0", "@", "`", "|", ">", "? ", "~", "yes", "0003", "1e3",
)  # fmt: skip


def one(number: str, *devices: str, **more: str) -> Candidate:
    return Candidate(number, devices or (f"PJSIP/{number}{more.get('tenant', '')}",), **more)  # type: ignore[arg-type]


def text_of(*found: Candidate, **more: object) -> str:
    return directory_text(propose(Candidates(found)), **more)  # type: ignore[arg-type]


def extensions_of(*found: Candidate) -> dict[str, Extension]:
    return load_directory(text_of(*found)).extensions


def test_a_pbx_without_organizations_gets_one() -> None:
    """Its extensions have its prefix, and a user each."""
    directory = load_directory(text_of(one("210", "PJSIP/210", "SIP/210", name="Anna"), one("9")))
    assert [(each.id, each.prefix) for each in directory.organizations.values()] == [("main", "0001")]
    assert list(directory.extensions) == ["0001*9", "0001*210"]
    extension = directory.extensions["0001*210"]
    assert (extension.devices, str(extension.caller_id)) == (("PJSIP/210", "SIP/210"), "Anna <210>")
    assert (extension.owner, directory.users[extension.owner].name) == ("main-210", "Anna")
    assert directory.users["main-9"].name == "Extension 9"


def test_each_tenant_gets_an_organization_with_an_id_and_a_prefix_of_its_own() -> None:
    """Two whose names become one id stay two."""
    tenants = ("acme/1", "acme 1", "", "Ü")
    found = [one("210", f"PJSIP/{count}", tenant=tenant) for count, tenant in enumerate(tenants)]
    directory = load_directory(text_of(*found))
    assert {each.id: each.prefix for each in directory.organizations.values()} == {
        "acme-1": "0001", "acme-1-2": "0002", "main": "0003", "main-2": "0004",
    }  # fmt: skip
    assert len(directory.extensions) == len(found)


def test_devices_that_are_named_alike_are_written_once() -> None:
    """As a template of the organization; whoever has others, or further ones, names its own."""
    found = (
        *(one(number, f"PJSIP/{number}-acme", tenant="acme") for number in ("210", "211", "1")),
        one("212", "PJSIP/212-acme", "PJSIP/99212", tenant="acme"),
        one("213", "PJSIP/anna", tenant="acme"),
    )
    text = text_of(*found)
    assert text.count("devices: [") == 2
    assert 'devices: "PJSIP/{local}-acme"}' in text
    devices = {number: each.devices for number, each in load_directory(text).extensions.items()}
    assert devices == {f"0001*{each.number}": each.devices for each in found}


def test_a_prefix_that_the_pbx_writes_is_kept_and_none_overlaps_with_it() -> None:
    """`0003*210` is what its people know; `00` would begin each prefix that is made up."""
    found = (
        one("210", tenant="0003", prefix="0003"),
        one("210", tenant="a"),
        one("211", tenant="00011", prefix="00011"),
    )
    assert set(extensions_of(*found)) == {"0003*210", "0002*210", "00011*211"}


def test_known_organizations_are_taken_as_they_are() -> None:
    """Their prefixes and ids are nobody else's."""
    known = {"acme": Organization(id="main", prefix="0001", name="Acme")}
    proposal = propose(Candidates((one("210", tenant="acme"), one("210"))), known)
    assert [(each.organization.id, each.organization.prefix) for each in proposal.organizations] == [
        ("main", "0001"),
        ("main-2", "0002"),
    ]


@pytest.mark.parametrize(
    ("candidate", "what"),
    [
        (one("21a"), "21a PJSIP/21a"),
        (one("300-399", "PJSIP/x"), "300-399 PJSIP/x"),
        (one("0003*300", "PJSIP/x"), "0003*300 PJSIP/x"),
        (one("12345678901"), "12345678901 PJSIP/12345678901"),
        (one("210", "PJSIP/other"), "210 PJSIP/other"),
        (one("211", "PJSIP/210"), "PJSIP/210"),
        (one("212", "Local/210@x"), "212 Local/210@x"),
    ],
)
def test_what_cannot_stand_in_a_directory_is_left_out(candidate: Candidate, what: str) -> None:
    """No number, a number or a device that is another's, what is no device."""
    proposal = propose(Candidates((one("210"), candidate)))
    assert [each.full_number for each in proposal.extensions] == ["0001*210"]
    assert [each.what for each in proposal.left_out] == [what]


def test_devices_beyond_the_limit_are_left_out() -> None:
    """Each of them is named."""
    devices = tuple(f"PJSIP/{count}" for count in range(DEVICES_LIMIT + 1))
    proposal = propose(Candidates((one("210", *devices),)))
    assert proposal.extensions[0].extension.devices == devices[:DEVICES_LIMIT]
    assert [each.what for each in proposal.left_out] == [devices[DEVICES_LIMIT]]


def test_many_organizations_have_prefixes_that_do_not_overlap() -> None:
    """More than four digits have room for."""
    assert len(extensions_of(*(one("1", tenant=f"t{count}") for count in range(6_000)))) == 6_000


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_pbx_calls_things_is_text_and_no_yaml(text: str) -> None:
    """A person, a tenant, a note, what was left out, a queue, the head."""
    found = Candidate("210", ("PJSIP/210",), name=text, tenant=text, notes=(text,))
    candidates = Candidates((found, one("211")), (LeftOut(text, text),), {text: text}, {text: ("PJSIP/210",)})
    written = directory_text(propose(candidates), head=(text[:100],), queues=candidates.queues)
    directory = load_directory(written)
    assert len(directory.extensions) == 2
    assert directory.apps == {}
    assert directory.supervision_groups == ()
    assert all(line.isprintable() for line in written.split("\n"))
    assert max(map(len, written.split("\n"))) < 1_000
    [extension] = [each for each in directory.extensions.values() if each.devices == ("PJSIP/210",)]
    name = directory.users[extension.owner].name
    assert name == (shown_name(text) or "Extension 210")
    assert len(name) <= NAME_LIMIT


@pytest.mark.parametrize("text", HOSTILE)
def test_a_quoted_text_reads_as_it_is_shown(text: str) -> None:
    """Nothing of it is lost but what cannot be printed, which stands as an escape."""
    listed = load_directory(f"organizations: [{{id: a, prefix: '1', name: {quoted('x' + text)}}}]\n"
                            "users: []\nextensions: []\napps: []")  # fmt: skip
    assert listed.organizations["a"].name.isprintable()


def test_an_app_is_written_for_an_organization_and_the_others_are_examples() -> None:
    """With the hash of its secret."""
    text = text_of(one("210"), one("210", tenant="acme"), apps=[NewApp("wallboard", "main", HASH)])
    [app] = load_directory(text).apps.values()
    assert (app.client_id, app.secret_hash, app.account) == (
        "wallboard", HASH, Account(AccountLevel.ORGANIZATION, "main"),
    )  # fmt: skip
    assert '#  - {client_id: "wallboard-acme"' in text
    assert '"wallboard-main"' not in text


def test_a_queue_is_an_example_of_a_group_that_loads_once_it_is_no_comment() -> None:
    """With its members as far as they are extensions."""
    candidates = Candidates(
        (one("210"), one("211")), queues={"500": ("PJSIP/211", "PJSIP/210", "PJSIP/trunk")}
    )
    text = directory_text(propose(candidates), queues=candidates.queues)
    head, mark, rest = text.partition("#supervision_groups:\n")
    group = load_directory(f"{head}supervision_groups:\n{rest.replace('#  -', '  -', 1)}").supervision_groups[
        0
    ]
    assert (mark, group.name, group.extensions) == (
        "#supervision_groups:\n", "Queue 500", frozenset({"0001*210", "0001*211"}),
    )  # fmt: skip


def test_a_pbx_without_phones_makes_a_directory_without_extensions() -> None:
    """It loads as well."""
    assert load_directory(text_of()).extensions == {}
