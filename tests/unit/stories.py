"""Stories of calls, each from the first channel to the last hang-up."""

from collections.abc import Callable

from .samples import Headers, Pbx, recorded


def inbound_call_with_barge_in() -> list[Headers]:
    """Recorded from a real Asterisk 22."""
    return recorded("inbound-barge-in.ami")


def local_call_with_barge_in_on_the_callee() -> list[Headers]:
    pbx = Pbx()
    _, callee = pbx.call("PJSIP/0003*210", "PJSIP/0003*211", number="0003*210")
    pbx.supervise(callee)
    pbx.hang_up_all()
    return pbx.messages


def two_supervisors_one_of_whom_returns() -> list[Headers]:
    pbx = Pbx()
    _, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    first = pbx.supervise(agent)
    second = pbx.supervise(agent, "PJSIP/second-desk", "uapi-1999")
    pbx.stop_spying(first)
    pbx.spy(first, agent)
    pbx.stop_spying(second)
    pbx.hang_up(second)
    pbx.hang_up_all()
    return pbx.messages


def call_that_ends_under_a_supervisor() -> list[Headers]:
    pbx = Pbx()
    customer, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    spyer = pbx.supervise(agent)
    pbx.hang_up(agent, customer)
    pbx.hang_up(spyer)
    return pbx.messages


def queue_that_rings_three_agents() -> list[Headers]:
    pbx = Pbx()
    customer = pbx.new("PJSIP/trunk", number="777888", exten="0003*500", state="Ring")
    pbx.state(customer, "Up")
    agents = [
        pbx.new(f"PJSIP/{number}", number=number, linkedid=customer)
        for number in ("0003*210", "0003*211", "0003*21")
    ]
    for agent in agents:
        pbx.dial(customer, agent)
    pbx.answer(customer, agents[1])
    pbx.hang_up(agents[0], agents[2], cause=26)
    pbx.supervise(agents[1])
    pbx.hang_up_all()
    return pbx.messages


def attended_transfer_under_a_supervisor() -> list[Headers]:
    pbx = Pbx()
    customer, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    consulting, expert = pbx.call("PJSIP/0003*211", "PJSIP/0003*21", number="0003*211")
    pbx.supervise(expert)
    pbx.relink(expert, customer)
    pbx.hang_up(agent, consulting)
    pbx.hang_up_all()
    return pbx.messages


def somebody_elses_spy() -> list[Headers]:
    """A feature code of the PBX: the spyer is a channel of its own dialplan."""
    pbx = Pbx()
    customer, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    spyer = pbx.new("PJSIP/0003*211", number="0003*211", exten="*55", state="Ring")
    pbx.state(spyer, "Up")
    pbx.spy(spyer, agent)
    pbx.stop_spying(spyer)
    pbx.hang_up(spyer, agent, customer)
    return pbx.messages


def somebody_elses_spy_that_outlives_its_spyee() -> list[Headers]:
    pbx = Pbx()
    customer, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    spyer = pbx.new("PJSIP/0003*211", number="0003*211", exten="*55", state="Ring")
    pbx.state(spyer, "Up")
    pbx.spy(spyer, agent)
    pbx.hang_up(agent, customer)
    pbx.stop_spying(spyer)
    pbx.hang_up(spyer)
    return pbx.messages


def two_calls_at_once() -> list[Headers]:
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    pbx.call("PJSIP/0003*21", "PJSIP/trunk", number="0003*21")
    pbx.hang_up_all()
    return pbx.messages


STORIES: tuple[Callable[[], list[Headers]], ...] = (
    inbound_call_with_barge_in,
    local_call_with_barge_in_on_the_callee,
    two_supervisors_one_of_whom_returns,
    call_that_ends_under_a_supervisor,
    queue_that_rings_three_agents,
    attended_transfer_under_a_supervisor,
    somebody_elses_spy,
    somebody_elses_spy_that_outlives_its_spyee,
    two_calls_at_once,
)
