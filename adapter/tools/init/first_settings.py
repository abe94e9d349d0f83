"""The settings of a new installation: those of the file where there is one, else asked for and made."""

import secrets
import tomllib
from pathlib import Path

from pydantic import SecretStr, ValidationError

from adapter.settings import Settings, settings_without_directory
from adapter.tools.init.console import Console, InitOptions
from adapter.tools.init.files import InitError, create_file
from adapter.tools.init.settings_file import settings_text

SETTINGS, DIRECTORY = "settings.toml", "directory.yaml"
QUESTIONS = {"ami_host": "Address of Asterisk's AMI", "ami_port": "Its port", "ami_username": "AMI user"}
SECRET_QUESTION = "Its secret (Enter: ADAPTER_AMI_SECRET, or a new one): "  # noqa: S105 - a question
ALWAYS_WRITTEN = ("directory", "token_key", "ami_secret")


class FirstSettings:
    """The settings, and the file that they are written to."""

    def __init__(self, options: InitOptions, console: Console) -> None:
        self.file = options.folder.absolute() / SETTINGS
        self._directory = options.folder.absolute() / DIRECTORY
        self._options = options
        self._console = console

    @property
    def are_written(self) -> bool:
        """Whether the file is there: what it says stands."""
        return self.file.exists()

    def find(self) -> Settings:
        """The settings. A new AMI secret is written at once: Asterisk is told it, and has to be known again.

        Raises ValidationError, and InitError where the file cannot be read or written.
        """
        given = self._options.given
        if self.are_written:
            settings = Settings.model_validate(self._read())
            if any(plain(getattr(settings, name)) != value for name, value in given.items()):
                self._console.complain(f"{self.file} is there already: it stands, not the options")
            return settings
        made = {"directory": self._directory, "token_key": secrets.token_hex(32)}
        given |= self._asked() | made
        try:
            return Settings.model_validate(given)
        except ValidationError as invalid:
            if [(error["type"], error["loc"]) for error in invalid.errors()] != [
                ("missing", ("ami_secret",))
            ]:
                raise
        settings = Settings.model_validate(given | {"ami_secret": secrets.token_hex(32)})
        self.write(settings)
        return settings

    def write(self, settings: Settings) -> None:
        """Write the file. Raises InitError."""
        fields = {
            name: (getattr(settings, name), field.default) for name, field in Settings.model_fields.items()
        }
        values = {
            name: plain(value)
            for name, (value, default) in fields.items()
            if name in ALWAYS_WRITTEN or (name.startswith("ami_") and value != default)
        }
        create_file(self.file, settings_text(values))
        self._console.say(f"{self.file} is new.")

    def _read(self) -> dict[str, object]:
        try:
            return tomllib.loads(self.file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as malformed:
            raise InitError(f"{self.file} is no TOML: {malformed}") from None
        except OSError as failed:
            raise InitError(f"{self.file} cannot be read: {failed.strerror}") from None

    def _asked(self) -> dict[str, object]:
        """What the options do not say, from whoever types."""
        given = self._options.given
        if not self._console.is_interactive:
            return {}
        usual = settings_without_directory(**({"ami_secret": "-"} | given))
        asked: dict[str, object] = {}
        for name, question in QUESTIONS.items():
            if name not in given:
                default = getattr(usual, name)
                asked[name] = self._console.ask(f"{question} [{default}]: ") or default
        if "ami_secret" not in given and (secret := self._console.ask_secret(SECRET_QUESTION)):
            asked["ami_secret"] = secret
        return asked


def plain(value: object) -> object:
    """A setting as a file writes it."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value) if isinstance(value, Path) else value
