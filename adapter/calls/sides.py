"""Who is on which side of a call: who talks with a leg, who called, and who was called."""

import re
from collections.abc import Iterable

from adapter.calls.call import Call
from adapter.calls.ids import Age, age_of
from adapter.calls.legs import Leg

_NUMBER = re.compile(r"[0-9+*#]+", re.ASCII)


def present(call: Call) -> list[Leg]:
    """All but who transferred the others and left: its phone may take a while to hang up."""
    return [leg for leg in call.legs.values() if not leg.has_left]


def talking_with(call: Call, leg: Leg) -> list[Leg]:
    """Who talks with the leg: not who sent it on, and may be there for an instant still."""
    return [other for other in call.bridges.others(leg) if not other.has_left]


def parties_of(call: Call, leg: Leg) -> list[Leg]:
    """Who talks with the leg. In a conference, who of its call: the others are of calls of their own."""
    talking = talking_with(call, leg)
    if len(talking) == 1 and leg.stays_in_bridge and not leg.is_in_conference:
        return talking  # in a bridge of ARI: each is of a call of its own, and they are a conversation
    return [other for other in talking if other.channel.uniqueid in call.legs]


def is_called_side(leg: Leg, parties: list[Leg]) -> bool:
    """Whether it is the called side."""
    return not any(one is leg for one in _calling([leg, *parties])) if parties else leg.is_dialed


def callers_of(call: Call, leg: Leg, parties: list[Leg]) -> tuple[str, ...]:
    """Who called: of those it talks with, or while it rings, the one whose number Asterisk has it show."""
    if parties:
        return _numbers(_calling([leg, *parties]))
    number = leg.channel.connected.number
    callers = [one for one in present(call) if not one.is_dialed and not one.is_local_half]
    if callers:
        return _numbers([next((one for one in callers if number in _numbers([one])), callers[0])])
    return (number,) if number else ()


def called_by(call: Call, leg: Leg, parties: list[Leg]) -> tuple[str, ...]:
    """Who is there; else who was called, of whom those who answered; else the number that was dialed."""
    if numbers := _numbers(parties):
        return numbers
    callees = callees_of(call, leg)
    there = _numbers([callee for callee in callees if callee.is_up] or callees)
    if there:
        return there
    # The dialplan has names of its own for places that no number leads to: `s`, `h`.
    return (leg.exten,) if _NUMBER.fullmatch(leg.exten) else _numbers(call.bridges.others(leg))


def callees_of(call: Call, leg: Leg) -> list[Leg]:
    """All others who are called."""
    return [other for other in present(call) if other.is_dialed and other is not leg]


def _calling(legs: list[Leg]) -> list[Leg]:
    """Who calls, of those who talk: whoever was not called; where that is all or none, one of them.

    After a transfer those may talk who were both called by somebody who is gone, or both called one: who was
    sent on is older. Whom nobody called and who is of the public network has called us.
    """
    calling = [leg for leg in legs if not leg.is_dialed]
    if calling and len(calling) < len(legs):
        return calling
    return [min(legs, key=lambda leg: (not leg.is_dialed and leg.extension is not None, _age(leg)))]


def _numbers(legs: Iterable[Leg]) -> tuple[str, ...]:
    numbers = [leg.number for leg in legs if not leg.is_local_half]
    return tuple(dict.fromkeys(number for number in numbers if number))


def _age(leg: Leg) -> Age:
    return age_of(leg.channel.uniqueid, leg.began_at)
