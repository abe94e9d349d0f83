"""The list beside real calls: inbound, local, outgoing, ringing, answered, ended; and across restarts."""

import signal
from pathlib import Path

from adapter.lab import wait_until_heard
from adapter.lab.adapter_process import running_adapter
from adapter.lab.polling import until
from tests.acceptance.harness import Lab, code_of, views_of


async def test_an_inbound_call_reads_like_the_founding_sample(lab: Lab) -> None:
    """From 777888 to 0003*210: one view, its source the customer, its destination the extension."""
    agent = await lab.phones.callee("0003*210", name="agent")
    customer = await lab.phones.caller(
        "777888", callee="0003*210", name="customer", trunk=True, display="John Doe"
    )
    await agent.ringing()
    [call] = await lab.until_calls(
        lambda calls: "3" in [v["status"] for c in calls for v in views_of(c).values()]
    )
    assert "answered" not in call
    agent.pick_up()
    await customer.answered()
    [call] = await lab.until_calls(lambda calls: "answered" in calls[0], "12/0003*210")
    [view] = views_of(call).values()
    shown = ("id", "extension", "status", "flow", "callerId", "source", "destination")
    assert {name: view[name] for name in shown} == {
        "id": "01",
        "extension": "0003*210",
        "status": "5",
        "flow": "8",
        "callerId": "John Doe <777888>",
        "source": ["777888"],
        "destination": ["0003*210"],
    }
    assert (call["extension"], call["ownerId"], call["ownerName"]) == (
        "0003*210",
        "3",
        "Default Organization",
    )
    link = call["link"]
    assert isinstance(link, dict)
    again = await lab.adapter.request("GET", str(link["self"]), token=lab.token)
    assert again.json == call
    agent.hang_up()
    await lab.until_calls(lambda calls: calls == [])
    gone = await lab.adapter.request("GET", str(link["self"]), token=lab.token)
    assert (gone.status, code_of(gone)) == (400, "pc_phonecall_invalid")


async def test_a_local_call_has_a_view_for_each_side(lab: Lab) -> None:
    """The caller sees the other side ring, the callee rings; then both are on the call."""
    callee = await lab.phones.callee("0003*211", name="callee")
    caller = await lab.phones.caller("0003*210", callee="0003*211", name="caller")
    await callee.ringing()
    [call] = await lab.until_calls(
        lambda calls: [v["status"] for c in calls for v in views_of(c).values()] == ["4", "3"]
    )
    for view in views_of(call).values():
        assert (view["source"], view["destination"], view["flow"]) == (["0003*210"], ["0003*211"], "2")
    callee.pick_up()
    await caller.answered()
    [call] = await lab.until_calls(
        lambda calls: [v["status"] for c in calls for v in views_of(c).values()] == ["5", "5"]
    )
    assert call["extension"] == "0003*210"


async def test_an_outgoing_call_has_one_view_and_names_the_number_dialed(lab: Lab) -> None:
    """The leg to the public network has no view of its own and stands as the destination."""
    public = await lab.phones.callee("0040721000000", name="public", carrier=True)
    caller = await lab.phones.caller("0003*210", callee="0040721000000", name="caller")
    await public.ringing()
    public.pick_up()
    await caller.answered()
    [call] = await lab.until_calls(
        lambda calls: [v["status"] for c in calls for v in views_of(c).values()] == ["5"]
    )
    [view] = views_of(call).values()
    assert (view["source"], view["destination"], view["flow"]) == (["0003*210"], ["0040721000000"], "4")


async def test_another_organization_sees_nothing_of_a_call(lab: Lab) -> None:
    """The call, its list and a barge-in on it look to a stranger as if they did not exist."""
    talk = await lab.talk()
    stranger = await lab.adapter.token("stranger")
    assert await lab.adapter.list("@me/@self", stranger) == []
    for path, code in (
        (f"@me/@self/{talk.call_id}", "pc_phonecall_invalid"),
        (f"@me/0003*210/{talk.call_id}", "extension_invalid"),
        (f"12/0003*210/{talk.call_id}", "user_invalid"),
    ):
        answer = await lab.adapter.request("GET", f"/uapi/phoneCalls/{path}", token=stranger)
        assert (answer.status, code_of(answer)) == (400, code)


async def test_a_barge_in_and_its_call_are_found_again_after_the_adapter_was_killed(
    lab: Lab, tmp_path: Path
) -> None:
    """SIGKILL in the middle: a new adapter lists the same ids and views, and the supervisor stays joined."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    await lab.barge_in(talk.call_id)
    await supervisor.ringing()
    supervisor.pick_up()
    before = await lab.until_views(talk.call_id, {"01", "02"})
    lab.adapter.process.send_signal(signal.SIGKILL)
    await until(lambda: lab.adapter.process.returncode is not None, within=3)
    everyone = (talk.caller, talk.callee, supervisor)
    names = [phone.name for phone in everyone]
    all_pairs = {(one, other) for one in names for other in names if one != other}
    async with running_adapter(lab.pbx, tmp_path / "again") as adapter:
        [call] = await adapter.list("@me/@self", await adapter.token("wallboard"))
        after = views_of(call)
        assert call["id"] == talk.call_id
        for view_id in ("01", "02"):
            for name in ("extension", "source", "destination", "status", "flow", "callerId"):
                assert after[view_id][name] == before[view_id][name]
        await wait_until_heard(everyone, all_pairs)
        supervisor.hang_up()
        await supervisor.ended()
        talk.callee.hang_up()
        await talk.caller.ended()


async def test_sighup_reads_the_directory_again_and_a_bad_one_changes_nothing(
    lab: Lab, tmp_path: Path
) -> None:
    """A live call is relabelled by the new directory; a bad file keeps the old one and says so."""
    talk = await lab.talk()
    path = tmp_path / "directory.yaml"
    good = (Path(__file__).parents[2] / "examples" / "directory.yaml").read_text()
    path.write_text(good)
    async with running_adapter(lab.pbx, tmp_path / "other", directory=path) as adapter:
        token = await adapter.token("wallboard")
        path.write_text(good.replace("name: Default Organization", "name: Renamed"))
        adapter.process.send_signal(signal.SIGHUP)
        await until(lambda: "the directory was reloaded" in adapter.log, within=3)
        [call] = await adapter.list("@me/@self", token)
        assert (call["id"], call["ownerName"]) == (talk.call_id, "Renamed")
        path.write_text(good.replace('owner: "13"', 'owner: "nobody"', 1))
        adapter.process.send_signal(signal.SIGHUP)
        await until(lambda: "the directory was not reloaded" in adapter.log, within=3)
        assert "there is no user 'nobody'" in adapter.log
        assert "line " in adapter.log
        [call] = await adapter.list("@me/@self", token)
        assert call["ownerName"] == "Renamed"
