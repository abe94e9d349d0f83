"""What is typed on Asterisk's machine: the adapter's AMI user, and the dialplan include. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

ETC = Path("/etc/asterisk")
SECRET_PLACE = "#tryinclude site/secret.conf"  # noqa: S105 - a line of the shipped file
"""The line of the shipped `uapi-adapter.conf` that the secret stands in place of."""

SECTION = "\n[uapi]\n"

_USERNAME = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)

MANAGER, DIALPLAN = "uapi-adapter.conf", "uapi-dialplan.conf"


@dataclass(frozen=True, slots=True)
class AsteriskSide:
    """Where the adapter's parts of Asterisk's configuration are, and where they go."""

    manager: Path
    """The AMI user with its secret."""
    dialplan: Path
    """The include, as shipped."""
    is_freepbx: bool | None = None
    """None where nobody knows yet."""

    def login_lines(self) -> Iterator[str]:
        """How Asterisk gets the AMI user."""
        there = ETC / self.manager.name
        yield f"install -m 640 {quote(str(self.manager))} {there}"
        yield f"chown --reference={ETC}/manager.conf {there}"
        yield from self._include("manager", self.manager.name)
        yield "asterisk -rx 'manager reload'"

    def dialplan_lines(self) -> Iterator[str]:
        """How Asterisk gets the include."""
        yield f"install -m 644 {quote(str(self.dialplan))} {ETC / DIALPLAN}"
        yield from self._include("extensions", DIALPLAN)
        yield "asterisk -rx 'dialplan reload'"

    def _include(self, file: str, name: str) -> Iterator[str]:
        # The file may end without a line end: nobody's last line becomes part of ours.
        line = f"(echo; echo '#include {name}') >>{ETC}/{file}"
        if self.is_freepbx:
            yield f"{line}_custom.conf"
        else:
            yield f"{line}.conf" + (f"   # FreePBX: {file}_custom.conf" if self.is_freepbx is None else "")


def manager_text(shipped: str, username: str, secret: str) -> str:
    """The AMI user with its secret, of the shipped file. Raises ValueError where it cannot stand there."""
    if _USERNAME.fullmatch(username) is None:
        raise ValueError(f"the AMI user {username!r} cannot be the name of a section")
    if SECRET_PLACE not in shipped or SECTION not in shipped:
        raise ValueError(f"{MANAGER} is not the file that this version ships")
    # In a configuration file of Asterisk's `;` begins a comment.
    written = secret.replace(";", "\\;")
    return shipped.replace(SECTION, f"\n[{username}]\n").replace(SECRET_PLACE, f"secret = {written}")
