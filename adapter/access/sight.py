"""Which calls and views an account may see. Pure.

If an account may not see something, the adapter answers exactly as if it did not exist.
"""

from collections.abc import Set as AbstractSet

from adapter.access.principal import Principal
from adapter.calls.call import Call
from adapter.calls.shown_to import shown_to
from adapter.calls.views import PhoneCall, phone_call
from adapter.directory import Account, AccountLevel, Directory, Extension


def owns(principal: Principal, number: str) -> bool:
    """Whether the extension belongs to the account.

    An extension that is not (or no longer) in the directory belongs to the administrator only.
    """
    extension = principal.directory.extensions.get(number)
    if extension is None:
        return principal.account.level is AccountLevel.ADMINISTRATOR
    return principal.directory.is_under(extension, principal.account)


def sees_views_of(directory: Directory, account: Account, extension: Extension) -> bool:
    """Whether the account may see views of the extension.

    Two extensions of one organization see both sides of a call between them. The side of another organization
    is visible only to that organization.
    """
    if account.level is AccountLevel.ADMINISTRATOR:
        return True
    return directory.organization_of(extension).id == find_organization_id(directory, account)


def see_call(principal: Principal, numbers: AbstractSet[str], call: Call | None) -> PhoneCall | None:
    """The call as the account sees it, if one of these extensions takes part in it."""

    def is_shown(number: str) -> bool:
        extension = principal.directory.extensions.get(number)
        return extension is not None and sees_views_of(principal.directory, principal.account, extension)

    if call is None or shown_to(call).isdisjoint(numbers):
        return None
    return phone_call(call, is_shown)


def find_organization_id(directory: Directory, account: Account) -> str | None:
    """The organization of the account; None for the administrator."""
    match account.level:
        case AccountLevel.USER:
            return directory.users[account.id].organization
        case AccountLevel.ORGANIZATION:
            return account.id
        case AccountLevel.ADMINISTRATOR:
            return None


def organization_prefix(principal: Principal) -> str | None:
    """The prefix of the organization whose calls the account may see; None if it may see all calls."""
    organization_id = find_organization_id(principal.directory, principal.account)
    return None if organization_id is None else principal.directory.organizations[organization_id].prefix
