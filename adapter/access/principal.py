"""The sender of a request; `auth` makes it from a token. Pure."""

from dataclasses import dataclass

from adapter.directory import Account, App, Directory


@dataclass(frozen=True)
class Principal:
    """An App and its account. One directory applies from the beginning of a request to its end."""

    directory: Directory
    app: App

    @property
    def id(self) -> str:
        """The App's client id."""
        return self.app.client_id

    @property
    def account(self) -> Account:
        """The account of the App; it limits what the App may see and do."""
        return self.app.account


def account_text(account: Account) -> str:
    """The account in one word: `user 12`, `organization 3`, `administrator`."""
    return f"{account.level} {account.id}".rstrip()
