"""What an Asterisk tells becomes extensions: phones are found, trunks are not, tenants stay apart."""
# ruff: noqa: E501 - tables of cases, a line each

import pytest

from adapter.asterisk.inventory import Endpoint, FreePbxDevice, Hint, Inventory, Mailbox, Queue, split_hint
from adapter.directory.candidates import Candidate
from adapter.directory.device_names import DeviceName, read_device_name, split_caller_id
from adapter.directory.guessing import guess
from adapter.directory.phones import A_TRUNK, NO_ENDPOINT, NO_SIGN

Found = dict[tuple[str, str], tuple[str, ...]]


def told(
    endpoints: dict[str, Endpoint], *hints: str, devices: tuple[str, ...] = (), **more: object
) -> Inventory:
    """An inventory; a hint is written `210@internal PJSIP/210&PJSIP/99210`."""
    return Inventory(
        devices=(*(f"PJSIP/{name}" for name in endpoints), *devices),
        endpoints={f"PJSIP/{name}": endpoint for name, endpoint in endpoints.items()},
        hints=tuple(map(hint, hints)),
        **more,  # type: ignore[arg-type]
    )


def hint(text: str) -> Hint:
    where, devices = text.split(" ")
    number, context = where.split("@")
    return Hint(number, context, split_hint(devices))


def found(inventory: Inventory) -> Found:
    """The devices of each extension, by tenant and number."""
    return {(each.tenant, each.number): each.devices for each in guess(inventory).found}


def left_out(inventory: Inventory) -> dict[str, str]:
    return {each.what: each.why for each in guess(inventory).left_out}


def test_an_endpoint_that_asterisk_does_not_know_is_left_out() -> None:
    """A hint may be mistyped; where no endpoint's settings are told, the hint is believed."""
    hints = ("210@internal PJSIP/210", "211@internal PJSIP/2111")
    inventory = told({"210": phone("210"), "2111": Endpoint()}, *hints)
    assert (len(found(inventory)), left_out(inventory)) == (1, {"PJSIP/2111": NO_ENDPOINT})
    assert len(found(told({"210": Endpoint(), "2111": Endpoint()}, *hints))) == 2


def phone(number: str, **more: str) -> Endpoint:
    return Endpoint(**{"caller_id": f'"Anna" <{number}>', "context": "internal", **more})


# -- phones and trunks ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inventory", "why"),
    [
        (told({"210": Endpoint()}, "210@internal PJSIP/210"), "hint 210@internal"),
        (told({"210": Endpoint(mailboxes="210@default")}), "mailbox 210"),
        (told({"210": Endpoint(caller_id='"Anna" <210>')}), "its caller id is its own number"),
        (told({"0004f2a1": Endpoint()}, "210@internal PJSIP/0004f2a1"), "hint 210@internal"),
        (told({"anna": Endpoint(mailboxes="210@default")}), "mailbox 210"),
        (told({}, "210@internal SIP/210"), "hint 210@internal"),
        (told({}, freepbx=(FreePbxDevice("210", "PJSIP/210", "210"),)), "FreePBX's device of 210"),
    ],
)
def test_whatever_says_that_a_device_is_a_phone_gives_its_number(inventory: Inventory, why: str) -> None:
    """A hint, a mailbox, a caller id of its own, FreePBX's table; and the guess is noted."""
    [candidate] = guess(inventory).found
    assert (candidate.number, candidate.notes) == ("210", (why,))


@pytest.mark.parametrize(
    ("inventory", "why"),
    [
        (told({"itsp": Endpoint(caller_id="<unknown>", context="from-trunk")}), NO_SIGN),
        (told({"itsp": Endpoint(caller_id="<40212345678>")}), NO_SIGN),
        (told({"itsp": Endpoint(outbound_auth="itsp")}, "210@internal PJSIP/itsp"), A_TRUNK),
        (told({"0212345678": Endpoint(caller_id="<0212345678>", identify_by="ip")}), NO_SIGN),
        (told({"210": Endpoint()}), NO_SIGN),
        (told({"210": Endpoint(caller_id='"Anna" <211>')}), NO_SIGN),
        (told({"anna": Endpoint()}, "210@a PJSIP/anna", "310@a PJSIP/anna"),
         "it is watched under several numbers: 210, 310"),
    ],
)  # fmt: skip
def test_a_device_that_is_no_phone_for_certain_is_left_out_and_named(inventory: Inventory, why: str) -> None:
    """A supervision of it would be one of strangers."""
    assert found(inventory) == {}
    assert list(left_out(inventory).values()) == [why]


def test_what_asterisk_keeps_states_of_beside_devices_is_no_device() -> None:
    """Queues, parking lots, agents, its own switches: neither found nor left out."""
    states = ("Queue:500_pause_PJSIP/210", "Custom:DND210", "park:701@parkedcalls", "Agent:1001", "Local/1@x")
    assert guess(told({}, devices=states)) == guess(Inventory())


def test_a_name_that_no_device_can_have_is_left_out() -> None:
    """It would be asked for in an argument, and written into a directory."""
    assert list(left_out(told({}, devices=("PJSIP/a,b", "PJSIP/a b)", "PJSIP/x/y")))) == [
        "PJSIP/a,b",
        "PJSIP/a b)",
        "PJSIP/x/y",
    ]


# -- several devices ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inventory", "devices"),
    [
        # a hint watches both
        (told({"210": phone("210"), "99210": phone("210")}, "210@i PJSIP/99210&PJSIP/210&Custom:DND210,Custom:x"),
         ("PJSIP/210", "PJSIP/99210")),
        # FreePBX knows whose they are
        (told({}, freepbx=(FreePbxDevice("99210", "PJSIP/99210", "210"), FreePbxDevice("210", "PJSIP/210", "210"))),
         ("PJSIP/210", "PJSIP/99210")),
        # the browser's phone, by its caller id or its mailbox
        (told({"210": phone("210"), "99210": phone("210")}), ("PJSIP/210", "PJSIP/99210")),
        (told({"210": phone("210"), "99210": phone("", mailboxes="210@default")}), ("PJSIP/210", "PJSIP/99210")),
        # a kind of phone behind the number
        (told({"210": phone("210"), "210-mobile": phone("210")}), ("PJSIP/210", "PJSIP/210-mobile")),
        (told({"210": phone("210"), "210-2": phone("210")}), ("PJSIP/210", "PJSIP/210-2")),
        # a word that could be a tenant, but one mailbox, or one hint
        (told({"210": phone("210", mailboxes="210@default"), "210-hq": phone("210", mailboxes="210@default")}),
         ("PJSIP/210", "PJSIP/210-hq")),
        (told({"210": phone("210"), "210-hq": phone("210", context="b")}, "210@i PJSIP/210&PJSIP/210-hq"),
         ("PJSIP/210", "PJSIP/210-hq")),
    ],
)  # fmt: skip
def test_the_devices_of_one_person_are_one_extension(inventory: Inventory, devices: tuple[str, ...]) -> None:
    """The one that is named after the number stands first."""
    assert list(found(inventory).values()) == [devices]


def test_a_hint_over_the_phones_of_many_makes_nobody_of_them_one() -> None:
    """Each is found by the number that is its own; nobody has the number of the group."""
    inventory = told(
        {"210": phone("210"), "211": phone("211"), "212": phone("212")},
        "600@internal PJSIP/210&PJSIP/211&PJSIP/212",
        "210@internal PJSIP/210",
    )
    assert found(inventory) == {
        ("", "210"): ("PJSIP/210",), ("", "211"): ("PJSIP/211",), ("", "212"): ("PJSIP/212",),
    }  # fmt: skip


# -- tenants --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inventory", "tenants"),
    [
        (told({"a": phone("", tenant="acme"), "b": phone("", tenant="bolt")}, "210@x PJSIP/a", "210@y PJSIP/b"),
         {"acme", "bolt"}),
        (told({"210-acme": phone("210"), "210-bolt": phone("210")}), {"acme", "bolt"}),
        (told({"acme_210": phone("210"), "210": phone("210")}), {"acme", ""}),
        (told({"0003*210": phone("0003*210"), "0004*210": phone("0004*210")}), {"0003", "0004"}),
        (told({"a": phone("", context="acme", mailboxes="210@a"), "b": phone("", context="bolt", mailboxes="210@a")}),
         {"acme", "bolt"}),
        # one context for both, but the dialplan gives the number twice
        (told({"a": phone(""), "b": phone("")}, "210@x PJSIP/a", "210@y PJSIP/b"), {"x", "y"}),
    ],
)  # fmt: skip
def test_one_number_of_two_tenants_is_two_extensions(inventory: Inventory, tenants: set[str]) -> None:
    """Never one extension with the phones of both."""
    assert {tenant for tenant, number in found(inventory) if number == "210"} == tenants
    assert all(len(devices) == 1 for devices in found(inventory).values())


def test_one_mailbox_does_not_join_the_phones_of_two_tenants() -> None:
    """`210@default` may be a slip of who set the PBX up."""
    box = {"mailboxes": "210@default"}
    for apart in ("tenant", "context"):
        endpoints = {
            "210-a": phone("210", **box, **{apart: "acme"}), "210-b": phone("210", **box, **{apart: "bolt"}),
        }  # fmt: skip
        assert len(found(told(endpoints))) == 2, apart


def test_freepbx_is_one_organization_whatever_its_contexts() -> None:
    """It has contexts for other reasons."""
    inventory = told(
        {"210": phone("210"), "211": phone("211", context="from-internal-restricted")},
        freepbx=(FreePbxDevice("210", "PJSIP/210", "210"), FreePbxDevice("211", "PJSIP/211", "211")),
    )
    assert set(found(inventory)) == {("", "210"), ("", "211")}


def test_how_a_tenant_was_told_apart_is_noted() -> None:
    candidates = guess(told({"210": phone("210", tenant="acme")}))
    assert candidates.tenants == {"acme": "tenantid acme"}


# -- names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inventory", "name"),
    [
        (told({"210": phone("210", mailboxes="210@default")}, freepbx_names={"210": "Anna F"},
              freepbx=(FreePbxDevice("210", "PJSIP/210", "210"),), mailboxes=(Mailbox("210", "default", "Anna V"),)), "Anna F"),
        # somebody else's, in a tenant that is not FreePBX's
        (told({"210-acme": phone("210")}, freepbx_names={"210": "Stranger"}), "Anna"),
        (told({"210": phone("210", mailboxes="210@default")}, mailboxes=(Mailbox("210", "default", "Anna V"),)),
         "Anna V"),
        # a mailbox that many listen to is nobody's name
        (told({"210": phone("210", mailboxes="600@default,210@default")}, mailboxes=(Mailbox("600", "default", "Sales"),)),
         "Anna"),
        # another tenant's mailbox of the same number
        (told({"210": phone("210", mailboxes="210@acme")}, mailboxes=(Mailbox("210", "default", "Stranger"),)),
         "Anna"),
        (told({"210": Endpoint(caller_id='"210" <210>')}), ""),
    ],
)  # fmt: skip
def test_the_name_is_the_persons(inventory: Inventory, name: str) -> None:
    """FreePBX's, the mailbox's, the caller id's; a number is no name."""
    assert [each.name for each in guess(inventory).found] == [name]


def test_the_members_of_a_queue_are_devices() -> None:
    """Also those that a hint or a Local channel stands for; where two tenants have the number, nobody."""
    inventory = told(
        {"210": phone("210"), "211": phone("211"), "212-a": phone("212"), "212-b": phone("212")},
        "211@ext-local PJSIP/211",
        queues=(
            Queue("500", ("hint:211@ext-local", "Local/210@from-queue/n", "Local/212@from-queue", "PJSIP/x")),
        ),
    )
    assert guess(inventory).queues == {"500": ("PJSIP/211", "PJSIP/210", "PJSIP/x")}


# -- what names say -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("device", "name"),
    [
        ("PJSIP/210", DeviceName("210", "210")),
        ("PJSIP/0003*210", DeviceName("0003*210", "210", prefix="0003")),
        ("PJSIP/210-acme", DeviceName("210-acme", "210", tenant="acme")),
        ("PJSIP/acme_210", DeviceName("acme_210", "210", tenant="acme")),
        ("PJSIP/210-Mobile2", DeviceName("210-Mobile2", "210")),
        ("PJSIP/desk-210", DeviceName("desk-210", "210")),
        ("PJSIP/210-2", DeviceName("210-2", "210")),
        ("PJSIP/0004f2a1", DeviceName("0004f2a1")),
        ("PJSIP/anna", DeviceName("anna")),
        ("PJSIP/12345678901", DeviceName("12345678901")),
    ],
)
def test_names_say_what_the_fields_conventions_have_them_say(device: str, name: DeviceName) -> None:
    """A word for a kind of phone is no tenant."""
    assert read_device_name(device) == name


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('"Anna \\"Ace\\" <x>" <210>', ('Anna "Ace" <x>', "210")),
        ("Anna <210>", ("Anna", "210")),
        ("<210>", ("", "210")),
        ("<unknown>", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_caller_id_is_read_as_asterisk_writes_it(text: str, parts: tuple[str, str]) -> None:
    assert split_caller_id(text) == parts


def test_a_candidate_says_what_type_it_is() -> None:
    """A phone terminal, unless a source says something else."""
    assert Candidate("210", ("PJSIP/210",)).type == "phone terminal"
