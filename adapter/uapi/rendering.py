"""PhoneCalls as JSON. Null fields are left out; dates are XML Schema dateTime with seconds and offset."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from adapter.calls.views import PhoneCall, PhoneCallView
from adapter.directory import Directory
from adapter.uapi.digits import DISPOSITION, FLOW, STATUS

Json = dict[str, object]
AddressOf = Callable[[PhoneCall], str]


class Renderer:
    """Writes calls for one answer: with one directory's owners, in one time zone."""

    def __init__(self, directory: Directory, timezone: ZoneInfo, address_of: AddressOf) -> None:
        self._directory = directory
        self._timezone = timezone
        self._address_of = address_of

    def phone_call(self, call: PhoneCall) -> Json:
        """The PhoneCall resource."""
        owner = self._directory.organization_of(self._directory.extensions[call.extension])
        return _without_nulls(
            {
                "id": call.id,
                "extension": call.extension,
                "ownerId": owner.id,
                "ownerName": owner.name,
                "answered": self.date(call.answered),
                "published": self.date(call.published),
                "phoneCallView": [self._view(view) for view in call.views],
                "link": {"self": self._address_of(call)},
            }
        )

    def date(self, seconds: float | None) -> str | None:
        """Seconds since the epoch as an XML Schema dateTime."""
        if seconds is None:
            return None
        return datetime.fromtimestamp(int(seconds), self._timezone).isoformat()

    def _view(self, view: PhoneCallView) -> Json:
        parking = view.parking
        return _without_nulls(
            {
                "id": view.id,
                "extension": view.extension,
                "ringing": self.date(view.ringing),
                "answered": self.date(view.answered),
                "status": STATUS[view.status],
                "flow": FLOW[view.flow],
                "callerId": view.caller_id,
                "source": list(view.source),
                "destination": list(view.destination),
                "onHold": self.date(view.held_since),
                "holder": "1" if view.is_holder else None,
                "parked": self.date(parking.since) if parking else None,
                "parkedPos": parking.space if parking else None,
                "parkedBy": parking.by if parking else None,
                "recording": self.date(view.recorded_since),
                "disposition": None if view.disposition is None else DISPOSITION[view.disposition],
            }
        )


def _without_nulls(fields: Json) -> Json:
    return {name: value for name, value in fields.items() if value is not None}
