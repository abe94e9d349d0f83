"""A valid directory, indexed."""

from dataclasses import dataclass, field

from adapter.directory.entries import (
    Account,
    AccountLevel,
    App,
    Organization,
    SupervisionGroup,
    User,
)
from adapter.directory.extension import Extension


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
    _numbers: dict[Account, frozenset[str]] = field(repr=False)
    _groups: dict[str, tuple[SupervisionGroup, ...]] = field(repr=False)

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

    def numbers_under(self, account: Account) -> frozenset[str]:
        """The numbers of the extensions that stand under the account."""
        return self._numbers.get(account, frozenset())

    def numbers_of_user(self, user_id: str) -> frozenset[str]:
        """The numbers of the extensions that the user owns."""
        return self.numbers_under(Account(AccountLevel.USER, user_id))

    def groups_of(self, organization: Organization) -> tuple[SupervisionGroup, ...]:
        """The organization's supervision groups."""
        return self._groups.get(organization.id, ())

    def is_under(self, extension: Extension, account: Account) -> bool:
        """Whether the extension stands under the account."""
        match account.level:
            case AccountLevel.USER:
                return extension.owner == account.id
            case AccountLevel.ORGANIZATION:
                return self.organization_of(extension).id == account.id
            case AccountLevel.ADMINISTRATOR:
                return True
