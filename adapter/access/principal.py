"""Who asks: what `auth` makes of a token. Pure."""

from dataclasses import dataclass

from adapter.directory import Account, App, Directory


@dataclass(frozen=True)
class Principal:
    """An App and the account that it acts for, by one directory from a request's begin to its end."""

    directory: Directory
    app: App

    @property
    def id(self) -> str:
        """The App's client id."""
        return self.app.client_id

    @property
    def account(self) -> Account:
        """What the App acts for; it bounds what the App sees and may do."""
        return self.app.account


def account_text(account: Account) -> str:
    """The account in one word: `user 12`, `organization 3`, `administrator`."""
    return f"{account.level} {account.id}".rstrip()
