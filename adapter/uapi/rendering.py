"""Calls and supervisions as they are answered. Dates are XML Schema dateTime with seconds and offset."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from adapter.calls import views
from adapter.directory import Directory
from adapter.uapi.digits import DISPOSITION, FLOW, STATUS
from adapter.uapi.resources import Link, PhoneCall, PhoneCallView

AddressOf = Callable[[views.PhoneCall], str]


class Renderer:
    """Writes calls for one answer: with one directory's owners, in one time zone."""

    def __init__(self, directory: Directory, timezone: ZoneInfo, address_of: AddressOf) -> None:
        self._directory = directory
        self._timezone = timezone
        self._address_of = address_of

    def phone_call(self, call: views.PhoneCall) -> PhoneCall:
        """The PhoneCall resource."""
        owner = self._directory.organization_of(self._directory.extensions[call.extension])
        return PhoneCall(
            id=call.id,
            extension=call.extension,
            owner_id=owner.id,
            owner_name=owner.name,
            published=self.date(call.published),
            views=[self._view(view) for view in call.views],
            link=Link(self._address_of(call)),
            answered=self._date_if(call.answered),
        )

    def date(self, seconds: float) -> str:
        """Seconds since the epoch as an XML Schema dateTime."""
        return write_date(seconds, self._timezone)

    def _date_if(self, seconds: float | None) -> str | None:
        return None if seconds is None else self.date(seconds)

    def _view(self, view: views.PhoneCallView) -> PhoneCallView:
        parking = view.parking
        return PhoneCallView(
            id=view.id,
            extension=view.extension,
            status=STATUS[view.status],
            flow=FLOW[view.flow],
            source=list(view.source),
            destination=list(view.destination),
            ringing=self._date_if(view.ringing),
            answered=self._date_if(view.answered),
            caller_id=view.caller_id,
            on_hold=self._date_if(view.held_since),
            holder="1" if view.is_holder else None,
            parked=self.date(parking.since) if parking else None,
            parked_pos=parking.space if parking else None,
            parked_by=parking.by if parking else None,
            recording=self._date_if(view.recorded_since),
            queue=view.queue,
            disposition=None if view.disposition is None else DISPOSITION[view.disposition],
        )


def write_date(seconds: float, timezone: ZoneInfo) -> str:
    """Seconds since the epoch as an XML Schema dateTime."""
    return datetime.fromtimestamp(int(seconds), timezone).isoformat()
