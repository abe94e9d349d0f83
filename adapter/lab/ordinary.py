"""The layout `ordinary`: plain endpoint names, two tenants, several devices, as FreePBX lays a PBX out.

asterisk-conf/ordinary/README.md tells what can be dialled there.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path

from adapter.lab.installation import Installation
from adapter.lab.layout import Layout
from adapter.lab.numbers import further_numbers
from adapter.lab.ordinary_files import ACME, MAIN, Extension, write_files

EXTENSIONS = 300

_NAMES = {
    "210": "Anna Agent",
    "211": "Adam Agent",
    "21": "Amy Agent",
    "212": "Fay Follow",
    "213": "Finn Follow",
    "215": "Zoë O'Neil & Ţăran #1",
    "024": "Susan Supervisor",
    "025": "Simon Supervisor",
    "026": "Sara Supervisor",
}
_FURTHER = {"210": ("99210", "210-mobile"), "211": ("99211",), "024": ("99024",)}
_MAILBOX = frozenset({"216"})
_FOLLOWED = {"212": "212-211#", "213": "213-00888777#"}
_RECORDED = frozenset({"214"})

_FULL = re.compile(r"000([34])\*(\d+)")
_PICK_UP = re.compile(r"\*80003\*(\d+)")
_PARKING = re.compile(r"70(\d)")
_OF_ACME = 100
"""So many of the extensions are the second tenant's."""


@dataclass(frozen=True)
class Ordinary(Layout):
    """A PBX of so many extensions."""

    extensions: int = EXTENSIONS
    name: str = "ordinary"
    overlay: str = "ordinary"
    phones_context: str = "from-internal"

    def endpoint(self, number: str) -> str:
        """`210` for 0003*210, `210-acme` for 0004*210."""
        full = _FULL.fullmatch(number)
        if full is None:
            return number
        return full[2] if full[1] == "3" else f"{full[2]}-acme"

    def here(self, text: str) -> str:
        """`210`, `PJSIP/210` where the directory's number is 0003*210; the second tenant is called by 02."""
        if text.startswith("PJSIP/"):
            return f"PJSIP/{self.endpoint(text.removeprefix('PJSIP/'))}"
        if parking := _PARKING.fullmatch(text):
            return f"7{parking[1]}"
        text = _PICK_UP.sub(r"**\1", text)
        return _FULL.sub(lambda full: full[2] if full[1] == "3" else f"02{full[2]}", text)

    def write(self, folder: Path, numbers: Iterable[str], installation: Installation) -> None:
        """Write endpoints, hints, mailboxes and AstDB; each of `numbers` is one more extension."""
        known = tuple(self.people())
        names = {name for one in known for name in one.devices}
        more = (_main(number) for number in further_numbers(numbers, names))
        write_files(folder, (*known, *more), installation.version)

    def people(self) -> Iterator[Extension]:
        """Everybody who has an extension, tenant by tenant."""
        main = ["21", "024", "025", "026", "2100"]
        numbers = chain(range(200, 400), count(4000))  # between them are queues and groups
        main += map(str, islice(numbers, self.extensions - _OF_ACME - len(main)))
        yield from map(_main, main)
        for number in (*range(200, 200 + _OF_ACME - 2), 300, 301):
            yield Extension(str(number), ACME, f"Acme {number}", (f"{number}-acme",))

    def directory(self, folder: Path) -> Path:
        """The lab's directory with these extensions in place of its own, written into `folder`."""
        text = super().directory(folder).read_text(encoding="utf-8")
        before, _, rest = text.partition("extensions:\n")
        _, _, after = rest.partition("\n\n")
        lines = [
            f'  - {{number: "{one.full_number}", type: phone terminal, owner: "{_owner(one)}", '
            f"devices: [{', '.join(f'PJSIP/{name}' for name in one.devices)}]}}\n"
            for one in self.people()
        ]
        lines += [
            f'  - {{number: "0003*{number}", type: {kind}, owner: "12"}}\n'
            for number, kind in (*((str(queue), "queue") for queue in range(500, 504)), ("600", "conference"))
        ]
        path = folder / "directory.yaml"
        path.write_text(f"{before}extensions:\n{''.join(lines)}\n{after}", "utf-8")
        return path


def _main(number: str) -> Extension:
    second = (f"99{number}",) if number.endswith("0") and len(number) == len("210") else ()
    return Extension(
        number,
        MAIN,
        _NAMES.get(number, f"Person {number}"),
        (number, *_FURTHER.get(number, second)),
        has_mailbox=number in _MAILBOX,
        followed=_FOLLOWED.get(number, ""),
        is_recorded=number in _RECORDED,
    )


def _owner(one: Extension) -> str:
    if one.tenant == ACME:
        return "40"
    return "13" if one.number.startswith("02") else "12"


ORDINARY = Ordinary()
