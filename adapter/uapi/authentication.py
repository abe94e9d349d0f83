"""Who asks: from the Authorization header to the account that the App is registered to."""

from adapter.directory import Account, Directory
from adapter.uapi.errors import UapiError
from adapter.uapi.tokens import TokenError, Tokens


def authenticate(authorization: str | None, tokens: Tokens, directory: Directory) -> Account:
    """The account of a request. Raises UapiError `access_denied`, which tells nothing of why."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() == "bearer":
        try:
            # An App that was taken out of the directory takes its tokens with it.
            return directory.apps[tokens.read(token.strip())].account
        except (TokenError, KeyError):
            pass
    raise UapiError(
        "access_denied",
        "The request needs a valid access token.",
        headers={"WWW-Authenticate": "Bearer"},
    )
