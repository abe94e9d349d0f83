"""What an address means to who asks: which extensions, and where what they show is found. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from adapter.access.principal import Principal
from adapter.access.sight import organization_prefix, see_call
from adapter.calls.call import Call
from adapter.calls.shown_to import Row, ShownTo
from adapter.calls.views import PhoneCall
from adapter.directory import AccountLevel
from adapter.uapi.addressing import find_extensions


@dataclass(frozen=True)
class AddressedExtensions:
    """The extensions that `/{userId}/{extension}` means for who asks."""

    principal: Principal
    origin: str
    """What the service's public addresses begin with."""
    user_id: str
    extension: str
    numbers: frozenset[str]

    @property
    def organization_prefix(self) -> str | None:
        """The prefix of the organization whose calls are seen; none where all are."""
        return organization_prefix(self.principal)

    def see(self, call: Call | None) -> PhoneCall | None:
        """The call as who asks sees it, if one of these extensions takes part in it."""
        return see_call(self.principal, self.numbers, call)

    def find(self, shown: ShownTo, call_id: str) -> PhoneCall | None:
        """The call as who asks sees it, looked for among those of the organization."""
        return self.see(shown.find(call_id, self.organization_prefix, self.numbers))

    def rows(self, shown: ShownTo) -> Sequence[Row]:
        """The calls of these extensions, in order."""
        directory, account = self.principal.directory, self.principal.account
        if account.level is not AccountLevel.USER and self.numbers == directory.numbers_under(account):
            return shown.rows_of_organization(self.organization_prefix)
        return shown.rows(self.numbers)

    def address(self, extension: str | None = None, call_id: str | None = None) -> str:
        """The public address of the list, or of one call in it."""
        parts = [self.user_id, self.extension if extension is None else extension]
        if call_id is not None:
            parts.append(call_id)
        return f"{self.origin}/uapi/phoneCalls/{_joined(*parts)}"

    def presence_address(self) -> str:
        """The public address of the list of these extensions' presence."""
        return f"{self.origin}/uapi/extensions/{_joined(self.user_id, self.extension)}/presence"

    def address_of(self, call: PhoneCall) -> str:
        """The call's own address, by the extension that pays where the request's address means it too."""
        own = [view.extension for view in call.views if view.extension in self.numbers]
        extension = call.extension if call.extension in self.numbers or not own else own[0]
        return self.address(extension, call.id)


def _joined(*parts: str) -> str:
    return "/".join(quote(part, safe="*@") for part in parts)


def resolve_address(principal: Principal, origin: str, user_id: str, extension: str) -> AddressedExtensions:
    """What this address means for who asks. Raises ApiError `user_invalid` or `extension_invalid`."""
    numbers = find_extensions(principal.directory, principal.account, user_id, extension)
    return AddressedExtensions(principal, origin, user_id, extension, numbers)


def supervision_address(origin: str, supervision_id: str) -> str:
    """The public address of a supervision."""
    return f"{origin}/uapi/supervision/{supervision_id}"
