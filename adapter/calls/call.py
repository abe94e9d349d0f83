"""A call: its legs, and the ids of its views. Only the handlers of events write it."""

from msgspec import Struct

from adapter.calls.bridge_index import BridgeIndex
from adapter.calls.legs import Leg

VIEW_LIMIT = 99
"""View ids have two digits (UAPI): there are no more on one call."""

_VIEW_IDS = tuple(f"{number:02}" for number in range(1, VIEW_LIMIT + 1))


class Call(Struct, gc=False):
    """The legs of one linkedid, in order of appearance. Nothing in it holds it (`gc=False`)."""

    id: str
    began_at: float
    bridges: BridgeIndex
    legs: dict[str, Leg] = {}
    view_ids: dict[str, str] = {}
    """The view id of each leg and supervision."""
    lacks_ids: bool = False
    """There are more phones than ids."""
    is_lack_emitted: bool = False
    _given: int = 0
    _left: dict[str, str] = {}
    """By extension, the id of its phone that is gone: the extension's again, should it be rung again."""

    @property
    def answered_at(self) -> float | None:
        return min(
            (leg.answered_at for leg in self.legs.values() if leg.answered_at is not None), default=None
        )

    def viewer_of(self, leg: Leg) -> str | None:
        """The extension that this leg shows the call to, if any.

        Not that of a phone that transferred or parked the others: it may take a while to hang up.
        """
        if leg.channel.uniqueid not in self.view_ids or (leg.has_left and leg.extension is not None):
            return None
        return leg.shown_extension

    def give_views(self, leg: Leg) -> None:
        """A view for the leg and one for each supervision of it.

        A leg to the public network has none of its own, but the extension that parked it keeps a view.
        """
        uniqueid = leg.channel.uniqueid
        view_ids = self.view_ids
        if uniqueid not in view_ids and leg.shown_extension is not None:
            # While there are no views there is none to share.
            view_id = self._shared_id(leg) if leg.is_dialed and self._given else None
            self._give(uniqueid, view_id, is_up=leg.is_up)
        for spy in leg.spies:
            if spy not in view_ids:
                self._give(spy, None, is_up=True)

    def forget(self, leg: Leg) -> None:
        """The leg's channel is gone."""
        if leg.extension is not None:
            view_id = self.view_ids.pop(leg.channel.uniqueid, None)
            if view_id is not None and view_id not in self.view_ids.values():
                self._left[leg.extension] = view_id

    def _give(self, uniqueid: str, view_id: str | None, *, is_up: bool) -> None:
        if view_id is None:
            if self._given < VIEW_LIMIT:
                view_id = _VIEW_IDS[self._given]
                self._given += 1
            else:
                self.lacks_ids = True
                view_id = self._taken_back() if is_up else None
        if view_id is not None:
            self.view_ids[uniqueid] = view_id

    def _shared_id(self, leg: Leg) -> str | None:
        """The id that the extension has by another phone that rings too, or had by one that rang before."""
        fellow = self._fellow(leg)
        if fellow is not None:
            return self.view_ids.get(fellow.channel.uniqueid)
        return self._left.pop(leg.extension or "", None)

    def _fellow(self, leg: Leg) -> Leg | None:
        """Another phone of the same extension that is called with this one: one perspective, one view."""
        if leg.extension is not None:
            for other in self.legs.values():
                if (
                    other.extension == leg.extension
                    and other is not leg
                    and other.is_dialed
                    and not other.is_up
                ):
                    return other
        return None

    def _taken_back(self) -> str | None:
        """The id of who left the longest ago; else of a phone that rings, upon which nobody can act."""
        for extension in self._left:
            return self._left.pop(extension)
        up = {self.view_ids.get(uniqueid) for uniqueid, leg in self.legs.items() if leg.is_up}
        for uniqueid, leg in self.legs.items():
            view_id = self.view_ids.get(uniqueid)
            if view_id is not None and leg.is_dialed and view_id not in up:
                for one in [one for one, its in self.view_ids.items() if its == view_id]:
                    del self.view_ids[one]
                return view_id
        return None
