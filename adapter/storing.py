"""What a room that has something kept says to a store that it does not know."""


class StoreDown(Exception):  # noqa: N818 - it is what happened, not a fault of ours
    """Nothing can be kept or looked up at present; the message says why.

    What was to be written may have been written all the same, where nobody answered in time.
    """


class StoreError(Exception):
    """The store cannot be used as it is; the message tells the operator what to do."""

    @classmethod
    def not_installed(cls, package: str | None) -> "StoreError":
        """What the store needs was not installed with the service."""
        return cls(f"ADAPTER_STORE needs the package {package}: pip install 'uapi-adapter[store]'")
