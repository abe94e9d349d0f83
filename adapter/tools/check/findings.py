"""Judges facts: what is right, what would stop a barge-in, what is unknown, and what to do. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from adapter.asterisk.events import names_one_channel
from adapter.asterisk.naming import OUR_PREFIX
from adapter.tools.check.advice import ALLOW_MULTIPLE, advice_for_connecting, advice_for_login
from adapter.tools.check.facts import (
    ANSWERS,
    CHANSPY,
    CONTACTS,
    DEVICE_STATES,
    FUNC_LOGIC,
    KEY_FILTER,
    NATIVE_BRIDGE,
    Facts,
    LoginResult,
    Snapshot,
    Terminal,
    Unavailable,
)

OLDEST_MAJOR = 16
WRITE_TIMEOUT_MS = 1000
DEFAULT_WRITE_TIMEOUT_MS = 100
"""Asterisk's default `writetimeout`."""
CLOCK_SKEW_S = 1.0
LONGEST_ID = "9999999999.9999999999"
"""The longest text that Asterisk writes after its systemname: seconds, and a count of channels."""

WRITE_ACTIONS = {
    "call": ("Hangup", "Redirect", "Setvar"),
    "originate": ("Originate",),
    "reporting": ("CoreShowChannels",),
}
"""The actions that the adapter sends, by the `write` class that allows them."""
READ_CLASSES = ("call", "reporting", "agent")
_QUEUES = "agent"
"""The class that no supervision needs."""

GIVE_CONFIG = "give `write = config` for one check (docs/commands.md)"
INCLUDE = "include asterisk-conf/uapi-dialplan.conf in extensions.conf, `dialplan reload`"


_OF_EVERY_SUPERVISION = (CHANSPY, KEY_FILTER, NATIVE_BRIDGE)
"""The verdict for the other modules, which only the include uses."""


class Verdict(StrEnum):
    """The verdict on one thing."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing, its verdict, what `check` found, and what the operator should do."""

    name: str
    verdict: Verdict
    found: str
    advice: str = ""


def find(facts: Facts) -> tuple[Finding, ...]:
    """All findings, in the order in which an operator would mend them."""
    return tuple(_all(facts))


def has_failure(findings: Iterable[Finding]) -> bool:
    """Whether anything stops a barge-in."""
    return any(finding.verdict is Verdict.FAIL for finding in findings)


def _all(facts: Facts) -> Iterator[Finding]:
    yield from _connection(facts)
    if facts.login in (LoginResult.NOT_AT_ALL, LoginResult.REFUSED):
        return
    yield _second_session(facts.takes_second)
    yield _version(facts.version)
    yield _system_name(facts.system_name)
    yield from _write_classes(facts.actions)
    yield from _read_classes(facts)
    yield _write_timeout(facts.manager_conf)
    yield _clock(facts.clock_offset_s)
    yield _snapshot(facts.snapshot)
    yield from _modules(facts)
    for part, is_there in facts.dialplan.items():
        yield _included(part, is_there)
    yield from _terminals(facts.terminals)


def _connection(facts: Facts) -> Iterator[Finding]:
    match facts.login:
        case LoginResult.NOT_AT_ALL:
            yield Finding(
                "AMI",
                Verdict.FAIL,
                f"{facts.address}: {facts.error}",
                advice_for_connecting(facts.error),
            )
        case LoginResult.REFUSED:
            yield Finding("AMI", Verdict.OK, facts.address)
            yield Finding(
                "login",
                Verdict.FAIL,
                f"{facts.username}: {facts.error}",
                advice_for_login(facts.error),
            )
        case LoginResult.BROKE:
            yield Finding(
                "AMI",
                Verdict.FAIL,
                f"{facts.address}: {facts.error}",
                "see Asterisk's log; the rows below are incomplete",
            )
        case LoginResult.LOGGED_IN:
            yield Finding("AMI", Verdict.OK, facts.address)
            yield Finding("login", Verdict.OK, facts.username)


def _second_session(is_taken: bool | Unavailable) -> Finding:  # noqa: FBT001 - a fact, not a switch
    match is_taken:
        case True:
            return Finding("second session", Verdict.OK, "Asterisk accepts a second session")
        case False:
            found = "Login Already In Use: after a broken connection Asterisk rejects the adapter for minutes"
            return Finding("second session", Verdict.WARN, found, ALLOW_MULTIPLE)
        case Unavailable(why):
            return Finding("second session", Verdict.UNKNOWN, why)


def _version(version: str | Unavailable) -> Finding:
    if isinstance(version, Unavailable):
        return Finding("Asterisk", Verdict.UNKNOWN, version.why)
    major = re.match(r"(?:certified[/-])?(\d+)", version)
    if major is None:
        return Finding("Asterisk", Verdict.UNKNOWN, f"{version}: unknown version")
    if int(major[1]) < OLDEST_MAJOR:
        return Finding("Asterisk", Verdict.FAIL, version, f"install Asterisk {OLDEST_MAJOR} or later")
    return Finding("Asterisk", Verdict.OK, version)


def _system_name(name: str | Unavailable) -> Finding:
    """Judge the systemname: each uniqueid begins with it, and ChanSpy gets a uniqueid as its target."""
    if isinstance(name, Unavailable):
        return Finding("systemname", Verdict.UNKNOWN, name.why)
    if not name:
        return Finding("systemname", Verdict.OK, "none")
    advice = f"in asterisk.conf: letters, digits, `.`, `_`, `-`, not `{OUR_PREFIX}...`; restart Asterisk"
    if name.startswith(OUR_PREFIX):
        found = f"{name}: every call would look like one of the adapter's own"
        return Finding("systemname", Verdict.FAIL, found, advice)
    if not names_one_channel(f"{name}-{LONGEST_ID}"):
        found = f"{name}: the adapter rejects every Monitor, Whisper and BargeIn (400)"
        return Finding("systemname", Verdict.FAIL, found, advice)
    return Finding("systemname", Verdict.OK, name)


def _snapshot(snapshot: Snapshot | Unavailable) -> Finding:
    if isinstance(snapshot, Unavailable):
        return Finding("live channels", Verdict.UNKNOWN, snapshot.why)
    if not snapshot.malformed:
        return Finding("live channels", Verdict.OK, f"{snapshot.listed} listed")
    verdict = Verdict.FAIL if snapshot.malformed == snapshot.listed else Verdict.WARN
    found = f"{snapshot.malformed} of {snapshot.listed} cannot be read: {snapshot.reason}"
    return Finding("live channels", verdict, found, "report it and attach a file of `uapi-adapter record`")


def _write_classes(actions: Mapping[str, frozenset[str]] | Unavailable) -> Iterator[Finding]:
    for name, needed in WRITE_ACTIONS.items():
        what = f"write {name}"
        if isinstance(actions, Unavailable):
            yield Finding(what, Verdict.UNKNOWN, actions.why)
            continue
        refused = [action for action in needed if action not in actions]
        if refused:
            yield Finding(
                what,
                Verdict.FAIL,
                f"may not send {', '.join(refused)}",
                f"add {name} to the AMI user's `write`, `manager reload`",
            )
        else:
            yield Finding(what, Verdict.OK, f"may send {', '.join(needed)}")
    if not isinstance(actions, Unavailable):
        yield _excess(actions)


def _excess(actions: Mapping[str, frozenset[str]]) -> Finding:
    """Find rights that the adapter does not need: anybody who steals the secret has them, too."""
    needed = WRITE_ACTIONS.keys()
    # Only an action with a single class shows that the user has this class.
    excess = {name for classes in actions.values() if len(classes) == 1 for name in classes - needed}
    if excess:
        return Finding(
            "no other right",
            Verdict.WARN,
            f"may also: {', '.join(sorted(excess))}",
            f"write = {','.join(sorted(needed))} is enough",
        )
    return Finding("no other right", Verdict.OK, "the AMI user has no other right")


def _read_classes(facts: Facts) -> Iterator[Finding]:
    """Judge `read` by the events that came: Asterisk tells a user its classes only with `config`."""
    for name in READ_CLASSES:
        what = f"read {name}"
        conf = facts.manager_conf
        if name in facts.seen_classes:
            yield Finding(what, Verdict.OK, "Asterisk sent an event of this class")
        elif isinstance(conf, Unavailable):
            # `check` cannot cause an event of the other classes.
            listening = "--listen 30 and make a call, or " if name == "call" else ""
            yield Finding(what, Verdict.UNKNOWN, f"no event came; {conf.why}", listening + GIVE_CONFIG)
        elif {name, "all"} & _classes(conf.get("read", "")):
            yield Finding(what, Verdict.OK, "manager.conf lists it")
        else:
            # Asterisk 22 sends all that the adapter follows as `call`; other releases some as `reporting`.
            verdict = Verdict.FAIL if name == "call" else Verdict.WARN
            advice = f"add {name} to the AMI user's `read`, `manager reload`"
            found = "manager.conf does not list it"
            found += ": the adapter does not know the queues" if name == _QUEUES else ""
            yield Finding(what, verdict, found, advice)


def _classes(value: str) -> set[str]:
    return {name.strip().lower() for name in value.split(",")}


def _write_timeout(manager_conf: Mapping[str, str] | Unavailable) -> Finding:
    if isinstance(manager_conf, Unavailable):
        return Finding("writetimeout", Verdict.UNKNOWN, manager_conf.why, GIVE_CONFIG)
    text = manager_conf.get("writetimeout", str(DEFAULT_WRITE_TIMEOUT_MS))
    if text.isascii() and text.isdigit() and int(text) >= WRITE_TIMEOUT_MS:
        return Finding("writetimeout", Verdict.OK, f"{text} ms")
    return Finding(
        "writetimeout",
        Verdict.WARN,
        f"{text} ms: Asterisk cuts the link when the adapter pauses",
        "writetimeout = 5000 for the AMI user, `manager reload`",
    )


def _clock(offset_s: float | Unavailable) -> Finding:
    if isinstance(offset_s, Unavailable):
        return Finding("clocks", Verdict.UNKNOWN, offset_s.why)
    found = f"{abs(offset_s):.3f} s apart"
    if abs(offset_s) > CLOCK_SKEW_S:
        return Finding(
            "clocks",
            Verdict.WARN,
            found,
            "synchronise both machines (NTP): the times of calls come from Asterisk",
        )
    return Finding("clocks", Verdict.OK, found)


def _modules(facts: Facts) -> Iterator[Finding]:
    """Judge app_chanspy, and the modules of the include, unless the include itself is missing or old."""
    has_include = False not in facts.dialplan.values()
    for module, is_loaded in facts.modules.items():
        if has_include or module in _OF_EVERY_SUPERVISION:
            yield _module(module, is_loaded)


_WITHOUT = {
    CHANSPY: (Verdict.FAIL, "not loaded"),
    FUNC_LOGIC: (Verdict.FAIL, "not loaded: the dialplan include cannot run, so it counts as missing"),
    KEY_FILTER: (
        Verdict.WARN,
        "not loaded: keys on a supervisor's phone end the supervision or change its volume",
    ),
    ANSWERS: (Verdict.WARN, "not loaded: the adapter may give a wrong reason why a phone did not answer"),
}
_WITHOUT |= dict.fromkeys(
    CONTACTS, (Verdict.WARN, "not loaded: presence does not tell which phones are registered")
)
_WITHOUT[DEVICE_STATES] = (Verdict.WARN, "not loaded: the presence of every extension is unknown")
_WITHOUT_ANOTHER = (
    Verdict.WARN,
    "not loaded: if a supervisor transfers its leg, the new party hears until the adapter reacts",
)


def _module(module: str, is_loaded: bool | Unavailable) -> Finding:  # noqa: FBT001 - a fact, not a switch
    what = f"module {module}"
    if isinstance(is_loaded, Unavailable):
        advice = "module load func_module.so, or give `write = system` for one check (docs/commands.md)"
        return Finding(what, Verdict.UNKNOWN, is_loaded.why, advice)
    if module == NATIVE_BRIDGE:
        return _native_bridge(what, is_loaded)
    if is_loaded:
        return Finding(what, Verdict.OK, "loaded")
    return Finding(what, *_WITHOUT.get(module, _WITHOUT_ANOTHER), f"module load {module}.so")


def _native_bridge(what: str, is_loaded: bool) -> Finding:  # noqa: FBT001 - as above
    if not is_loaded:
        return Finding(what, Verdict.OK, "not loaded: supervisors do not disturb music on hold")
    return Finding(
        what,
        Verdict.WARN,
        "loaded: a supervisor who leaves during hold disturbs the music on hold",
        "noload = bridge_native_rtp.so in modules.conf (docs/supervision.md)",
    )


def _included(part: str, is_there: bool | Unavailable) -> Finding:  # noqa: FBT001 - as above
    what = f"dialplan {part}"
    match is_there:
        case True:
            return Finding(what, Verdict.OK, "present")
        case False:
            return Finding(what, Verdict.FAIL, "Asterisk has no such extension", INCLUDE)
        case Unavailable(why):
            return Finding(
                what, Verdict.UNKNOWN, why, "add reporting to the AMI user's `write`, `manager reload`"
            )


def _terminals(terminals: Mapping[str, Terminal | Unavailable]) -> Iterator[Finding]:
    """Judge the phones: each one with a problem has a row; the others share one."""
    registered = [number for number, found in terminals.items() if found is Terminal.REGISTERED]
    if registered:
        yield Finding("phones", Verdict.OK, f"{len(registered)} of {len(terminals)} are registered")
    for number, found in terminals.items():
        what = f"phone {number}"
        match found:
            case Terminal.ABSENT:
                yield Finding(
                    what,
                    Verdict.WARN,
                    "Asterisk knows the device, but no phone is registered",
                    "register the phone: until then it cannot ring",
                )
            case Terminal.UNKNOWN:
                yield Finding(
                    what,
                    Verdict.FAIL,
                    "Asterisk has no such device, so the adapter never sees its calls",
                    "correct the extension's `devices` in the directory, or add it to pjsip.conf",
                )
            case Terminal.UNTOLD:
                yield Finding(
                    what, Verdict.UNKNOWN, "Asterisk does not tell its state", "module load func_devstate.so"
                )
            case Unavailable(why):
                yield Finding(what, Verdict.UNKNOWN, why)
