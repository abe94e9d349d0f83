"""Finds the extensions that an address `/{userId}/{extension}` means for an account. Pure.

If the account may not see a user or an extension, the answer is exactly as if it did not exist.
"""

from adapter.access.sight import find_organization_id
from adapter.directory import Account, AccountLevel, Directory, User
from adapter.http.errors import ApiError
from adapter.uapi.codes import UapiCode

ME = ("@me", "@viewer")
OWNER = "@owner"
SELF = "@self"
CREATE_KINDS = ("simple", "callback", "conferenceInvite")
"""The kinds of calls to create; they stand in the path in place of the extension."""


def find_extensions(directory: Directory, account: Account, user_id: str, extension: str) -> frozenset[str]:
    """The numbers of the addressed extensions. Raises ApiError `user_invalid` or `extension_invalid`."""
    organization_id = find_organization_id(directory, account)
    if user_id in ME:
        pool = directory.numbers_under(account)
    elif user_id == OWNER:
        pool = directory.numbers_under(account)
        if extension == SELF:
            raise ApiError(UapiCode.EXTENSION_INVALID)  # there is no extension that could have an owner
    else:
        user = _user(directory, account, organization_id, user_id)
        organization_id = user.organization
        pool = directory.numbers_of_user(user.id)
    if extension == SELF:
        return pool
    wanted = extension if "*" in extension else _long_form(directory, organization_id, extension)
    if wanted not in pool:
        raise ApiError(UapiCode.EXTENSION_INVALID)
    return frozenset({wanted})


def _user(directory: Directory, account: Account, organization_id: str | None, user_id: str) -> User:
    user = directory.users.get(user_id)
    if (
        user is None
        or (account.level is AccountLevel.USER and user.id != account.id)
        or (account.level is AccountLevel.ORGANIZATION and user.organization != organization_id)
    ):
        raise ApiError(UapiCode.USER_INVALID)
    return user


def _long_form(directory: Directory, organization_id: str | None, number: str) -> str:
    """The complete number: `210` is `0003*210` inside the organization; the administrator has none."""
    if organization_id is None:
        return number
    return f"{directory.organizations[organization_id].prefix}*{number}"
