"""What a supervisor's channel has to be told so that the right ones hear each other. Pure.

ChanSpy hears and whispers on the spyee's channel wherever that goes, but is tied to the other side that was
there when it began. After a transfer a barge-in no longer reaches anybody past the spyee, for good; in the
other modes the supervisor hears the new party late, on Asterisk 22 by about as long as ChanSpy had been
running (measured). So it begins anew, which takes about 0.13 s.
"""

from dataclasses import dataclass

from adapter.asterisk.actions import Spying
from adapter.asterisk.features import Feature, PbxFeatures
from adapter.callcontrol.supervision.plan import Mode
from adapter.calls.model import Calls

ONE_OTHER_SIDE = 1
"""A barge-in reaches one other side."""


@dataclass(frozen=True, slots=True)
class SpySetup:
    """Spy on the channel `spyee` in this mode, while it has this name and talks with `partner` alone."""

    spyee: str
    mode: Mode
    partner: str | None = None
    spyee_name: str = ""
    waits: bool = False
    """But not before it is told again: somebody is on hold."""

    @property
    def spying(self) -> Spying:
        """What ChanSpy is told. Raises ActionError where that is not exact."""
        return Spying(self.spyee, self.spyee_name, self.mode.spy_options)


def wanted_setup(calls: Calls, spyee: str, mode: Mode, *, may_wait: bool = False) -> SpySetup:
    """What is right at this moment; with `may_wait` for a supervisor who has not joined yet."""
    leg, partners = calls.leg(spyee), calls.others(spyee)
    return SpySetup(
        spyee,
        mode,
        partners[0].channel.uniqueid if len(partners) == ONE_OTHER_SIDE else None,
        "" if leg is None else leg.channel.name,
        waits=may_wait and is_held(calls, spyee),
    )


def is_held(calls: Calls, spyee: str) -> bool:
    """Whether somebody of the conversation holds the other.

    A ChanSpy that begins or ends then silences the music of who is held until the hold ends, and so tells
    of itself: bridge_native_rtp leaves the bridge, or takes it over (measured, also with direct media).
    """
    legs = (calls.leg(spyee), *calls.others(spyee))
    return any(leg is not None and leg.held_since is not None for leg in legs)


def is_conference(calls: Calls, spyee: str) -> bool:
    """Whether a barge-in on the spyee would not reach all that it talks with.

    So it is with more than one other side, and in a ConfBridge of two as well: ChanSpy knows the other side
    of a bridge that is made for two only (measured).
    """
    leg, others = calls.leg(spyee), calls.others(spyee)
    return len(others) > ONE_OTHER_SIDE or (leg is not None and leg.is_in_conference and bool(others))


def needs_variables(spy_setup: SpySetup | None, wanted: SpySetup) -> bool:
    """Whether Asterisk has been told another channel, name or mode.

    Whom that reaches shows when ChanSpy begins.
    """
    return spy_setup is None or _told(spy_setup) != _told(wanted)


def _told(spy_setup: SpySetup) -> tuple[str, str, Mode, bool]:
    return spy_setup.spyee, spy_setup.spyee_name, spy_setup.mode, spy_setup.waits


def needs_restart(spy_setup: SpySetup | None, wanted: SpySetup) -> bool:
    """Whether ChanSpy has to begin anew.

    While the spyee talks with nobody there is nobody to reach; but a barge-in keeps the channel of a far
    side that has gone from being hung up, until it begins anew (seen with a parked call).
    """
    # On the channel that it spies on it stays, whatever name that gets.
    if spy_setup is None or (spy_setup.spyee, spy_setup.mode) != (wanted.spyee, wanted.mode):
        return True
    if wanted.partner == spy_setup.partner:
        return False
    return wanted.partner is not None or wanted.mode.is_heard_by_all


def may_begin_anew(calls: Calls, spy_setup: SpySetup | None, wanted: SpySetup) -> bool:
    """Whether ChanSpy may begin anew now: not while the same conversation is on hold."""
    if spy_setup is not None and (spy_setup.spyee, spy_setup.partner) != (wanted.spyee, wanted.partner):
        return True
    return not is_held(calls, wanted.spyee)


def may_hold_back(features: PbxFeatures) -> bool:
    """Whether ChanSpy can wait for the end of a hold: who rings has it wait, and it is told to begin then."""
    return {Feature.RING, Feature.SWITCH} <= features


def mode_of(options: str) -> Mode | None:
    """The mode of a ChanSpy that runs with these options, if it is one of ours."""
    return next((mode for mode in Mode if set(mode.spy_options) == set(options)), None)
