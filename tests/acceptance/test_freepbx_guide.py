"""What docs/freepbx.md has one type, and what it promises, on the lab's PBX with FreePBX's layout."""

import itertools
from pathlib import Path

from adapter.lab import Pbx, Phones, running_asterisk, wait_until_heard
from adapter.lab.adapter_process import running_adapter
from adapter.lab.ordinary import ORDINARY
from adapter.lab.processes import run_process
from tests.acceptance.harness import Lab, views_of
from tests.acceptance.supervision.asking import address_of, until_joined
from tests.acceptance.test_first_hour import (
    DEADLINE_S,
    ETC,
    forget_the_adapter,
    init,
    reload,
    type_what_was_said,
)

GUIDE = Path(__file__).parents[2] / "docs" / "freepbx.md"


def to_undo() -> list[str]:
    """The lines of the guide that take the adapter out of Asterisk's configuration."""
    _, _, undo = GUIDE.read_text(encoding="utf-8").partition("\n## Undo\n")
    block = undo.partition("```sh\n")[2].partition("```")[0]
    return [line for line in block.splitlines() if ETC in line]


def configuration(pbx: Pbx) -> dict[str, str]:
    """All files of it; blank lines at a file's end do not count."""
    etc = pbx.folder / "etc"
    files = [path for path in etc.rglob("*") if path.is_file()]
    return {str(path.relative_to(etc)): path.read_text(encoding="utf-8").rstrip() for path in files}


async def test_what_is_typed_for_asterisk_is_undone_by_what_the_guide_says(tmp_path: Path) -> None:
    """Also where a file of the operator's ends without a line end; then the adapter is refused."""
    folder = tmp_path / "uapi-adapter"
    async with running_asterisk(tmp_path / "asterisk", layout=ORDINARY) as pbx:
        await forget_the_adapter(pbx)
        for name in ("manager_custom.conf", "extensions_custom.conf"):
            path = pbx.folder / "etc" / name
            path.write_text(f"{path.read_text().rstrip()}\n; the last line", encoding="utf-8")
        before = configuration(pbx)
        first = await init(folder, "--ami-port", str(pbx.ami_port))
        await type_what_was_said(pbx, first.out)
        assert {"uapi-adapter.conf", "uapi-dialplan.conf"} <= set(configuration(pbx))
        second = await init(folder)
        assert (second.status, second.err) == (0, ""), second
        lines = to_undo()
        assert len(lines) == 3
        for line in lines:
            said = line.replace(ETC, f"{pbx.folder}/etc")
            ended = await run_process("sh", "-c", said, within=DEADLINE_S)
            assert ended.status == 0, ended
        await reload(pbx, "manager", "pbx_config.so")
        assert configuration(pbx) == before
        third = await init(folder)
        assert (third.status, "Authentication failed" in third.err) == (1, True), third


async def test_a_supervision_outlasts_what_fwconsole_reload_does_to_asterisk(tmp_path: Path) -> None:
    """The generated files are written anew, all is reloaded; all hear all, and the mode can be switched."""
    async with (
        running_asterisk(tmp_path / "asterisk", layout=ORDINARY) as pbx,
        running_adapter(pbx, tmp_path / "adapter") as adapter,
        Phones(pbx, tmp_path / "phones") as phones,
    ):
        lab = Lab(pbx, adapter, phones, await adapter.token("wallboard"))
        talk = await lab.talk()
        supervisor = await phones.callee("0003*024", name="supervisor")
        accepted = await lab.barge_in(talk.call_id)
        await supervisor.ringing()
        supervisor.pick_up()
        await until_joined(lab, address_of(accepted))
        write_a_new_extension(pbx)
        await reload(pbx)
        everyone = (talk.caller, talk.callee, supervisor)
        names = [phone.name for phone in everyone]
        await wait_until_heard(everyone, set(itertools.permutations(names, 2)))
        switched = await lab.barge_in(talk.call_id, action="Monitor", wait_s=5)
        assert switched.status == 200, switched.text
        await lab.until_views(talk.call_id, {"01", "02"})
        colleague = await phones.callee("399", name="new")
        second = await phones.caller("777889", callee="399", name="second", trunk=True)
        await colleague.ringing()
        colleague.pick_up()
        await second.answered()
        calls = await lab.calls()
        assert [set(views_of(call)) for call in calls] == [{"01", "02"}], "nobody has listed 399"


def write_a_new_extension(pbx: Pbx) -> None:
    """Write the generated files anew, with one extension more."""
    endpoint = "[399](media)\ntype=endpoint\ncontext=from-internal\naors=399\nidentify_by=username\n"
    exten = "[ext-local]\nexten => 399,1,Dial(PJSIP/399)\nexten => 399,hint,PJSIP/399\n"
    more = {
        "pjsip.endpoint.conf": f"{endpoint}disallow=all\nallow = ulaw,alaw\n",
        "pjsip.aor.conf": "[399]\ntype=aor\nmax_contacts=3\nremove_existing=yes\n",
        "extensions_additional.conf": exten,
    }
    for name, text in more.items():
        path = pbx.folder / "etc" / name
        path.write_text(f"{path.read_text(encoding='utf-8')}{text}", encoding="utf-8")
