"""`uapi-adapter discover` beside a real Asterisk: what is printed is what the PBX has, and loads as it is."""

import sys
import time
from pathlib import Path

from adapter.directory import Directory, ExtensionType, load_directory
from adapter.lab import Pbx, running_asterisk
from adapter.lab.adapter_process import adapter_environment
from adapter.lab.ordinary import ORDINARY, Ordinary
from adapter.lab.processes import Ended, run_process

DEADLINE_S = 60.0
MANY, MANY_WITHIN_S = 1_000, 5.0
TRIES = 3
"""A machine that is busy with something else is slower, and no less able."""
LAYOUT_SECRET = "86421"
Extensions = dict[tuple[str, str], tuple[str, ...]]


async def discover(pbx: Pbx) -> Ended:
    command = (sys.executable, "-m", "adapter", "discover")
    return await run_process(*command, within=DEADLINE_S, environment=adapter_environment(pbx, {}))


def found(directory: Directory) -> Extensions:
    """The devices of each extension, by the name of its organization and its number."""
    return {
        (directory.organization_of(each).id, each.number.partition("*")[2]): each.devices
        for each in directory.extensions.values()
    }


def there(layout: Ordinary, main: str) -> Extensions:
    """The same of the layout's people; the first tenant is called `main` where Asterisk has no tenantid."""
    return {
        (one.tenant if one.tenant == "acme" else main, one.number): tuple(
            f"PJSIP/{name}" for name in sorted(one.devices, key=lambda name: (name != one.number, name))
        )
        for one in layout.people()
    }


async def test_the_ordinary_pbx_is_found_with_every_device_and_nothing_else(tmp_path: Path) -> None:
    """Two tenants, second devices, names; the members of its queues; no secret."""
    async with running_asterisk(tmp_path / "asterisk", layout=ORDINARY) as pbx:
        ended = await discover(pbx)
    assert (ended.status, ended.err) == (0, "")
    directory = load_directory(ended.out)
    assert found(directory) == there(ORDINARY, "main")
    assert {each.type for each in directory.extensions.values()} == {ExtensionType.PHONE_TERMINAL}
    names = {user.name for user in directory.users.values()}
    assert names >= {one.name for one in ORDINARY.people()}
    assert '#  - {name: "Queue 500", organization: "main"' in ended.out
    assert '#  - {name: "Queue 500-acme", organization: "acme"' in ended.out
    assert LAYOUT_SECRET not in ended.out
    assert pbx.ami_secret not in ended.out


async def test_a_thousand_endpoints_are_found_within_five_seconds(tmp_path: Path) -> None:
    """All devices whose state Asterisk keeps are looked at; the trunk is left out, and named."""
    layout = Ordinary(extensions=MANY)
    async with running_asterisk(tmp_path / "asterisk", layout=layout) as pbx:
        modules = pbx.folder / "etc/site/modules.conf"
        modules.write_text(f"{modules.read_text()}load = res_manager_devicestate.so\n")
        await pbx.stop()
        await pbx.start()
        took_s: list[float] = []
        while len(took_s) < TRIES and min(took_s, default=MANY_WITHIN_S) >= MANY_WITHIN_S:
            began = time.monotonic()
            ended = await discover(pbx)
            took_s.append(time.monotonic() - began)
            assert ended.status == 0, ended.err
    assert found(load_directory(ended.out)) == there(layout, "main")
    assert "#  - PJSIP/trunk: " in ended.out
    assert min(took_s) < MANY_WITHIN_S


async def test_whatever_endpoints_are_called_is_text(tmp_path: Path) -> None:
    """Names of the field and of nobody's, as Asterisk itself passes them on."""
    names = (
        'O\'Neil "Ace": #1',
        "- {id: evil}",
        "${SHELL(id)}",
        "Zoë \x1b[2J Ţăran",
        "x" * 70,
        "null",
        "@ & * |",
    )
    async with running_asterisk(tmp_path / "asterisk", layout=ORDINARY) as pbx:
        endpoints = pbx.folder / "etc/pjsip.endpoint.conf"
        text = endpoints.read_text(encoding="utf-8")
        for number, name in enumerate(names, 800):
            quoted = name.replace("\\", "\\\\").replace('"', '\\"').replace(";", "\\;")
            text += (
                f"[{number}](media)\ntype=endpoint\ncontext=from-internal\naors=210\nmailboxes={number}@none\n"
                f'callerid="{quoted}" <{number}>\n'
            )
        endpoints.write_text(text, encoding="utf-8")
        hints = "".join(f"exten => {number},hint,PJSIP/{number}\n" for number, _ in enumerate(names, 800))
        dialplan = pbx.folder / "etc/extensions_additional.conf"
        dialplan.write_text(f"{dialplan.read_text(encoding='utf-8')}[more]\n{hints}", encoding="utf-8")
        await pbx.stop()
        await pbx.start()
        ended = await discover(pbx)
    assert ended.status == 0, ended.err
    assert all(line.isprintable() for line in ended.out.split("\n"))
    directory = load_directory(ended.out)
    more = set(found(directory)) - set(there(ORDINARY, "main"))
    assert {number for _, number in more} == {str(number) for number, _ in enumerate(names, 800)}
    owners = {user.name for user in directory.users.values()}
    assert owners >= {'O\'Neil "Ace": #1', "- {id: evil}", "null", "@ & * |"}
