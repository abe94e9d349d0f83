"""Barge-in on real calls, with the audio measured."""

import asyncio
import itertools

from adapter.lab import Phone, Step, wait_until_heard
from tests.acceptance.harness import Lab, Talk, code_of, views_of


def pairs(*phones: Phone) -> set[tuple[str, str]]:
    """Every directed pair of these phones: all hear all."""
    return set(itertools.permutations((phone.name for phone in phones), 2))


async def join(lab: Lab, talk: Talk, supervisor: Phone, number: str = "0003*210") -> None:
    answer = await lab.barge_in(talk.call_id, number, supervisor=supervisor.number)
    assert answer.status == 202
    await supervisor.ringing()
    supervisor.pick_up()
    await lab.until_views(talk.call_id, {"01", "02"})


async def test_all_six_pairs_hear_each_other_during_a_barge_in_and_only_the_two_before_and_after(
    lab: Lab,
) -> None:
    """Before, customer and agent hear each other; during, everyone hears everyone; after, as before."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    everyone = (talk.caller, talk.callee, supervisor)
    await wait_until_heard(everyone, pairs(talk.caller, talk.callee))

    await join(lab, talk, supervisor)
    await wait_until_heard(everyone, pairs(*everyone))

    supervisor.hang_up()
    await lab.until_views(talk.call_id, {"01"})
    await wait_until_heard(everyone, pairs(talk.caller, talk.callee))


async def test_the_supervisors_phone_shows_the_requested_name_and_number(lab: Lab) -> None:
    """The SIP INVITE that reaches the supervisor's phone carries the caller id of the request."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    for name, number in (
        ("John Doe", "42420042"),
        ("Zoë Ţăran", "+3334444"),
        ('Anna "Ace" O\\Neil', "*77#"),
        ("A <b> & C; d, e", "1"),
    ):
        await lab.barge_in(talk.call_id, callerId=f"{name} <{number}>")
        await supervisor.ringing()
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        assert f'"{quoted}" <sip:{number.replace("#", "%23")}@' in supervisor.display
        supervisor.pick_up()
        await lab.until_calls(lambda calls: len(views_of(calls[0])) == 2)
        [view] = [view for view in views_of((await lab.calls())[0]).values() if view["id"] != "01"]
        assert view["callerId"] == f"{name} <{number}>"
        supervisor.hang_up()
        await lab.until_calls(lambda calls: len(views_of(calls[0])) == 1)


async def test_without_a_caller_id_the_phone_shows_that_of_its_own_extension(lab: Lab) -> None:
    """Default: the callerId of the Phone Terminal Extension."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    await lab.barge_in(talk.call_id, callerId=None)
    await supervisor.ringing()
    assert '"Supervisor" <sip:0003*024@' in supervisor.display


async def test_the_barge_view_comes_when_joined_and_goes_when_the_supervisor_leaves(lab: Lab) -> None:
    """View 02 is not there while the phone rings; its id is not used again."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    await lab.barge_in(talk.call_id)
    await supervisor.ringing()
    assert set(views_of((await lab.calls())[0])) == {"01"}
    supervisor.pick_up()
    views = await lab.until_views(talk.call_id, {"01", "02"})
    barge = views["02"]
    assert {name: barge[name] for name in ("extension", "source", "destination", "status", "callerId")} == {
        "extension": "0003*210",
        "source": ["0003*024"],
        "destination": ["0003*210"],
        "status": "5",
        "callerId": "John Doe <42420042>",
    }
    assert barge["answered"]
    supervisor.hang_up()
    await lab.until_views(talk.call_id, {"01"})
    await lab.barge_in(talk.call_id)
    await supervisor.ringing()
    supervisor.pick_up()
    await lab.until_views(talk.call_id, {"01", "03"})


async def test_a_waiting_request_is_answered_with_the_joined_call(lab: Lab) -> None:
    """`Prefer: wait=N`: 200 with the full updated PhoneCall, the new view included."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")

    async def pick_up() -> None:
        await supervisor.ringing()
        supervisor.pick_up()

    answer, _ = await asyncio.gather(lab.barge_in(talk.call_id, wait_s=20), pick_up())
    assert answer.status == 200
    assert answer.headers["Preference-Applied"] == "wait=20"
    assert set(views_of(answer.json)) == {"01", "02"}


async def test_of_two_calls_the_supervisor_lands_in_the_one_asked_for(lab: Lab) -> None:
    """Two calls at once: the supervisor joins the second, and the parties of the first hear nothing of it."""
    first = await lab.talk("0003*210", tag="1")
    second = await lab.talk("0003*211", tag="2")
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    await join(lab, second, supervisor, "0003*211")
    everyone = (first.caller, first.callee, second.caller, second.callee, supervisor)
    await wait_until_heard(
        everyone,
        pairs(first.caller, first.callee) | pairs(second.caller, second.callee, supervisor),
    )


async def test_a_channel_name_that_begins_another_is_not_mistaken_for_it(lab: Lab) -> None:
    """Barging in on 0003*21 does not take the call of 0003*210, whose channel name it begins."""
    longer = await lab.talk("0003*210", tag="1")
    shorter = await lab.talk("0003*21", tag="2")
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    await join(lab, shorter, supervisor, "0003*21")
    everyone = (longer.caller, longer.callee, shorter.caller, shorter.callee, supervisor)
    await wait_until_heard(
        everyone,
        pairs(longer.caller, longer.callee) | pairs(shorter.caller, shorter.callee, supervisor),
    )
    # When that call ends, the supervisor is not handed on to the other.
    shorter.callee.hang_up()
    await supervisor.ended()
    await wait_until_heard(everyone, pairs(longer.caller, longer.callee))


async def test_a_caller_among_two_extensions_can_be_barged_in_on(lab: Lab) -> None:
    """A local call has view 01 for the caller and 02 for the callee, and either may be asked for."""
    callee = await lab.phones.callee("0003*211", name="callee")
    caller = await lab.phones.caller("0003*210", callee="0003*211", name="caller")
    await callee.ringing()
    callee.pick_up()
    await caller.answered()
    [call] = await lab.until_calls(
        lambda calls: [v["status"] for c in calls for v in views_of(c).values()] == ["5", "5"]
    )
    views = views_of(call)
    assert (views["01"]["extension"], views["02"]["extension"]) == ("0003*210", "0003*211")
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    await lab.barge_in(str(call["id"]), "0003*211", phoneCallViewId="02")
    await supervisor.ringing()
    supervisor.pick_up()
    views = await lab.until_views(str(call["id"]), {"01", "02", "03"})
    assert views["03"]["extension"] == "0003*211"
    await wait_until_heard((caller, callee, supervisor), pairs(caller, callee, supervisor))


async def test_when_the_spied_agent_hangs_up_all_legs_are_gone(lab: Lab) -> None:
    """The agent's hang-up ends the call for the customer and for the supervisor, and the list is empty."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    await join(lab, talk, supervisor)
    talk.callee.hang_up()
    assert (await supervisor.ended()).step is Step.ENDED
    assert (await talk.caller.ended()).step is Step.ENDED
    await lab.until_calls(lambda calls: calls == [])


async def test_the_same_request_twice_rings_once(lab: Lab) -> None:
    """The second PUT while the first rings, or is joined, answers as the first and does not ring again."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    answers = [await lab.barge_in(talk.call_id) for _ in range(2)]
    await supervisor.ringing()
    supervisor.pick_up()
    await lab.until_views(talk.call_id, {"01", "02"})
    answers.append(await lab.barge_in(talk.call_id))
    assert [answer.status for answer in answers] == [202, 202, 202]
    assert [entry.step for entry in supervisor.journal].count(Step.RINGING) == 1
    assert code_of(await lab.barge_in(talk.call_id, phoneCallViewId="77")) == "pc_phonecallview_invalid"
