"""A valid directory, indexed."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from adapter.directory.entries import (
    Account,
    AccountLevel,
    App,
    Extension,
    Organization,
    SupervisionGroup,
    User,
)


@dataclass(frozen=True, eq=False)
class Directory:
    """A valid directory, indexed; made by `load_directory`. Never changed: what it says may be kept."""

    organizations: dict[str, Organization]
    users: dict[str, User]
    extensions: dict[str, Extension]
    apps: dict[str, App]
    supervision_groups: tuple[SupervisionGroup, ...]
    _by_prefix: dict[str, Organization] = field(repr=False)
    _by_channel: dict[str, str] = field(repr=False)

    def organization_of(self, extension: Extension) -> Organization:
        """The organization that the extension's number belongs to."""
        return self._by_prefix[extension.prefix]

    def extension_of_channel(self, channel_name: str) -> str | None:
        """The number of the extension whose phone this channel is.

        A channel is named after its peer, a dash and a number of its own (`PJSIP/0003*210-0000002a`), and
        the whole of the peer must match: `0003*21` is not `0003*210`.
        """
        peer, dash, _ = channel_name.rpartition("-")
        return self._by_channel.get(peer) if dash else None

    def extensions_under(self, account: Account) -> Iterable[Extension]:
        """The extensions that stand under the account."""
        return (extension for extension in self.extensions.values() if self.is_under(extension, account))

    def is_under(self, extension: Extension, account: Account) -> bool:
        """Whether the extension stands under the account."""
        match account.level:
            case AccountLevel.USER:
                return extension.owner == account.id
            case AccountLevel.ORGANIZATION:
                return self.organization_of(extension).id == account.id
            case AccountLevel.ADMINISTRATOR:
                return True
