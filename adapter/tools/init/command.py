"""`uapi-adapter init`: the first hour, and what is missing of it when it is typed again.

In this order: settings, Asterisk's AMI user, the directory, the include, `check`. Each file is written as
soon as it can be, whole, and never in the place of another: the command may be ended at any point.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from adapter.directory.candidates import Candidates
from adapter.directory.file import DirectoryFile
from adapter.directory.guessing import guess
from adapter.directory.proposing import Proposal, propose
from adapter.directory.writing import NewApp
from adapter.settings import Settings
from adapter.tools.check.command import run_check
from adapter.tools.discover.asking import DiscoveryError, LoginMissingError, Told, ask_asterisk
from adapter.tools.discover.command import NOTHING_FOUND, write_directory
from adapter.tools.init.asterisk_side import DIALPLAN, MANAGER, AsteriskSide, manager_text
from adapter.tools.init.comparing import differences
from adapter.tools.init.console import Console, InitOptions
from adapter.tools.init.files import InitError, create_file, make_folder
from adapter.tools.init.first_settings import FirstSettings

CLIENT_ID = "wallboard"
AGAIN = "Then type `uapi-adapter init` again: it goes on from here."
LOGIN_IS_ANOTHER = (
    "Nothing was written. If Asterisk has no such AMI user yet, type the command without a secret: "
    "it makes one, and says how Asterisk gets it."
)
NEEDS_LOGIN = "Asterisk needs the adapter's AMI user. Type as root on its machine:"
NEEDS_ENABLED = (
    "[general] of manager.conf must say `enabled = yes`. If the adapter runs on another machine, copy the",
    "two files there first; docs/operator-guide.md tells how to use TLS then.",
)
NEEDS_INCLUDE = "The dialplan include is missing. Type as root on Asterisk's machine:"
FREEPBX_MARK = Path("/etc/freepbx.conf")
"""On a FreePBX machine; where the adapter runs elsewhere, AstDB tells once the login works."""


def run_init(options: InitOptions, console: Console, hash_secret: Callable[[str], str], shipped: Path) -> int:
    """Go as far as it goes; 0 where nothing is missing that would stop a barge-in.

    `shipped` is the folder with the adapter's parts of Asterisk's configuration. Raises InitError,
    DirectoryError, ValidationError.
    """
    return _Init(options, console, hash_secret, shipped).run()


class _Init:
    def __init__(
        self, options: InitOptions, console: Console, hash_secret: Callable[[str], str], shipped: Path
    ) -> None:
        self._folder = options.folder.absolute()
        self._first = FirstSettings(options, console)
        self._console = console
        self._hash_secret = hash_secret
        self._shipped = shipped

    def run(self) -> int:
        make_folder(self._folder)
        settings = self._first.find()
        told = self._told(settings)
        if told is None:
            return 1
        if not self._first.are_written:
            self._first.write(settings)
        if not self._has_directory(settings, told):
            return 1
        if told.has_include is False:
            self._console.say(NEEDS_INCLUDE)
            self._console.show(self._side(is_freepbx=bool(told.inventory.freepbx)).dialplan_lines())
            self._console.wait("Press Enter once that is done: ")
        status = asyncio.run(run_check(settings, DirectoryFile(settings.directory), 0.0, self._console.say))
        self._say_next(settings)
        return status

    # -- Asterisk ------------------------------------------------------------------------------------

    def _told(self, settings: Settings) -> Told | None:
        """What Asterisk tells, once it takes the login; None where somebody has to give it one first."""
        is_shown = False
        while True:
            try:
                return asyncio.run(ask_asterisk(settings))
            except LoginMissingError as missing:
                # Before Asterisk was told of the user there is nothing to compare.
                is_expected = self._first.are_written and not is_shown
                self._console.complain(missing.reason if is_expected else str(missing))
            except DiscoveryError as failed:
                self._console.complain(str(failed))
                return None
            if not self._first.are_written:
                self._console.complain(LOGIN_IS_ANOTHER)
                return None
            if not is_shown:
                self._show_login(settings)
                is_shown = True
            if not self._console.wait("Press Enter once Asterisk has reloaded: "):
                self._console.say(AGAIN)
                return None

    def _show_login(self, settings: Settings) -> None:
        side = self._side(is_freepbx=True if FREEPBX_MARK.exists() else None)
        if not side.manager.exists():
            secret = settings.ami_secret.get_secret_value()
            try:
                text = manager_text(self._shipped_text(MANAGER), settings.ami_username, secret)
            except ValueError as impossible:
                raise InitError(str(impossible)) from None
            create_file(side.manager, text)
        self._console.say(NEEDS_LOGIN)
        self._console.show((*side.dialplan_lines(), *side.login_lines()))
        for line in NEEDS_ENABLED:
            self._console.say(line)

    def _side(self, *, is_freepbx: bool | None) -> AsteriskSide:
        return AsteriskSide(self._folder / MANAGER, self._shipped / DIALPLAN, is_freepbx)

    def _shipped_text(self, name: str) -> str:
        try:
            return (self._shipped / name).read_text(encoding="utf-8")
        except OSError as failed:
            raise InitError(f"{self._shipped / name} cannot be read: {failed.strerror}") from None

    # -- the directory -------------------------------------------------------------------------------

    def _has_directory(self, settings: Settings, told: Told) -> bool:
        """Whether there is one: written, or there already, and then compared."""
        candidates = guess(told.inventory)
        proposal = propose(candidates)
        if settings.directory.exists():
            self._compare(settings, proposal)
            return True
        if not proposal.extensions:
            self._console.complain(NOTHING_FOUND)
            return False
        self._write_directory(settings, told, candidates, proposal)
        return True

    def _compare(self, settings: Settings, proposal: Proposal) -> None:
        directory = DirectoryFile(settings.directory).current
        self._console.say(f"{settings.directory} is there already, and stays as it is.")
        found = list(differences(directory, proposal))
        for line in found:
            self._console.say(line)
        if found:
            self._console.say("`uapi-adapter discover` prints the lines of what is new.")

    def _write_directory(
        self, settings: Settings, told: Told, candidates: Candidates, proposal: Proposal
    ) -> None:
        sizes = Counter(each.user.organization for each in proposal.extensions)
        [(organization, _)] = sizes.most_common(1)
        secret = secrets.token_hex(24)
        app = NewApp(CLIENT_ID, organization, self._hash_secret(secret))
        address = f"{settings.ami_host}:{settings.ami_port}"
        create_file(settings.directory, write_directory(address, told, candidates, proposal, [app]))
        say = self._console.say
        counts = f"organizations: {len(sizes)}, extensions: {len(proposal.extensions)}"
        say(f"{settings.directory} is new ({counts}, left out: {len(proposal.left_out)}).")
        say("Read it: it holds guesses, and says why something was left out.")
        say(f"The App {CLIENT_ID} sees all extensions of {organization}. Its secret, shown only now:")
        say(f"  {secret}")

    def _say_next(self, settings: Settings) -> None:
        say = self._console.say
        say("")
        say("Next:")
        say(f"  export ADAPTER_CONFIG={self._first.file}")
        say("  uapi-adapter check                    # until nothing says fail")
        say(
            f"  uapi-adapter serve                    # http://{settings.listen_host}:{settings.listen_port}/docs"
        )
        say(f"  uapi-adapter token --app {CLIENT_ID}    # a token to try it with")
