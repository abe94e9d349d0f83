"""How the lab's PBX is laid out: which files it has, and what its endpoints are called."""

from collections.abc import Iterable
from pathlib import Path

from adapter.lab.files import DIRECTORY
from adapter.lab.installation import Installation
from adapter.lab.numbers import write_phones


class Layout:
    """The lab's first layout: endpoints are named by their full numbers, `PJSIP/0003*210`.

    Tests name people by the directory's numbers, in any layout. A layout says what they are to Asterisk.
    """

    name: str = "full-numbers"
    overlay: str | None = None
    """The folder of asterisk-conf/ whose files lie over the others."""
    phones_context: str = "phones"
    """In which phones of the first tenant dial."""

    def endpoint(self, number: str) -> str:
        """The endpoint of this extension's first phone; what is no such number stays as it is."""
        return number

    def here(self, text: str) -> str:
        """The text of a dialled number, or of the beginning of a channel's name, as it is in this layout."""
        return text

    def directory(self, folder: Path) -> Path:
        """The adapter's directory for this layout, with the Apps of the lab's; written into `folder`."""
        del folder  # it stands in the repository
        return DIRECTORY

    def write(self, folder: Path, numbers: Iterable[str], installation: Installation) -> None:
        """Write what is generated into the working folder of this Asterisk.

        There is a phone for each of `numbers` as well. Raises LabError for what is no number.
        """
        del installation  # the same for each
        write_phones(folder / "etc", numbers)


FULL_NUMBERS = Layout()
