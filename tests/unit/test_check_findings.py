"""What `check` makes of the facts: each thing that would stop a barge-in is named, with what to do."""

from dataclasses import replace

import pytest

from adapter.tools.check.facts import Facts, LoginResult, Snapshot, Terminal, Unavailable
from adapter.tools.check.findings import Finding, Verdict, find, has_failure
from adapter.tools.check.table import table

ACTIONS = {
    "Ping": frozenset[str](),
    "Hangup": frozenset({"system", "call"}),
    "Redirect": frozenset({"call"}),
    "Setvar": frozenset({"call"}),
    "Originate": frozenset({"originate"}),
    "CoreShowChannels": frozenset({"system", "reporting"}),
}
CONF = {"read": "call,reporting,agent", "writetimeout": "5000"}
WELL = Facts(
    login=LoginResult.LOGGED_IN,
    address="192.0.2.1:5038",
    username="uapi",
    takes_second=True,
    version="22.10.1+dfsg",
    system_name="",
    snapshot=Snapshot(2),
    actions=ACTIONS,
    seen_classes=frozenset({"call"}),
    manager_conf=CONF,
    clock_offset_s=-0.2,
    modules={
        "app_chanspy": True,
        "func_logic": True,
        "func_frame_drop": True,
        "bridge_native_rtp": False,
        "func_hangupcause": True,
        "app_softhangup": True,
        "func_channel": True,
        "res_manager_devicestate": True,
        "func_pjsip_aor": True,
        "func_pjsip_contact": True,
    },
    dialplan={"spy@uapi-spy": True, "s@uapi-device": True},
    terminals={"0003*210": Terminal.REGISTERED, "0003*211": Terminal.REGISTERED},
)


def without(*names: str) -> dict[str, frozenset[str]]:
    return {name: classes for name, classes in ACTIONS.items() if name not in names}


def not_loaded(*modules: str) -> Facts:
    return replace(WELL, modules={**WELL.modules, **dict.fromkeys(modules, False)})


def not_well(facts: Facts) -> list[tuple[str, Verdict]]:
    return [(finding.name, finding.verdict) for finding in find(facts) if finding.verdict is not Verdict.OK]


def test_where_all_is_well_nothing_else_is_said() -> None:
    assert not_well(WELL) == []
    assert not has_failure(find(WELL))


@pytest.mark.parametrize(
    ("facts", "name", "verdict"),
    [
        (replace(WELL, login=LoginResult.BROKE, error="cut"), "AMI", Verdict.FAIL),
        (replace(WELL, version="13.38.3"), "Asterisk", Verdict.FAIL),
        (replace(WELL, version="GIT-master-abc"), "Asterisk", Verdict.UNKNOWN),
        (replace(WELL, takes_second=False), "second session", Verdict.WARN),
        (replace(WELL, system_name="My PBX"), "systemname", Verdict.FAIL),
        (replace(WELL, system_name="pbx@office"), "systemname", Verdict.FAIL),
        (replace(WELL, system_name="Büro"), "systemname", Verdict.FAIL),
        (replace(WELL, system_name="a,b"), "systemname", Verdict.FAIL),
        (replace(WELL, system_name="_pbx"), "systemname", Verdict.FAIL),
        (replace(WELL, system_name="p" * 140), "systemname", Verdict.FAIL),
        (replace(WELL, system_name="uapi-1"), "systemname", Verdict.FAIL),
        (replace(WELL, snapshot=Snapshot(3, 3, "no header 'Linkedid'")), "live channels", Verdict.FAIL),
        (replace(WELL, snapshot=Snapshot(3, 1, "no header 'Linkedid'")), "live channels", Verdict.WARN),
        (replace(WELL, actions=without("Hangup")), "write call", Verdict.FAIL),
        (replace(WELL, actions=without("Redirect")), "write call", Verdict.FAIL),
        (replace(WELL, actions=without("Originate")), "write originate", Verdict.FAIL),
        (replace(WELL, actions=without("CoreShowChannels")), "write reporting", Verdict.FAIL),
        (
            replace(WELL, actions={**ACTIONS, "Command": frozenset({"command"})}),
            "no other right",
            Verdict.WARN,
        ),
        (
            replace(WELL, seen_classes=frozenset(), manager_conf={**CONF, "read": "reporting,agent"}),
            "read call",
            Verdict.FAIL,
        ),
        (replace(WELL, manager_conf={**CONF, "read": "call,agent"}), "read reporting", Verdict.WARN),
        (replace(WELL, manager_conf={**CONF, "read": "call,reporting"}), "read agent", Verdict.WARN),
        (replace(WELL, manager_conf={"read": "all"}), "writetimeout", Verdict.WARN),
        (replace(WELL, manager_conf={**CONF, "writetimeout": "999"}), "writetimeout", Verdict.WARN),
        (replace(WELL, manager_conf={**CONF, "writetimeout": "much"}), "writetimeout", Verdict.WARN),
        (replace(WELL, clock_offset_s=-1.5), "clocks", Verdict.WARN),
        (replace(WELL, clock_offset_s=1.5), "clocks", Verdict.WARN),
        (not_loaded("app_chanspy"), "module app_chanspy", Verdict.FAIL),
        (not_loaded("func_frame_drop"), "module func_frame_drop", Verdict.WARN),
        (
            replace(WELL, modules={**WELL.modules, "bridge_native_rtp": True}),
            "module bridge_native_rtp",
            Verdict.WARN,
        ),
        (not_loaded("func_hangupcause"), "module func_hangupcause", Verdict.WARN),
        (not_loaded("app_softhangup"), "module app_softhangup", Verdict.WARN),
        (not_loaded("func_logic"), "module func_logic", Verdict.FAIL),
        (not_loaded("func_channel"), "module func_channel", Verdict.WARN),
        (not_loaded("res_manager_devicestate"), "module res_manager_devicestate", Verdict.WARN),
        (not_loaded("func_pjsip_aor"), "module func_pjsip_aor", Verdict.WARN),
        (not_loaded("func_pjsip_contact"), "module func_pjsip_contact", Verdict.WARN),
        (replace(WELL, dialplan={"spy@uapi-spy": False}), "dialplan spy@uapi-spy", Verdict.FAIL),
        (replace(WELL, terminals={"0003*211": Terminal.UNKNOWN}), "phone 0003*211", Verdict.FAIL),
        (replace(WELL, terminals={"0003*211": Terminal.ABSENT}), "phone 0003*211", Verdict.WARN),
        (replace(WELL, terminals={"0003*211": Terminal.UNTOLD}), "phone 0003*211", Verdict.UNKNOWN),
    ],
)
def test_each_thing_that_is_not_well_is_named(facts: Facts, name: str, verdict: Verdict) -> None:
    """It alone, with what to do where something can be done."""
    assert not_well(facts) == [(name, verdict)]
    [finding] = [finding for finding in find(facts) if finding.name == name]
    assert finding.advice or verdict is Verdict.UNKNOWN
    assert has_failure(find(facts)) == (verdict is Verdict.FAIL)


def test_a_missing_module_is_to_be_loaded_by_its_name() -> None:
    """Each of them."""
    missing = find(not_loaded(*WELL.modules))
    assert [finding.advice for finding in missing if finding.verdict is not Verdict.OK] == [
        "module load app_chanspy.so",
        "module load func_logic.so",
        "module load func_frame_drop.so",
        "module load func_hangupcause.so",
        "module load app_softhangup.so",
        "module load func_channel.so",
        "module load res_manager_devicestate.so",
        "module load func_pjsip_aor.so",
        "module load func_pjsip_contact.so",
    ]


@pytest.mark.parametrize("is_loaded", [True, False, Unavailable("not readable")])
def test_without_the_include_nothing_is_said_of_the_modules_that_it_alone_uses(
    is_loaded: bool | Unavailable,  # noqa: FBT001 - a fact, not a switch
) -> None:
    """The include is what is to be mended; ChanSpy is needed without it, too."""
    facts = replace(
        WELL,
        modules=dict.fromkeys(WELL.modules, is_loaded),
        dialplan={"spy@uapi-spy": True, "s@uapi-device": False},
    )
    assert [finding.name for finding in find(facts) if finding.name.startswith("module")] == [
        "module app_chanspy",
        "module func_frame_drop",
        "module bridge_native_rtp",
    ]


def test_what_could_not_be_read_is_unknown_and_never_well() -> None:
    """Each fact, with the reason."""
    unread = Unavailable("not readable with these rights")
    blind = replace(
        WELL,
        takes_second=unread,
        version=unread,
        system_name=unread,
        snapshot=unread,
        actions=unread,
        seen_classes=frozenset(),
        manager_conf=unread,
        clock_offset_s=unread,
        modules=dict.fromkeys(WELL.modules, unread),
        dialplan={"spy@uapi-spy": unread},
        terminals={"0003*210": unread},
    )
    findings = [finding for finding in find(blind) if finding.name not in ("AMI", "login")]
    assert {finding.verdict for finding in findings} == {Verdict.UNKNOWN}
    assert all(unread.why in finding.found for finding in findings)
    assert not has_failure(findings)


def test_what_was_not_asked_before_the_connection_broke_is_unknown() -> None:
    """A module, too."""
    names = [
        name for name, verdict in not_well(Facts(LoginResult.BROKE, "a", "u")) if verdict is Verdict.UNKNOWN
    ]
    assert {"Asterisk", "clocks", *(f"module {module}" for module in WELL.modules)} <= set(names)


def test_nothing_is_guessed_where_nobody_answers() -> None:
    """One line says why."""
    assert not_well(Facts(LoginResult.NOT_AT_ALL, "a", "u", "Connection refused")) == [("AMI", Verdict.FAIL)]
    [reached, refused] = find(Facts(LoginResult.REFUSED, "a", "u", "Authentication failed"))
    assert (reached.verdict, refused.verdict, refused.name) == (Verdict.OK, Verdict.FAIL, "login")


def test_a_certificate_that_is_not_trusted_is_no_ami_that_is_not_enabled() -> None:
    """What to do then is in the adapter's settings."""
    facts = replace(WELL, login=LoginResult.NOT_AT_ALL, error="no AMI connection: CERTIFICATE_VERIFY_FAILED")
    [finding] = find(facts)
    assert (finding.verdict, "ADAPTER_AMI_TLS_CA" in finding.advice) == (Verdict.FAIL, True)


@pytest.mark.parametrize("name", ["pbx1", "PBX-1.example.com", "office_2", "p" * 120])
def test_a_systemname_of_plain_letters_is_well(name: str) -> None:
    """Asterisk puts it before each uniqueid, and ChanSpy takes such a one for one channel."""
    assert not_well(replace(WELL, system_name=name)) == []


def test_a_login_that_is_refused_because_there_is_one_already_is_no_wrong_secret() -> None:
    """Asterisk says so by its own words; `manager.conf` and not the adapter's settings are to be mended."""
    [_, refused] = find(Facts(LoginResult.REFUSED, "a", "u", "Login Already In Use"))
    assert refused.verdict is Verdict.FAIL
    assert refused.advice.startswith("allowmultiplelogin = yes for the AMI user")
    [_, wrong] = find(Facts(LoginResult.REFUSED, "a", "u", "Authentication failed"))
    assert "_SECRET" in wrong.advice


def test_an_asterisk_that_is_too_old_is_no_ami_that_is_not_enabled() -> None:
    """The link refuses it by its first line."""
    [finding] = find(Facts(LoginResult.NOT_AT_ALL, "a", "u", "this Asterisk is older than 16 (AMI 2.8.0)"))
    assert (finding.verdict, "16 or later" in finding.advice) == (Verdict.FAIL, True)


def test_a_class_that_two_would_grant_is_no_excess() -> None:
    """`system,reporting` is had by reporting; only `config` shows in an action of its own."""
    actions = {**ACTIONS, "GetConfig": frozenset({"system", "config"}), "UpdateConfig": frozenset({"config"})}
    [excess] = [
        finding for finding in find(replace(WELL, actions=actions)) if finding.verdict is Verdict.WARN
    ]
    assert excess.found == "may also: config"


def test_the_table_has_a_line_for_each_finding() -> None:
    """Its columns begin one below the other."""
    findings = (Finding("a", Verdict.OK, "short"), Finding("longer", Verdict.FAIL, "x", "do this"))
    assert list(table(findings)) == [
        "what          found  to do",
        "a       ok    short",
        "longer  fail  x      do this",
    ]
