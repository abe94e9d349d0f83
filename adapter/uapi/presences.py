"""The Presence resource: what extensions do, and which of their phones are registered."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from aiohttp import web

from adapter.asterisk.contacts import Contact
from adapter.directory import Extension, ExtensionType
from adapter.http.answers import json_answer
from adapter.http.errors import ApiError
from adapter.http.pauses import Pauses
from adapter.presence.extension import ExtensionState
from adapter.presence.model import Presence as PresenceModel
from adapter.uapi.addressed import AddressedExtensions
from adapter.uapi.addressing import SELF
from adapter.uapi.codes import UapiCode
from adapter.uapi.digits import PRESENCE_STATUS, RegistrationDigit
from adapter.uapi.list_parameters import DEFAULT_COUNT
from adapter.uapi.presence_query import read_presence_query, write_presence_list
from adapter.uapi.rendering import write_date
from adapter.uapi.requests import Requests
from adapter.uapi.resources import PhoneRegistration, Presence

REGISTRATIONS_LIMIT_S = 3.0
"""Phones of which Asterisk has not told by then are answered as unknown."""

LookUp = Callable[[Iterable[str], float], Awaitable[Mapping[str, Sequence[Contact]]]]
"""Finds the contacts of devices within so many seconds."""


class Presences:
    """`/uapi/extensions/{userId}/{extension}/presence`."""

    def __init__(
        self, requests: Requests, presence: PresenceModel, look_up: LookUp, timezone: ZoneInfo
    ) -> None:
        self._requests = requests
        self._presence = presence
        self._look_up = look_up
        self._timezone = timezone

    async def list(self, request: web.Request) -> web.Response:
        """List the extensions of the address."""
        addressed = await self._requests.resolve_address(request)
        phone_terminals(addressed)
        query = read_presence_query(request.query)
        self._requests.require_ready()
        while True:
            numbers = query.select(phone_terminals(addressed))
            page = numbers[query.start_index : query.start_index + query.count]
            extensions = [addressed.principal.directory.extensions[number] for number in page]
            self._requests.charge(addressed.principal, (len(page) - 1) // DEFAULT_COUNT)
            entries = await self._render_all(extensions, wants_registration=query.wants_registration)
            # What one has waited for may be shown no more.
            self._requests.require_ready()
            if self._requests.is_current(addressed):
                break
            addressed = await self._requests.resolve_again(request, addressed)
        body = write_presence_list(entries, len(numbers), query, addressed.presence_address())
        return json_answer(body, headers={"Cache-Control": "no-store"})

    async def _render_all(
        self, extensions: Sequence[Extension], *, wants_registration: bool
    ) -> Sequence[Presence]:
        contacts: Mapping[str, Sequence[Contact]] = {}
        if wants_registration:
            devices = [device for extension in extensions for device in extension.devices]
            contacts = await self._look_up(devices, REGISTRATIONS_LIMIT_S)
        entries, pauses = [], Pauses()
        for extension in extensions:
            entries.append(self._render(extension, contacts))
            await pauses.take()
        return entries

    def _render(self, extension: Extension, contacts: Mapping[str, Sequence[Contact]]) -> Presence:
        state = self._presence.extension(extension.devices)
        phones = [
            self._registration(contact)
            for device in extension.devices
            for contact in contacts.get(device, ())
        ]
        if not phones:
            # A device that is not registered is unavailable; of any other nobody tells whose phone it is.
            is_known = state is ExtensionState.UNAVAILABLE
            digit = RegistrationDigit.NOT_REGISTERED if is_known else RegistrationDigit.UNKNOWN
            phones = [PhoneRegistration(registration=digit)]
        return Presence(extension=extension.number, status=PRESENCE_STATUS[state], registration=phones)

    def _registration(self, contact: Contact) -> PhoneRegistration:
        digit = RegistrationDigit.NOT_NECESSARY if contact.is_fixed else RegistrationDigit.REGISTERED
        if not contact.is_reachable and not contact.is_fixed:
            digit = RegistrationDigit.EXPIRED
        expires_at = contact.expires_at if digit is RegistrationDigit.REGISTERED else None
        return PhoneRegistration(
            agent=contact.agent or None,
            registration=digit,
            expire=None if expires_at is None else write_date(expires_at, self._timezone),
        )


def phone_terminals(addressed: AddressedExtensions) -> Sequence[str]:
    """The numbers of the phone terminals among the extensions addressed.

    Raises ApiError `extension_invalid` where the address names an extension that is none.
    """
    extensions = addressed.principal.directory.extensions
    found = [one for one in addressed.numbers if extensions[one].type is ExtensionType.PHONE_TERMINAL]
    if not found and addressed.extension != SELF:
        raise ApiError(UapiCode.EXTENSION_INVALID)
    return found
